//! What a source has seen beyond the counters of the stock plugin: for monitoring, never for a
//! decision.
//!
//! The machine notes it as it goes, at the cost of a few words for each ACK and each wait. What
//! of it a server shows, and under which names, is in [`crate::variables::observed`].

use alloc::vec::Vec;
use core::time::Duration;

use crate::ServerId;
use crate::position::BinlogPosition;
use crate::time::Instant;

/// What was seen since the machine was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Observation {
    replicas: Vec<ObservedReplica>,
    ack_waits: WaitHistogram,
    /// Waits whose own deadline passed.
    pub timed_out_waits: u64,
    /// Waits that slept and ended without their ACKs, those timed out among them.
    pub unacknowledged_waits: u64,
}

/// A semisynchronous replica that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ObservedReplica {
    /// Its `server_id`.
    pub server_id: ServerId,
    /// Its dumps that run now: more than one while an old connection is not gone yet.
    pub dumps: u32,
    /// ACKs received from it.
    pub acks: u64,
    /// The last of them, which is not the greatest after it began anew.
    pub last_ack: Option<LastAck>,
}

/// An ACK and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LastAck {
    /// What the replica said it has.
    pub position: BinlogPosition,
    /// When it said so.
    pub at: Instant,
}

/// How long acknowledged commits waited, from the wait point on. One that found its ACK already
/// there waited for no time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WaitHistogram {
    /// Waits up to each bound and above the one before; the last counts those above all bounds.
    counts: [u64; WaitHistogram::BOUNDS_US.len() + 1],
}

impl Observation {
    /// The semisynchronous replicas, in the order they first came. Of those that left only the
    /// last [`LEFT_REPLICAS_KEPT`] are kept.
    pub fn replicas(&self) -> &[ObservedReplica] {
        &self.replicas
    }

    /// How long acknowledged commits waited.
    pub fn ack_waits(&self) -> &WaitHistogram {
        &self.ack_waits
    }

    pub(super) fn dump_started(&mut self, server_id: ServerId) {
        if let Some(replica) = self.replica_mut(server_id) {
            replica.dumps += 1;
            return;
        }
        self.replicas.push(ObservedReplica {
            server_id,
            dumps: 1,
            acks: 0,
            last_ack: None,
        });
    }

    pub(super) fn dump_stopped(&mut self, server_id: ServerId) {
        if let Some(replica) = self.replica_mut(server_id) {
            replica.dumps = replica.dumps.saturating_sub(1);
        }
        let has_left = |replica: &ObservedReplica| replica.dumps == 0;
        let left = self.replicas.iter().filter(|replica| has_left(replica));
        if LEFT_REPLICAS_KEPT < left.count()
            && let Some(first) = self.replicas.iter().position(has_left)
        {
            self.replicas.remove(first);
        }
    }

    pub(super) fn ack_received(&mut self, now: Instant, server_id: ServerId, at: &BinlogPosition) {
        if let Some(replica) = self.replica_mut(server_id) {
            replica.acks += 1;
            replica.last_ack = Some(LastAck {
                position: at.clone(),
                at: now,
            });
        }
    }

    pub(super) fn acknowledged_after(&mut self, wait: Duration) {
        self.ack_waits.count(wait);
    }

    fn replica_mut(&mut self, server_id: ServerId) -> Option<&mut ObservedReplica> {
        let mut replicas = self.replicas.iter_mut();
        replicas.find(|replica| replica.server_id == server_id)
    }
}

impl WaitHistogram {
    /// The bounds, in microseconds.
    pub const BOUNDS_US: [u64; 16] = [
        100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
        1_000_000, 2_000_000, 5_000_000, 10_000_000,
    ];

    /// Waits of at most the bound with this index.
    pub fn up_to(&self, bound: usize) -> u64 {
        self.counts[..=bound].iter().sum()
    }

    /// All waits.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    #[cfg(feature = "serde")]
    pub(super) fn is_countable(&self, limit: u64) -> bool {
        self.counts.iter().all(|count| *count <= limit)
    }

    fn count(&mut self, wait: Duration) {
        let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        let bucket = WaitHistogram::BOUNDS_US.partition_point(|bound| *bound < micros);
        self.counts[bucket] += 1;
    }
}

/// How many replicas without a dump are remembered.
pub const LEFT_REPLICAS_KEPT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wait_us: u64, bucket: usize) {
        let mut histogram = WaitHistogram::default();
        histogram.count(Duration::from_micros(wait_us));
        let mut expected = WaitHistogram::default();
        expected.counts[bucket] = 1;
        assert_eq!(histogram, expected, "{wait_us} µs");
    }

    #[test]
    fn a_wait_is_counted_up_to_the_first_bound_it_does_not_exceed() {
        check(0, 0);
        check(100, 0);
        check(101, 1);
        check(10_000_000, 15);
        check(10_000_001, 16);
        check(u64::MAX, 16);
    }

    #[test]
    fn counts_are_summed_from_the_shortest_wait() {
        let mut histogram = WaitHistogram::default();
        for wait_us in [50, 150, 150, 20_000_000] {
            histogram.count(Duration::from_micros(wait_us));
        }
        assert_eq!([histogram.up_to(0), histogram.up_to(1)], [1, 3]);
        assert_eq!([histogram.up_to(15), histogram.total()], [3, 4]);
    }

    #[test]
    fn only_the_last_replicas_that_left_are_kept() {
        let mut observation = Observation::default();
        for id in 0..20 {
            observation.dump_started(ServerId(id));
            if id != 3 {
                observation.dump_stopped(ServerId(id));
            }
        }
        let ids: Vec<u32> = observation.replicas.iter().map(|r| r.server_id.0).collect();
        assert_eq!(ids, [3, 12, 13, 14, 15, 16, 17, 18, 19]);
    }

    #[test]
    fn a_second_dump_of_a_replica_is_the_same_replica() {
        let mut observation = Observation::default();
        let (id, position) = (ServerId(7), BinlogPosition::new("binlog.000001", 300));
        observation.dump_started(id);
        observation.dump_started(id);
        observation.ack_received(Instant::from_millis(5), id, &position);
        observation.dump_stopped(id);
        let at = Instant::from_millis(5);
        let last_ack = Some(LastAck { position, at });
        let replica = ObservedReplica {
            server_id: id,
            dumps: 1,
            acks: 1,
            last_ack,
        };
        assert_eq!(observation.replicas(), [replica]);
    }
}
