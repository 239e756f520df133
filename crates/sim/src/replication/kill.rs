//! KILL of a thread of replication: the receiver, the applier's coordinator, one of its workers.

use super::channel::ReceiverPhase;
use super::obstacles::STOPPED;
use super::receiver::LOST_WHILE_READING;
use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::inspect::ApplierError;
use crate::server::error_log::Line;
use crate::variables::ordinary;

impl Cluster {
    /// KILL, or KILL QUERY, of a thread of replication. False if this is none.
    pub(crate) fn kill_replica_thread(
        &mut self,
        ix: ServerIndex,
        id: u64,
        connection: bool,
    ) -> bool {
        if self.kill_receiver_thread(ix, id, connection) {
            return true;
        }
        let workers = self
            .server(ix)
            .global(ordinary!("replica_parallel_workers"));
        let applier = self.channel(ix).map(|channel| &channel.applier);
        let is_there = applier.is_some_and(|applier| {
            let first = applier.processlist_id;
            applier.is_running && (first..=first + workers.as_u64()).contains(&id)
        });
        if is_there {
            self.applier_is_killed(ix);
        }
        is_there
    }

    /// Whichever of its threads was killed, all of them end.
    fn applier_is_killed(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        let line = format!("Replica SQL for channel '': {STOPPED} Error_code: MY-001756");
        self.log(ix, Line::error(10584, "Repl", line));
        self.stop_applier(ix);
        if let Some(channel) = self.channel_mut(ix) {
            channel.applier.error = Some(ApplierError {
                number: 1756,
                coordinator: STOPPED.to_owned(),
                worker: String::new(),
                transaction: None,
                at: now,
            });
        }
    }

    /// KILL of the receiver, or KILL QUERY, which it notices when it reads on. False if that is
    /// another thread.
    fn kill_receiver_thread(&mut self, ix: ServerIndex, id: u64, connection: bool) -> bool {
        let Some(receiver) = self.receiver_mut(ix).filter(|receiver| {
            receiver.phase != ReceiverPhase::Stopped && receiver.processlist_id == id
        }) else {
            return false;
        };
        let is_reading = receiver.phase == ReceiverPhase::Streaming;
        if is_reading && !connection {
            receiver.is_interrupted = true;
            return true;
        }
        if is_reading {
            self.log(ix, Line::error(10557, "Repl", LOST_WHILE_READING));
        }
        self.kill_receiver(ix);
        true
    }
}
