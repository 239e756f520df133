//! Counting ACKs when more than one is asked for (`rpl_semi_sync_source_wait_for_replica_count`).

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
