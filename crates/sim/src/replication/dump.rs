//! The dump thread: it reads the binary log as far as it is published and sends it to one replica.

use std::sync::Arc;

use semisync_core::source::Input;
use semisync_core::wire::{AckPacket, EventHeader};
use semisync_core::{BinlogPosition, Generation, Instant, ServerId};

use crate::ServerIndex;
use crate::accounts::AccountName;
use crate::binlog::{BinlogEvent, BinlogFile, EventBody};
use crate::cluster::{Cluster, ProcessEvent};
use crate::gtid::{GtidSet, ServerUuid};
use crate::network::{ConnectionId, Direction, DumpContent, DumpedEvent, Payload, Registration};
use crate::trace::{Lane, PacketKind, TraceKind};

/// A replica's connection, as its source sees it.
#[derive(Clone, Debug)]
pub(crate) struct ReplicaConnection {
    pub(crate) replica: ServerIndex,
    pub(crate) processlist_id: u64,
    /// As it said, and the account it got.
    pub(crate) user: String,
    pub(crate) account: AccountName,
    pub(crate) since: Instant,
    pub(crate) registration: Option<Registration>,
    pub(crate) uuid: Option<ServerUuid>,
    /// `@rpl_semi_sync_replica`, `@rpl_semi_sync_slave`
    pub(crate) announced: (Option<i64>, Option<i64>),
    pub(crate) is_semisync: bool,
    pub(crate) heartbeat_us: u64,
    /// The replica has closed its end.
    pub(crate) peer_closed: bool,
    /// Packets that nobody reads because the ACK receiver is stopped.
    pub(crate) unread: Vec<Vec<u8>>,
    pub(crate) dump: Option<Dump>,
}

/// A running dump.
#[derive(Clone, Debug)]
pub(crate) struct Dump {
    pub(crate) server_id: u32,
    /// The plugin marked it as semisynchronous.
    pub(crate) is_semisync: bool,
    /// With auto-position: what the replica had when it asked.
    pub(crate) has: Option<Arc<GtidSet>>,
    /// Number of the file (counted over the life of the log) and index of the next event.
    pub(crate) file: u64,
    pub(crate) next: usize,
    /// Position the replica was told for the first fake Rotate of this file; `None` once sent.
    pub(crate) announce: Option<u64>,
    /// The dump starts inside a file: the description of the file is still to be sent.
    pub(crate) describes: bool,
    /// Inside a transaction the replica has.
    pub(crate) skips: bool,
    /// Something was skipped since the last packet.
    pub(crate) has_skipped: bool,
    pub(crate) is_scheduled: bool,
    pub(crate) last_sent: Instant,
    /// Where it stands in a file that RESET BINARY LOGS AND GTIDS has deleted.
    pub(crate) stranded: Option<BinlogPosition>,
}

impl Dump {
    /// Says how far it has read, when what it read last was not sent.
    fn heartbeat(&self, file: &BinlogFile) -> DumpContent {
        let offset = match self.next.checked_sub(1) {
            Some(last) => file.events[last].end,
            None => 4,
        };
        DumpContent::Heartbeat(BinlogPosition {
            file: file.name.clone(),
            offset,
        })
    }

    /// The end of what it has read of its file.
    pub(crate) fn position_in(&self, file: &BinlogFile) -> BinlogPosition {
        let last = self
            .next
            .checked_sub(1)
            .and_then(|last| file.events.get(last));
        BinlogPosition {
            file: file.name.clone(),
            offset: last.map_or(4, |event| event.end),
        }
    }
}

impl ReplicaConnection {
    pub(crate) fn new(replica: ServerIndex, processlist_id: u64, now: Instant) -> Self {
        ReplicaConnection {
            replica,
            processlist_id,
            user: String::new(),
            account: AccountName::default(),
            since: now,
            registration: None,
            uuid: None,
            announced: (None, None),
            is_semisync: false,
            heartbeat_us: 0,
            peer_closed: false,
            unread: Vec::new(),
            dump: None,
        }
    }
}

/// What a dump does next.
enum NextPacket {
    Send(DumpContent),
    /// Everything readable is sent.
    CaughtUp,
}

impl Cluster {
    /// More of the binary log can be read: dump threads that wait go on.
    pub(crate) fn wake_dumps(&mut self, ix: ServerIndex) {
        let replicas = self.server_mut(ix).replicas.iter_mut();
        let mut waiting = Vec::new();
        for (id, connection) in replicas {
            if let Some(dump) = &mut connection.dump
                && !dump.is_scheduled
            {
                dump.is_scheduled = true;
                waiting.push(*id);
            }
        }
        for id in waiting {
            self.later(ix, DUMP_WAKE_US, ProcessEvent::DumpSends(id));
        }
    }

    /// The dump thread runs: it sends what it can, a bounded number of packets at a time.
    pub(crate) fn dump_sends(&mut self, ix: ServerIndex, id: ConnectionId) {
        let Some(dump) = self.dump_mut(ix, id) else {
            return;
        };
        dump.is_scheduled = false;
        if let Some(at) = dump.stranded.clone() {
            self.stranded_dump_looks(ix, id, &at);
            return;
        }
        for _ in 0..PACKETS_AT_ONCE {
            if WINDOW <= self.world.network.in_flight(id, Direction::ToReplica) {
                return;
            }
            match self.next_packet(ix, id) {
                Some(NextPacket::Send(content)) => {
                    if !self.send_content(ix, id, content) {
                        return;
                    }
                }
                Some(NextPacket::CaughtUp) | None => return,
            }
        }
        if let Some(dump) = self.dump_mut(ix, id) {
            dump.is_scheduled = true;
            self.later(ix, 1, ProcessEvent::DumpSends(id));
        }
    }

    /// A dump whose file was deleted by a reset: it waits until the new file of the same name is
    /// longer than what it has read, and fails; or goes on with the next file.
    fn stranded_dump_looks(&mut self, ix: ServerIndex, id: ConnectionId, at: &BinlogPosition) {
        let binlog = &self.server(ix).binlog;
        let files = binlog.files();
        let same = files.iter().position(|file| file.name == at.file);
        let next = same.filter(|index| index + 1 < files.len());
        if let Some(index) = next {
            let number = binlog.number_of(index + 1);
            if let Some(dump) = self.dump_mut(ix, id) {
                dump.stranded = None;
                dump.file = number;
                dump.next = 0;
                dump.announce = Some(4);
                dump.skips = false;
                dump.is_scheduled = true;
                self.later(ix, 1, ProcessEvent::DumpSends(id));
            }
            return;
        }
        if same.is_none_or(|index| binlog.readable(index) <= at.offset) {
            return;
        }
        let BinlogPosition { file, offset } = at;
        let text = format!(
            "I/O error reading log event; the first event '' at 4, the last event read from \
             './{file}' at {offset}, the last byte read from './{file}' at {offset}."
        );
        self.send_dump_error(id, &text);
        self.end_dump(ix, id);
    }

    /// A packet of the dump arrived: there is room for more.
    pub(crate) fn dump_has_room(&mut self, ix: ServerIndex, id: ConnectionId) {
        let in_flight = self.world.network.in_flight(id, Direction::ToReplica);
        if in_flight + 1 != WINDOW {
            return;
        }
        if let Some(dump) = self.dump_mut(ix, id)
            && !dump.is_scheduled
        {
            dump.is_scheduled = true;
            self.later(ix, 1, ProcessEvent::DumpSends(id));
        }
    }

    fn dump_mut(&mut self, ix: ServerIndex, id: ConnectionId) -> Option<&mut Dump> {
        self.server_mut(ix).replicas.get_mut(&id)?.dump.as_mut()
    }

    fn next_packet(&mut self, ix: ServerIndex, id: ConnectionId) -> Option<NextPacket> {
        let server = self.server_mut(ix);
        let binlog = &server.binlog;
        let dump = server.replicas.get_mut(&id)?.dump.as_mut()?;
        loop {
            let (index, file) = binlog.numbered(dump.file)?;
            if let Some(offset) = dump.announce.take() {
                let position = BinlogPosition {
                    file: file.name.clone(),
                    offset,
                };
                return Some(NextPacket::Send(DumpContent::FakeRotate(position)));
            }
            if std::mem::take(&mut dump.describes)
                && let Some(description) = file.events.get(0)
            {
                // It was asked for from behind its end: it does not say where it ends.
                let content = DumpContent::FormatDescription(BinlogEvent {
                    end: 0,
                    ..description.clone()
                });
                return Some(NextPacket::Send(content));
            }
            let readable = binlog.readable(index);
            let Some(event) = file
                .events
                .get(dump.next)
                .filter(|event| event.end <= readable)
            else {
                if index + 1 < binlog.files().len() {
                    dump.file += 1;
                    dump.next = 0;
                    dump.announce = Some(4);
                    continue;
                }
                if !dump.has_skipped {
                    return Some(NextPacket::CaughtUp);
                }
                dump.has_skipped = false;
                return Some(NextPacket::Send(dump.heartbeat(file)));
            };
            dump.next += 1;
            if let EventBody::Gtid { gtid, .. } = &*event.body {
                dump.skips = dump.has.as_ref().is_some_and(|has| has.contains(*gtid));
            } else if !event.body.is_in_transaction() {
                dump.skips = false;
            }
            if dump.skips {
                dump.has_skipped = true;
                continue;
            }
            if dump.has_skipped {
                // Where the skipped ones end comes first.
                dump.next -= 1;
                dump.has_skipped = false;
                return Some(NextPacket::Send(dump.heartbeat(file)));
            }
            let content = match &*event.body {
                EventBody::FormatDescription => DumpContent::FormatDescription(event.clone()),
                _ => DumpContent::Event(event.clone()),
            };
            return Some(NextPacket::Send(content));
        }
    }

    /// Sends one packet of a dump. False if the dump has ended instead.
    fn send_content(&mut self, ix: ServerIndex, id: ConnectionId, content: DumpContent) -> bool {
        let now = self.world.now;
        let Some(connection) = self.server(ix).replicas.get(&id) else {
            return false;
        };
        if connection.peer_closed {
            return self.send_to_nobody(ix, id, &content);
        }
        let Some(dump) = &connection.dump else {
            return false;
        };
        let (server_id, is_semisync) = (dump.server_id, dump.is_semisync);
        let position = self.content_position(ix, id, &content);
        let transaction = match &content {
            DumpContent::Event(event) => event.transaction,
            DumpContent::FakeRotate(_)
            | DumpContent::FormatDescription(_)
            | DumpContent::Heartbeat(_) => None,
        };
        let mut ack_requested = false;
        if is_semisync && matches!(content, DumpContent::Event(_)) {
            let input = Input::EventAboutToBeSent {
                server_id: ServerId(server_id),
                position: position.clone(),
            };
            ack_requested = self.source_input(ix, input).unwrap_or(false);
        }
        let header = is_semisync.then(|| EventHeader { ack_requested }.encode());
        let what = match &content {
            DumpContent::Heartbeat(_) => PacketKind::Heartbeat,
            DumpContent::FakeRotate(_) => PacketKind::BinlogEvent {
                event: "Rotate".into(),
                position: position.clone(),
                ack_requested: is_semisync.then_some(false),
            },
            DumpContent::FormatDescription(event) | DumpContent::Event(event) => {
                PacketKind::BinlogEvent {
                    event: event.body.type_name().into(),
                    position: position.clone(),
                    ack_requested: is_semisync.then_some(ack_requested),
                }
            }
        };
        let bytes = self.packet_bytes(ix, header, &content, &position);
        let payload = Payload::Event(DumpedEvent { header, content });
        self.send(id, Direction::ToReplica, payload, what, bytes, transaction);
        if ack_requested {
            self.source_input(ix, Input::EventSent { ack_requested });
        }
        if let Some(dump) = self.dump_mut(ix, id) {
            dump.last_sent = now;
        }
        true
    }

    /// The replica is gone, which the dump notices when its buffer is flushed: where an ACK is asked
    /// for, or at the end of what there is. False if it has ended.
    fn send_to_nobody(&mut self, ix: ServerIndex, id: ConnectionId, content: &DumpContent) -> bool {
        let replicas = &self.server(ix).replicas;
        let dump = replicas.get(&id).and_then(|it| it.dump.as_ref());
        if let DumpContent::Event(event) = content
            && let Some(dump) = dump.filter(|dump| dump.is_semisync)
        {
            let input = Input::EventAboutToBeSent {
                server_id: ServerId(dump.server_id),
                position: self.content_position(ix, id, content),
            };
            if self.source_input(ix, input) == Some(true) {
                self.source_input(ix, Input::EventFlushFailed);
            } else if !event.body.ends_transaction() {
                return true;
            }
        }
        self.end_dump(ix, id);
        false
    }

    fn content_position(
        &self,
        ix: ServerIndex,
        id: ConnectionId,
        content: &DumpContent,
    ) -> BinlogPosition {
        let (DumpContent::FormatDescription(event) | DumpContent::Event(event)) = content else {
            return match content {
                DumpContent::FakeRotate(position) | DumpContent::Heartbeat(position) => {
                    position.clone()
                }
                DumpContent::FormatDescription(_) | DumpContent::Event(_) => unreachable!(),
            };
        };
        let server = self.server(ix);
        let dump = server
            .replicas
            .get(&id)
            .and_then(|replica| replica.dump.as_ref());
        let file = dump.and_then(|dump| server.binlog.numbered(dump.file));
        BinlogPosition {
            file: file.map(|(_, file)| file.name.clone()).unwrap_or_default(),
            offset: event.end,
        }
    }

    /// The payload of the packet up to the event's common header.
    fn packet_bytes(
        &self,
        ix: ServerIndex,
        header: Option<[u8; 2]>,
        content: &DumpContent,
        position: &BinlogPosition,
    ) -> Vec<u8> {
        // The OK byte, the header, the common header of the event.
        let mut bytes = Vec::with_capacity(22);
        bytes.push(0);
        bytes.extend(header.into_iter().flatten());
        let now = self.world.now;
        let artificial = |body: &EventBody, timestamp: Instant, end: u64, size: u64| {
            body.common_header(timestamp, self.server(ix).server_id(), end, size as u32)
        };
        let common = match content {
            DumpContent::Event(event) | DumpContent::FormatDescription(event) => event
                .body
                .common_header(event.timestamp, event.server_id, event.end, event.size),
            DumpContent::FakeRotate(_) => {
                let name = position.file.to_string();
                let size = crate::binlog::size::rotate(name.len());
                let rotate = EventBody::Rotate {
                    next: name,
                    position: position.offset,
                };
                artificial(&rotate, Instant::ZERO, 0, size)
            }
            DumpContent::Heartbeat(_) => {
                let mut header = artificial(&EventBody::Stop, now, position.offset, 44);
                header[4] = HEARTBEAT_V2;
                header
            }
        };
        bytes.extend(common);
        bytes
    }

    /// Has the dump been silent for a heartbeat period?
    pub(crate) fn heartbeat_is_due(&mut self, ix: ServerIndex, id: ConnectionId) {
        let now = self.world.now;
        let server = self.server(ix);
        let Some(connection) = server.replicas.get(&id) else {
            return;
        };
        let period = connection.heartbeat_us;
        let Some(dump) = &connection.dump else {
            return;
        };
        let due = dump.last_sent.as_micros() + period;
        if now.as_micros() < due {
            let at = Instant::from_micros(due);
            self.at(ix, at, ProcessEvent::HeartbeatIsDue(id));
            return;
        }
        let position = match (&dump.stranded, server.binlog.numbered(dump.file)) {
            (Some(at), _) => at.clone(),
            (None, Some((_, file))) => dump.position_in(file),
            (None, None) => return,
        };
        if self.send_content(ix, id, DumpContent::Heartbeat(position)) {
            self.later(ix, period, ProcessEvent::HeartbeatIsDue(id));
        }
    }

    // --- ACKs ---

    /// The ACK receiver reads a packet of a registered replica.
    pub(crate) fn ack_bytes(&mut self, ix: ServerIndex, id: ConnectionId, bytes: &[u8]) {
        let Some(connection) = self.server(ix).replicas.get(&id) else {
            return;
        };
        let replica = connection.replica;
        let Some(dump) = connection.dump.as_ref().filter(|dump| dump.is_semisync) else {
            return;
        };
        let server_id = ServerId(dump.server_id);
        // In 5.5 the dump thread itself reads them.
        let has_receiver = self.server(ix).generation != Generation::V5_5;
        let plugin = self.server(ix).source_plugin.as_ref();
        if has_receiver && !plugin.is_some_and(|plugin| plugin.reads_acks) {
            // They stay in the socket until the ACK receiver runs again.
            if let Some(connection) = self.server_mut(ix).replicas.get_mut(&id) {
                connection.unread.push(bytes.to_vec());
            }
            return;
        }
        match AckPacket::decode(bytes) {
            Ok(AckPacket { position }) => {
                let kind = TraceKind::AckReceived {
                    replica,
                    position: position.clone(),
                };
                self.mark(Lane::Server(ix), None, kind);
                if self.server(ix).counts_for_neighbour {
                    self.count_for_neighbour(ix, id, &position);
                }
                let input = Input::AckReceived {
                    server_id,
                    position,
                };
                self.source_input(ix, input);
            }
            Err(error) => {
                self.source_input(ix, Input::AckRejected { error });
            }
        }
    }

    /// The fault of a broken source: another replica is taken to have sent the ACK too.
    fn count_for_neighbour(&mut self, ix: ServerIndex, id: ConnectionId, at: &BinlogPosition) {
        let mut others = self.server(ix).replicas.iter();
        let other = others.find_map(|(other, connection)| {
            let dump = connection.dump.as_ref()?;
            (*other != id && dump.is_semisync).then_some(dump.server_id)
        });
        if let Some(other) = other {
            let input = Input::AckReceived {
                server_id: ServerId(other),
                position: at.clone(),
            };
            self.source_input(ix, input);
        }
    }

    /// The ACK receiver has started: it reads what has piled up.
    pub(crate) fn read_unread_acks(&mut self, ix: ServerIndex) {
        let ids: Vec<_> = self.server(ix).replicas.keys().copied().collect();
        for id in ids {
            let connection = self.server_mut(ix).replicas.get_mut(&id);
            let unread = connection.map(|connection| std::mem::take(&mut connection.unread));
            for bytes in unread.unwrap_or_default() {
                self.ack_bytes(ix, id, &bytes);
            }
        }
    }

    // --- The end ---

    /// A dump ends: its replica is gone, it was killed, or the server shuts down.
    pub(crate) fn end_dump(&mut self, ix: ServerIndex, id: ConnectionId) {
        let Some(connection) = self.server_mut(ix).replicas.remove(&id) else {
            return;
        };
        if let Some(dump) = connection.dump {
            let kind = TraceKind::DumpStopped {
                replica: connection.replica,
                semisync: dump.is_semisync,
            };
            self.mark(Lane::Server(ix), None, kind);
            let input = Input::DumpStopped {
                server_id: ServerId(dump.server_id),
                semisync: dump.is_semisync,
            };
            self.source_input(ix, input);
        }
        if !connection.peer_closed {
            self.send_close(id, Direction::ToReplica, Vec::new());
        }
        self.close_source_end(id);
    }

    /// KILL of a dump thread. False if there is none with this number.
    pub(crate) fn kill_dump(&mut self, ix: ServerIndex, processlist_id: u64) -> bool {
        let replicas = &self.server(ix).replicas;
        let mut found = replicas.iter();
        let found = found.find(|(_, connection)| connection.processlist_id == processlist_id);
        let Some(id) = found.map(|(id, _)| *id) else {
            return false;
        };
        self.end_dump(ix, id);
        true
    }

    /// Tells the plugin that a dump starts (`transmit_start`).
    pub(crate) fn transmit_start(
        &mut self,
        ix: ServerIndex,
        replica: ServerIndex,
        server_id: u32,
        position: BinlogPosition,
        semisync: bool,
    ) {
        let kind = TraceKind::DumpStarted {
            replica,
            semisync,
            position: position.clone(),
        };
        self.mark(Lane::Server(ix), None, kind);
        let input = Input::DumpStarted {
            server_id: ServerId(server_id),
            position,
            semisync,
        };
        self.source_input(ix, input);
    }
}

/// From the signal that there is more until the thread runs.
const DUMP_WAKE_US: u64 = 10;

/// Packets one turn of a dump thread sends.
const PACKETS_AT_ONCE: usize = 64;

/// Packets that fit into the socket buffers.
const WINDOW: usize = 4096;

/// Type code of the heartbeats 9.7 sends.
const HEARTBEAT_V2: u8 = 41;
