//! Counting ACKs when more than one is asked for (`rpl_semi_sync_source_wait_for_replica_count`).
//!
//! A counter answers one question for each ACK: is there a new position that enough replicas have?
//! It knows nothing of commits. With a count of 1 it is not asked; see
//! [`super::Source`]'s `AckReceived`.

mod exact;
mod stock;
#[cfg(test)]
mod tests;

use crate::ServerId;
use crate::position::{BinlogPosition, PositionOrder};

use exact::ExactCounter;
use stock::StockContainer;

/// How ACKs are counted when the count is 2 or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AckCounting {
    /// A position is reported when as many replicas as asked for have it. Right for every count.
    #[default]
    Exact,
    /// As the stock plugin of 9.7.4 counts: with a count of 3 or more it can report a position that
    /// too few replicas have (`AckContainer::insert`). For showing that, only.
    Stock,
}

/// What became of one ACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Not greater than the last report: ignored.
    NotGreater,
    /// A server's first ACK that is still above the last report.
    Stored {
        /// Where it is kept.
        slot: usize,
    },
    /// A newer ACK of a server that has one.
    Replaced {
        /// Where it is kept.
        slot: usize,
    },
    /// Now enough replicas have this position.
    Reported(BinlogPosition),
}

/// The ACKs above the last report.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum AckCounter {
    Exact(ExactCounter),
    Stock(StockContainer),
}

/// The latest ACK of one replica.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Ack {
    pub(super) server_id: ServerId,
    pub(super) position: BinlogPosition,
}

impl AckCounter {
    pub(super) fn new(counting: AckCounting, order: PositionOrder, count: u16) -> AckCounter {
        match counting {
            AckCounting::Exact => AckCounter::Exact(ExactCounter::new(order, count)),
            AckCounting::Stock => AckCounter::Stock(StockContainer::new(order, count)),
        }
    }

    /// Takes one ACK.
    pub(super) fn insert(&mut self, ack: Ack) -> Counted {
        match self {
            AckCounter::Exact(counter) => counter.insert(ack),
            AckCounter::Stock(container) => container.insert(ack),
        }
    }

    /// Changes the count; the ACKs held may already be enough for the new one.
    pub(super) fn resize(&mut self, count: u16) -> Option<BinlogPosition> {
        match self {
            AckCounter::Exact(counter) => counter.resize(count),
            AckCounter::Stock(container) => container.resize(count),
        }
    }

    /// Forgets all ACKs and the last report.
    pub(super) fn clear(&mut self) {
        match self {
            AckCounter::Exact(counter) => counter.clear(),
            AckCounter::Stock(container) => container.clear(),
        }
    }
}
