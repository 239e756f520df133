//! Exact counting: a report is the count-th greatest of the replicas' latest ACKs.

use alloc::vec::Vec;

use super::{Ack, Counted};
use crate::position::{BinlogPosition, PositionOrder};

/// Latest ACKs above the last report. There are fewer than `count` of them: with `count`, the
/// smallest is reported, and it and its equals leave.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::source) struct ExactCounter {
    order: PositionOrder,
    count: usize,
    latest: Vec<Ack>,
    reported: BinlogPosition,
}

impl ExactCounter {
    pub(super) fn new(order: PositionOrder, count: u16) -> ExactCounter {
        ExactCounter {
            order,
            count: usize::from(count),
            latest: Vec::new(),
            reported: BinlogPosition::default(),
        }
    }

    pub(super) fn insert(&mut self, ack: Ack) -> Counted {
        let is_start_with_auto_position = ack.position.file.is_empty();
        if is_start_with_auto_position || self.order.reaches(&self.reported, &ack.position) {
            return Counted::NotGreater;
        }
        let same_server = |held: &Ack| held.server_id == ack.server_id;
        if let Some(slot) = self.latest.iter().position(same_server) {
            self.latest[slot] = ack;
            return Counted::Replaced { slot };
        }
        self.latest.push(ack);
        match self.report() {
            Some(position) => Counted::Reported(position),
            None => Counted::Stored {
                slot: self.latest.len() - 1,
            },
        }
    }

    pub(super) fn resize(&mut self, count: u16) -> Option<BinlogPosition> {
        self.count = usize::from(count);
        let mut reported = None;
        while let Some(position) = self.report() {
            reported = Some(position);
        }
        reported
    }

    pub(super) fn clear(&mut self) {
        self.latest.clear();
        self.reported = BinlogPosition::default();
    }

    /// The ACKs kept, and the last report.
    #[cfg(test)]
    pub(super) fn held(&self) -> (&[Ack], &BinlogPosition) {
        (&self.latest, &self.reported)
    }

    /// Reports the smallest held position if enough replicas have it.
    fn report(&mut self) -> Option<BinlogPosition> {
        if self.latest.len() < self.count {
            return None;
        }
        let order = self.order;
        let positions = self.latest.iter().map(|ack| &ack.position);
        let smallest = positions.min_by(|a, b| order.cmp(a, b))?.clone();
        self.latest.retain(|ack| ack.position != smallest);
        self.reported = smallest.clone();
        Some(smallest)
    }
}
