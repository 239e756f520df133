//! A machine's state that was read back: is it one that a machine can be in?
//!
//! Recordings are files, and files get damaged. A state that does not hold together would break
//! the machine's own assertions later, so whoever reads one asks first.

use super::commit_waits::CommitWaits;
use super::flushed_positions::FlushedPositions;
use super::machine::Source;
use super::{Counters, Input, Observation};

impl Source {
    /// Whether a state that was read back is one that a machine can be in.
    pub fn is_sound(&self) -> bool {
        let (flushed, waits) = self.parts();
        is_countable(self.counters())
            && is_seen_often(self.observation())
            && 0 < self.config().wait_for_replica_count
            && lists_agree(flushed, waits)
    }

    /// Whether an input that was read back is one that a host can give now. `handle` asserts it.
    pub fn accepts(&self, input: &Input) -> bool {
        if let Input::SessionWoken { ticket, cause: _ } = input {
            return self.parts().1.is_current(*ticket);
        }
        let ends_a_dump = matches!(input, Input::DumpStopped { semisync: true, .. });
        !ends_a_dump || 0 < self.counters().clients
    }
}

fn lists_agree(flushed: &FlushedPositions, waits: &CommitWaits) -> bool {
    waits.is_sound() && flushed.is_sound(waits)
}

fn is_countable(counters: &Counters) -> bool {
    let Counters {
        yes_tx,
        no_tx,
        no_times,
        timefunc_failures,
        wait_pos_backtraverse,
        wait_sessions,
        tx_waits,
        tx_wait_time_us,
        net_waits,
        clients,
    } = *counters;
    let wide = [
        yes_tx,
        no_tx,
        no_times,
        timefunc_failures,
        wait_pos_backtraverse,
        tx_waits,
        tx_wait_time_us,
        net_waits,
    ];
    wide.iter().all(|count| *count <= FAR) && wait_sessions.max(clients) <= u32::MAX / 2
}

fn is_seen_often(observation: &Observation) -> bool {
    let ends = observation
        .timed_out_waits
        .max(observation.unacknowledged_waits);
    let mut replicas = observation.replicas().iter();
    ends <= FAR
        && observation.ack_waits().is_countable(FAR)
        && replicas.all(|replica| replica.acks <= FAR && replica.dumps <= u32::MAX / 2)
}

/// No counter of a server gets there, and there is room to count on.
pub(super) const FAR: u64 = u64::MAX / 64;
