//! The machine itself.

use alloc::collections::VecDeque;

use super::{Input, Output};
use crate::Generation;
use crate::source::SemisyncStatus;
use crate::time::Instant;

/// What a replica is made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplicaConfig {
    /// Which series it behaves like.
    pub generation: Generation,
    /// What a reconnect does after the plugin was disabled under a running receiver.
    pub disable_conduct: DisableConduct,
}

/// What happens when a receiver reconnects after `rpl_semi_sync_replica_enabled` was set OFF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum DisableConduct {
    /// As the stock plugin: the status stays ON, the next packet lacks its header, and the receiver
    /// thread stops (11178).
    #[default]
    Stock,
    /// The status follows the handshake: replication goes on asynchronously.
    Graceful,
}

/// One channel of a semisynchronous replica.
///
/// Driven like [`crate::source::Source`]: `handle`, then `poll_output` until `None`, then the next
/// `handle`. (Asserted.) It has no deadlines.
#[derive(Clone, Debug)]
pub struct Replica {
    config: ReplicaConfig,
    outputs: VecDeque<Output>,
}

impl Replica {
    /// A disabled replica.
    pub fn new(config: ReplicaConfig) -> Replica {
        Replica {
            config,
            outputs: VecDeque::new(),
        }
    }

    /// Tells the machine what happened at `now`.
    pub fn handle(&mut self, _now: Instant, _input: Input) {
        assert!(
            self.outputs.is_empty(),
            "poll_output must be drained before the next handle"
        );
    }

    /// The next thing the host should do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &ReplicaConfig {
        &self.config
    }

    /// What the operator set (`rpl_semi_sync_replica_enabled`).
    pub fn is_enabled(&self) -> bool {
        false
    }

    /// What replication is doing (`Rpl_semi_sync_replica_status`).
    pub fn status(&self) -> SemisyncStatus {
        SemisyncStatus::Off
    }

    /// Whether UNINSTALL PLUGIN may go on: the status is OFF.
    pub fn can_uninstall(&self) -> bool {
        self.status() == SemisyncStatus::Off
    }
}
