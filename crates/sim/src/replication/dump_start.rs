//! The beginning of a dump: what it checks, whom it replaces, and where it starts to read.

use semisync_core::BinlogPosition;

use super::dump::Dump;
use crate::ServerIndex;
use crate::cluster::{Cluster, ProcessEvent};
use crate::gtid::ServerUuid;
use crate::network::{ConnectionId, Direction, DumpRequest, Payload};
use crate::server::error_log::Line;

/// Where a dump starts to read.
struct Start {
    file: u64,
    next: usize,
    /// What the first fake Rotate says.
    announce: u64,
}

impl Cluster {
    pub(crate) fn start_dump(&mut self, ix: ServerIndex, id: ConnectionId, request: DumpRequest) {
        let now = self.world.now;
        self.kill_zombie(ix, id, request.uuid);
        let start = match self.find_start(ix, &request) {
            Ok(start) => start,
            Err(text) => {
                self.refuse_dump(ix, id, &text);
                return;
            }
        };
        let server = self.server_mut(ix);
        let registers = server.is_active(semisync_core::variables::Family::Source);
        let Some(connection) = server.replicas.get_mut(&id) else {
            return;
        };
        let is_semisync = registers && connection.is_semisync;
        let (replica, thread, period) = (
            connection.replica,
            connection.processlist_id,
            connection.heartbeat_us,
        );
        connection.uuid = Some(request.uuid);
        connection.since = now;
        connection.dump = Some(Dump {
            server_id: request.server_id,
            is_semisync,
            has: request.has.clone(),
            file: start.file,
            next: start.next,
            describes: 0 < start.next,
            announce: Some(start.announce),
            skips: false,
            has_skipped: false,
            is_scheduled: true,
            last_sent: now,
            stranded: None,
        });
        let BinlogPosition { file, offset } = &request.position;
        let text = format!(
            "Start binlog_dump to source_thread_id({thread}) replica_server({}), pos({file}, {offset})",
            request.server_id
        );
        self.log(ix, Line::note(10462, "Repl", text));
        let position = request.position.clone();
        self.transmit_start(ix, replica, request.server_id, position, is_semisync);
        self.later(ix, 0, ProcessEvent::DumpSends(id));
        if 0 < period {
            self.later(ix, period, ProcessEvent::HeartbeatIsDue(id));
        }
    }

    /// A dump to the same replica that is still there ends first.
    fn kill_zombie(&mut self, ix: ServerIndex, new: ConnectionId, uuid: ServerUuid) {
        let replicas = self.server(ix).replicas.iter();
        let mut zombies = replicas.filter(|(id, connection)| {
            **id != new && connection.dump.is_some() && connection.uuid == Some(uuid)
        });
        let zombie = zombies
            .next()
            .map(|(id, zombie)| (*id, zombie.processlist_id));
        if let Some((id, thread)) = zombie {
            let text = format!(
                "Upon reconnection with the replica, while initializing the dump thread for UUID \
                 <{uuid}>, an existing dump thread with the same UUID was detected. The source is \
                 terminating the previous dump thread ({thread}), which is normal and expected."
            );
            self.log(ix, Line::note(15146, "Repl", text));
            self.end_dump(ix, id);
        }
    }

    /// Tells the replica why its dump ends.
    pub(crate) fn send_dump_error(&mut self, id: ConnectionId, text: &str) {
        let payload = Payload::DumpError(1236, text.to_owned());
        let what = crate::trace::PacketKind::Handshake("ERROR 1236".to_owned());
        self.send(id, Direction::ToReplica, payload, what, Vec::new(), None);
    }

    fn refuse_dump(&mut self, ix: ServerIndex, id: ConnectionId, text: &str) {
        self.send_dump_error(id, text);
        self.server_mut(ix).replicas.remove(&id);
        self.send_close(id, Direction::ToReplica, Vec::new());
        self.close_source_end(id);
    }

    fn find_start(&self, ix: ServerIndex, request: &DumpRequest) -> Result<Start, String> {
        let server = self.server(ix);
        let binlog = &server.binlog;
        if !server.has_binlog() {
            return Err("Binary log is not open".to_owned());
        }
        if let Some(has) = &request.has {
            let own = has.only(server.uuid);
            if !own.is_subset(&server.gtids_with_owned()) {
                return Err(MORE_GTIDS.to_owned());
            }
            if !server.purged().is_subset(has) {
                let missing = server.purged().subtract(has);
                return Err(format!(
                    "{PURGED}'{has}', and the missing transactions are '{missing}'"
                ));
            }
            let files = binlog.files();
            let fits = |index: &usize| files[*index].previous_gtids.is_subset(has);
            let index = (0..files.len()).rev().find(fits).unwrap_or(0);
            return Ok(Start {
                file: binlog.number_of(index),
                next: 0,
                announce: 4,
            });
        }
        let index = match request.position.file.is_empty() {
            true => Some(0),
            false => binlog.index_of(&request.position.file),
        };
        let Some(index) = index else {
            return Err("Could not find first log file name in binary log index file".to_owned());
        };
        let file = &binlog.files()[index];
        if file.size < request.position.offset {
            return Err(
                "Client requested source to start replication from position > file size".to_owned(),
            );
        }
        let offset = request.position.offset.max(4);
        Ok(Start {
            file: binlog.number_of(index),
            next: file.events.partition_point(|event| event.start < offset),
            announce: offset,
        })
    }
}

const MORE_GTIDS: &str = "Replica has more GTIDs than the source has, using the source's SERVER_UUID. \
This may indicate that the end of the binary log was truncated or that the last binary log file was \
lost, e.g., after a power or disk failure when sync_binlog != 1. The source may or may not have \
rolled back transactions that were already replicated to the replica. Suggest to replicate any \
transactions that source has rolled back from replica to source, and/or commit empty transactions on \
source to account for transactions that have been committed on source but are not included in \
GTID_EXECUTED.";

const PURGED: &str = "Cannot replicate because the source purged required binary logs. Replicate the \
missing transactions from elsewhere, or provision a new replica from backup. Consider increasing the \
source's binary log expiration period. The GTID set sent by the replica is ";
