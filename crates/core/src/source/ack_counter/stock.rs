//! Counting as the stock plugin does it, with its mistake (`AckContainer`, 9.7.4).

use alloc::vec::Vec;

use super::{Ack, Counted};
use crate::ServerId;
use crate::position::{BinlogFileName, BinlogPosition, PositionOrder};

/// `count - 1` slots. A slot whose file name is empty is free.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::source) struct StockContainer {
    order: PositionOrder,
    slots: Vec<Ack>,
    greatest: BinlogPosition,
}

impl StockContainer {
    pub(super) fn new(order: PositionOrder, count: u16) -> StockContainer {
        StockContainer {
            order,
            slots: alloc::vec![free_slot(); slots_for(count)],
            greatest: BinlogPosition::default(),
        }
    }

    pub(super) fn insert(&mut self, ack: Ack) -> Counted {
        if self.order.reaches(&self.greatest, &ack.position) {
            return Counted::NotGreater;
        }
        let mut free = None;
        for (slot, held) in self.slots.iter_mut().enumerate() {
            if held.position.file.is_empty() {
                free = Some(slot);
            } else if held.server_id == ack.server_id {
                *held = ack;
                return Counted::Replaced { slot };
            }
        }
        if let Some(slot) = free {
            self.slots[slot] = ack;
            return Counted::Stored { slot };
        }
        Counted::Reported(self.insert_into_full(ack))
    }

    pub(super) fn resize(&mut self, count: u16) -> Option<BinlogPosition> {
        if self.slots.len() == slots_for(count) {
            return None;
        }
        let held = core::mem::replace(&mut self.slots, alloc::vec![free_slot(); slots_for(count)]);
        let mut reported = None;
        for ack in held {
            if ack.position.file.is_empty() {
                continue;
            }
            if let Counted::Reported(position) = self.insert(ack) {
                reported = Some(position);
            }
        }
        reported
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(free_slot());
        // The stock plugin keeps the offset; the empty name sorts before all others anyway.
        self.greatest.file = BinlogFileName::EMPTY;
    }

    /// The slots, and the last report.
    #[cfg(test)]
    pub(super) fn held(&self) -> (&[Ack], &BinlogPosition) {
        (&self.slots, &self.greatest)
    }

    /// The slot that is reported should be the smallest one. The stock plugin takes the last slot
    /// before the new ACK, which with two or more slots may have a greater position.
    fn insert_into_full(&mut self, ack: Ack) -> BinlogPosition {
        let order = self.order;
        let is_before_new = |held: &Ack| order.is_before(&held.position, &ack.position);
        let Some(chosen) = self.slots.iter().rposition(is_before_new) else {
            self.greatest = ack.position;
            self.free_slots_at_greatest();
            return self.greatest.clone();
        };
        self.greatest = self.slots[chosen].position.clone();
        if let Some(last_freed) = self.free_slots_at_greatest() {
            self.slots[last_freed] = ack;
        }
        self.greatest.clone()
    }

    fn free_slots_at_greatest(&mut self) -> Option<usize> {
        let mut last_freed = None;
        for (slot, held) in self.slots.iter_mut().enumerate() {
            if held.position == self.greatest {
                *held = free_slot();
                last_freed = Some(slot);
            }
        }
        last_freed
    }
}

fn slots_for(count: u16) -> usize {
    usize::from(count).saturating_sub(1)
}

fn free_slot() -> Ack {
    Ack {
        server_id: ServerId(0),
        position: BinlogPosition::default(),
    }
}
