//! The receiver thread: it connects, asks for the dump, writes the relay log and sends ACKs.

use std::sync::Arc;

use semisync_core::replica::{Input, Output, QueryError};
use semisync_core::wire::AckPacket;
use semisync_core::{BinlogPosition, Instant};

use super::channel::{Channel, ChannelConfig, Incoming, Received, Receiver, ReceiverPhase};
use super::handshake::{EQUAL_IDS, SERVER_ID_QUERY, queries};
use crate::binlog::{BinlogEvent, EventBody, size};
use crate::cluster::{Cluster, ProcessEvent};
use crate::network::{
    ConnectionId, Direction, DumpContent, DumpRequest, DumpedEvent, Payload, Registration,
};
use crate::server::error_log::{Line, with_code};
use crate::trace::{Lane, PacketKind, TraceKind};
use crate::variables::ordinary;
use crate::{ServerIndex, TransactionId};

impl Cluster {
    pub(crate) fn channel(&self, ix: ServerIndex) -> Option<&Channel> {
        self.server(ix).channel.as_ref()
    }

    pub(crate) fn channel_mut(&mut self, ix: ServerIndex) -> Option<&mut Channel> {
        self.server_mut(ix).channel.as_mut()
    }

    pub(super) fn receiver_mut(&mut self, ix: ServerIndex) -> Option<&mut Receiver> {
        self.channel_mut(ix).map(|channel| &mut channel.receiver)
    }

    // --- Starting and stopping ---

    /// START REPLICA IO_THREAD.
    pub(crate) fn start_receiver(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        if channel.receiver.phase != ReceiverPhase::Stopped {
            return;
        }
        channel.receiver = Receiver {
            serial: channel.receiver.serial + 1,
            heartbeats: channel.receiver.heartbeats,
            last_queued: channel.receiver.last_queued,
            ..Receiver::default()
        };
        let config = channel.config.clone();
        let position = channel.read.clone();
        let processlist_id = self.server_mut(ix).next_processlist_id();
        if let Some(receiver) = self.receiver_mut(ix) {
            receiver.processlist_id = processlist_id;
            receiver.since = now;
        }
        self.warn_of_stored_password(ix);
        self.mark(Lane::Server(ix), None, TraceKind::ReceiverStarted);
        let input = Input::ReceiverStarted {
            user: config.user,
            host: config.host,
            port: u32::from(config.port),
            position,
        };
        self.replica_input(ix, input);
        self.try_to_connect(ix);
    }

    fn warn_of_stored_password(&mut self, ix: ServerIndex) {
        let config = self.channel(ix).map(|channel| &channel.config);
        if config.is_some_and(|it| !it.user.is_empty() || !it.password.is_empty()) {
            self.log(ix, Line::warning(10897, "Repl", STORED_PASSWORD));
        }
    }

    /// STOP REPLICA IO_THREAD, or a shutdown.
    pub(crate) fn kill_receiver(&mut self, ix: ServerIndex) {
        let receiver = self.receiver_mut(ix);
        if receiver.is_some_and(|receiver| receiver.phase == ReceiverPhase::Streaming) {
            let text = "Replica I/O thread killed while reading event for channel ''.";
            self.log(ix, Line::note(11026, "Repl", text));
        }
        self.stop_receiver(ix);
    }

    /// The receiver ends: it was killed, or met an error.
    fn stop_receiver(&mut self, ix: ServerIndex) {
        let Some(receiver) = self.receiver_mut(ix) else {
            return;
        };
        if receiver.phase == ReceiverPhase::Stopped {
            return;
        }
        receiver.phase = ReceiverPhase::Stopped;
        receiver.serial += 1;
        receiver.inbox.clear();
        receiver.writing = None;
        receiver.queueing = None;
        receiver.is_semisync = false;
        if let Some(connection) = receiver.connection.take() {
            self.send_close(connection, Direction::ToSource, vec![COM_QUIT]);
            self.close_replica_end(connection);
        }
        let position = self.channel(ix).map(|channel| channel.read.clone());
        let BinlogPosition { file, offset } = position.unwrap_or_default();
        let text = format!(
            "Replica I/O thread exiting for channel '', read up to log '{file}', position {offset}"
        );
        self.mark(Lane::Server(ix), None, TraceKind::ReceiverStopped);
        self.log(ix, Line::note(10570, "Repl", text));
        self.replica_input(ix, Input::ReceiverStopped);
    }

    /// The receiver meets an error it cannot recover from.
    pub(super) fn receiver_fails(&mut self, ix: ServerIndex, number: u32, text: String) {
        let now = self.world.now;
        if let Some(receiver) = self.receiver_mut(ix) {
            receiver.error = Some((number, text.clone(), now));
        }
        let line = with_code(&format!("Replica I/O for channel '': {text}"), number);
        self.log(ix, Line::error(number, "Repl", line));
        self.stop_receiver(ix);
    }

    // --- Connecting ---

    fn try_to_connect(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        let channel = self.channel(ix);
        if channel.is_some_and(|channel| channel.account().0.is_empty()) {
            return self.receiver_fails(ix, 13117, EMPTY_USER.to_owned());
        }
        let target = self.channel_target(ix);
        let Some(receiver) = self.receiver_mut(ix) else {
            return;
        };
        receiver.phase = ReceiverPhase::Connecting;
        receiver.serial += 1;
        receiver.last_heard = now;
        let serial = receiver.serial;
        let Some(source) = target else {
            self.connection_refused(ix);
            return;
        };
        let id = self.world.network.open(ix, source);
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        channel.receiver.connection = Some(id);
        let (user, password) = channel.account();
        let connect = Payload::Connect {
            user: user.to_owned(),
            password: password.to_owned(),
        };
        self.send_handshake(id, Direction::ToSource, connect, "connect");
        let timeout = self.net_timeout_us(ix);
        self.later(ix, timeout, ProcessEvent::ReceiverTimesOut(serial));
    }

    fn net_timeout_us(&self, ix: ServerIndex) -> u64 {
        let seconds = self
            .server(ix)
            .global(ordinary!("replica_net_timeout"))
            .as_u64();
        seconds.saturating_mul(1_000_000)
    }

    /// Nobody listens there, or nobody answers.
    fn connection_refused(&mut self, ix: ServerIndex) {
        let config = self.channel(ix).map(|channel| channel.config.clone());
        let ChannelConfig { host, port, .. } = config.unwrap_or_default();
        let text = format!("Can't connect to MySQL server on '{host}:{port}' (111)");
        self.attempt_failed(ix, 2003, &text);
    }

    /// An attempt to connect came to nothing; the next one comes later.
    fn attempt_failed(&mut self, ix: ServerIndex, number: u32, message: &str) {
        let now = self.world.now;
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        let config = channel.config.clone();
        let user = channel.account().0.to_owned();
        let receiver = &mut channel.receiver;
        receiver.attempts += 1;
        let verb = match receiver.was_connected {
            true => "reconnecting",
            false => "connecting",
        };
        let address = format!("{}:{}", config.host, config.port);
        let text = format!(
            "Error {verb} to source '{user}@{address}'. This was attempt {}/{}, with a delay of {} \
             seconds between attempts. Message: {message}",
            receiver.attempts, config.retry_count, config.connect_retry
        );
        receiver.error = Some((number, text.clone(), now));
        receiver.phase = ReceiverPhase::Waiting;
        receiver.serial += 1;
        let serial = receiver.serial;
        let is_last = config.retry_count <= receiver.attempts;
        let line = format!("Replica I/O for channel '': {text}, Error_code: MY-{number:06}");
        self.log(ix, Line::error(10584, "Repl", line));
        if is_last {
            self.stop_receiver(ix);
            return;
        }
        let delay = config.connect_retry.saturating_mul(1_000_000);
        self.later(ix, delay, ProcessEvent::ReceiverConnects(serial));
    }

    pub(crate) fn receiver_connects(&mut self, ix: ServerIndex, serial: u64) {
        let receiver = self.receiver_mut(ix);
        if receiver.is_some_and(|receiver| receiver.serial == serial) {
            self.try_to_connect(ix);
        }
    }

    /// Has the receiver heard nothing for `replica_net_timeout`?
    pub(crate) fn receiver_times_out(&mut self, ix: ServerIndex, serial: u64) {
        let now = self.world.now;
        let timeout = self.net_timeout_us(ix);
        let Some(receiver) = self.receiver_mut(ix).filter(|it| it.serial == serial) else {
            return;
        };
        let due = receiver.last_heard.as_micros().saturating_add(timeout);
        if now.as_micros() < due {
            let at = Instant::from_micros(due);
            self.at(ix, at, ProcessEvent::ReceiverTimesOut(serial));
            return;
        }
        if let Some(connection) = receiver.connection {
            self.send_close(connection, Direction::ToSource, Vec::new());
        }
        self.receiver_lost_source(ix);
    }

    /// The connection is gone: the receiver tries again at once.
    pub(crate) fn receiver_lost_source(&mut self, ix: ServerIndex) {
        let Some(receiver) = self.receiver_mut(ix) else {
            return;
        };
        let connection = receiver.connection.take();
        let had_dump = receiver.phase == ReceiverPhase::Streaming;
        receiver.inbox.clear();
        receiver.writing = None;
        receiver.queueing = None;
        receiver.is_semisync = false;
        if let Some(connection) = connection {
            let other = self.world.network.connections.get(&connection);
            let source = other.map(|connection| connection.source);
            self.close_replica_end(connection);
            if let Some(source) = source {
                self.connection_broke(ix, source);
            }
        }
        if had_dump {
            self.log(ix, Line::error(10557, "Repl", LOST_WHILE_READING));
            self.warn_of_stored_password(ix);
            self.try_to_connect(ix);
        } else {
            self.connection_refused(ix);
        }
    }

    // --- Packets from the source ---

    pub(crate) fn replica_reads(
        &mut self,
        ix: ServerIndex,
        id: ConnectionId,
        payload: Payload,
        len: usize,
        transaction: Option<TransactionId>,
    ) {
        let now = self.world.now;
        let Some(receiver) = self.receiver_mut(ix).filter(|it| it.connection == Some(id)) else {
            return;
        };
        receiver.last_heard = now;
        match payload {
            Payload::Connected => self.ask(ix, 0),
            Payload::Refused => {
                receiver.connection = None;
                self.close_replica_end(id);
                self.connection_refused(ix);
            }
            Payload::Denied(number, text) => {
                receiver.connection = None;
                self.close_replica_end(id);
                self.attempt_failed(ix, number, &text);
            }
            Payload::Answer(answer) => self.answered(ix, answer),
            Payload::RegistrationRefused(number, text) => {
                self.registration_refused(ix, number, &text);
            }
            Payload::Event(event) => {
                if receiver.is_interrupted {
                    return self.kill_receiver(ix);
                }
                let received = Received {
                    event,
                    len,
                    transaction,
                };
                receiver.inbox.push_back(Incoming::Packet(received));
                self.write_next(ix);
            }
            Payload::DumpError(number, text) => {
                receiver.inbox.push_back(Incoming::Error(number, text));
                self.write_next(ix);
            }
            Payload::Close => {
                receiver.inbox.push_back(Incoming::Close);
                self.write_next(ix);
            }
            Payload::Connect { .. }
            | Payload::Query(_)
            | Payload::Register(_)
            | Payload::RequestDump(_)
            | Payload::Ack => {}
        }
    }

    fn answered(&mut self, ix: ServerIndex, answer: Result<(), u32>) {
        let meets_itself = self.has_id_of_its_source(ix);
        let Some(receiver) = self.receiver_mut(ix) else {
            return;
        };
        match receiver.phase {
            ReceiverPhase::Handshake(SERVER_ID_QUERY) if meets_itself => {
                self.receiver_fails(ix, 13117, EQUAL_IDS.to_owned());
            }
            ReceiverPhase::Handshake(step) => self.ask(ix, step + 1),
            ReceiverPhase::Registering => self.begin_request(ix),
            ReceiverPhase::Requesting => {
                let answer = answer.map_err(|errno| QueryError { errno });
                let orders = self.replica_input(ix, Input::QueryAnswered(answer));
                self.follow_handshake(ix, orders);
            }
            ReceiverPhase::Stopped
            | ReceiverPhase::Connecting
            | ReceiverPhase::Streaming
            | ReceiverPhase::Waiting
            | ReceiverPhase::WaitingToRegister => {}
        }
    }

    fn ask(&mut self, ix: ServerIndex, step: usize) {
        let server = self.server(ix);
        let (uuid, server_id) = (server.uuid.to_string(), server.server_id());
        let registration = Registration {
            server_id,
            host: server.global(ordinary!("report_host")).shown(),
            port: u16::try_from(server.global(ordinary!("report_port")).as_u64()).unwrap_or(0),
        };
        let half_of_timeout = self.net_timeout_us(ix) / 2;
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        let heartbeat_us = channel.config.heartbeat_us.unwrap_or(half_of_timeout);
        let receiver = &mut channel.receiver;
        let Some(id) = receiver.connection else {
            return;
        };
        let mut queries = queries(heartbeat_us, &uuid);
        if step < queries.len() {
            receiver.phase = ReceiverPhase::Handshake(step);
            let query = queries.swap_remove(step);
            self.send_handshake(
                id,
                Direction::ToSource,
                Payload::Query(query.clone()),
                &query,
            );
        } else {
            receiver.phase = ReceiverPhase::Registering;
            let payload = Payload::Register(registration);
            self.send_handshake(id, Direction::ToSource, payload, "COM_REGISTER_SLAVE");
        }
    }

    /// About to request the dump: the core asks its questions first.
    fn begin_request(&mut self, ix: ServerIndex) {
        if let Some(receiver) = self.receiver_mut(ix) {
            receiver.phase = ReceiverPhase::Requesting;
        }
        if self.server(ix).replica_plugin.is_none() {
            self.send_request(ix);
            return;
        }
        let orders = self.replica_input(ix, Input::DumpAboutToBeRequested);
        self.follow_handshake(ix, orders);
    }

    fn follow_handshake(&mut self, ix: ServerIndex, orders: Vec<Output>) {
        for order in orders {
            match order {
                Output::Query(query) => {
                    let connection = self.receiver_mut(ix).and_then(|it| it.connection);
                    if let Some(id) = connection {
                        let payload = Payload::Query(query.to_owned());
                        self.send_handshake(id, Direction::ToSource, payload, query);
                    }
                }
                Output::RequestDump => self.send_request(ix),
                Output::RefuseDump => self.hook_refuses_dump(ix),
                Output::SkipHeader(_)
                | Output::StopReceiver
                | Output::SendAck(_)
                | Output::Log(_) => {}
            }
        }
    }

    fn hook_refuses_dump(&mut self, ix: ServerIndex) {
        let text =
            "Run function 'before_request_transmit' in plugin 'rpl_semi_sync_replica' failed";
        self.log(ix, Line::error(10207, "Repl", text));
        let text = "Failed on request_dump() for channel ''";
        self.log(ix, Line::error(10566, "Repl", text));
        if let Some(id) = self.receiver_mut(ix).and_then(|it| it.connection) {
            self.send_close(id, Direction::ToSource, vec![COM_QUIT]);
        }
        self.receiver_lost_source(ix);
    }

    fn send_request(&mut self, ix: ServerIndex) {
        let server = self.server(ix);
        let (uuid, server_id) = (server.uuid, server.server_id());
        let status = server
            .replica_plugin
            .as_ref()
            .map(|plugin| plugin.machine.status());
        let is_semisync = status == Some(semisync_core::source::SemisyncStatus::On);
        let mut has = server.gtid_executed.clone();
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        has.union(&channel.retrieved);
        let (position, has) = match channel.config.auto_position {
            true => (BinlogPosition::new("", 4), Some(Arc::new(has))),
            false => (channel.read.clone(), None),
        };
        let receiver = &mut channel.receiver;
        let was_connected = std::mem::replace(&mut receiver.was_connected, true);
        receiver.phase = ReceiverPhase::Streaming;
        receiver.attempts = 0;
        receiver.error = None;
        receiver.is_semisync = is_semisync;
        let Some(id) = receiver.connection else {
            return;
        };
        let words = match has {
            Some(_) => "COM_BINLOG_DUMP_GTID",
            None => "COM_BINLOG_DUMP",
        };
        let request = DumpRequest {
            server_id,
            uuid,
            position,
            has,
        };
        self.send_handshake(
            id,
            Direction::ToSource,
            Payload::RequestDump(request),
            words,
        );
        self.announce_connection(ix, id, was_connected);
    }

    fn announce_connection(&mut self, ix: ServerIndex, id: ConnectionId, again: bool) {
        let Some(source) = self.world.network.connections.get(&id).map(|c| c.source) else {
            return;
        };
        let (uuid, source_id) = (self.server(source).uuid, self.server(source).server_id());
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        channel.source_uuid = uuid.to_string();
        channel.source_id = source_id;
        let config = &channel.config;
        let at = format!("{}@{}:{}", config.user, config.host, config.port);
        let BinlogPosition { file, offset } = channel.read.clone();
        let line = if again {
            let text = format!(
                "Replica for channel '': connected to source '{at}',replication resumed in log \
                 '{file}' at position {offset}"
            );
            Line::system(10592, "Repl", text)
        } else {
            let head = format!(
                "Replica receiver thread for channel '': connected to source '{at}' with \
                 server_uuid={uuid}, server_id={source_id}."
            );
            match channel.config.auto_position {
                true => {
                    let text = format!("{head} Starting GTID-based replication.");
                    Line::system(14002, "Repl", text)
                }
                false => {
                    let text = format!(
                        "{head} Starting replication from file '{file}', position '{offset}'."
                    );
                    Line::system(14001, "Repl", text)
                }
            }
        };
        self.log(ix, line);
        self.mark(
            Lane::Server(ix),
            None,
            TraceKind::ReceiverConnected { source },
        );
    }

    // --- The relay log ---

    /// Begins with the next packet, if the thread is idle.
    fn write_next(&mut self, ix: ServerIndex) {
        let sync_every = self.server(ix).global(ordinary!("sync_relay_log")).as_u64();
        let (write_us, fsync_us) = (self.world.timing.write_us, self.world.timing.fsync_us);
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        let receiver = &mut channel.receiver;
        if receiver.writing.is_some() {
            return;
        }
        let received = match receiver.inbox.pop_front() {
            Some(Incoming::Packet(received)) => received,
            Some(Incoming::Error(number, text)) => {
                let line = format!(
                    "Error reading packet from server for channel '': {text} (server_errno={number})"
                );
                self.log(ix, Line::error(10557, "Repl", line));
                let text = format!(
                    "Got fatal error {number} from source when reading data from binary log: '{text}'"
                );
                return self.receiver_fails(ix, 13114, text);
            }
            Some(Incoming::Close) => return self.receiver_lost_source(ix),
            None => return,
        };
        let is_real = matches!(received.event.content, DumpContent::Event(_));
        receiver.writing = Some(received);
        let serial = receiver.serial;
        let mut duration = if is_real { write_us } else { 0 };
        if is_real && channel.relay_log.next_event_is_synced(sync_every) {
            duration += fsync_us;
        }
        self.later(ix, duration, ProcessEvent::ReceiverWrote(serial));
    }

    /// A packet is read and its event is in the relay log.
    pub(crate) fn receiver_wrote(&mut self, ix: ServerIndex, serial: u64) {
        let Some(receiver) = self.receiver_mut(ix).filter(|it| it.serial == serial) else {
            return;
        };
        let Some(received) = receiver.writing.take() else {
            return;
        };
        if !self.read_header(ix, &received) {
            return;
        }
        let position = self.queue_event(ix, &received);
        let orders = self.replica_input(ix, Input::EventQueued { position });
        for order in orders {
            if let Output::SendAck(ack) = order {
                self.send_ack(ix, &ack, received.transaction);
            }
        }
        self.write_next(ix);
        self.applier_reads(ix);
    }

    /// The core looks at the packet's first bytes. False if the receiver has to stop.
    fn read_header(&mut self, ix: ServerIndex, received: &Received) -> bool {
        let head = match received.event.header {
            Some(header) => header,
            None => first_bytes(&received.event),
        };
        let input = Input::PacketRead {
            packet_len: received.len.saturating_sub(1),
            head,
        };
        let orders = self.replica_input(ix, input);
        let stops = orders
            .iter()
            .any(|order| matches!(order, Output::StopReceiver));
        if stops {
            let text = "Fatal error: Failed to run 'after_read_event' hook".to_owned();
            self.receiver_fails(ix, 13117, text);
        }
        !stops
    }

    fn send_ack(&mut self, ix: ServerIndex, ack: &AckPacket, transaction: Option<TransactionId>) {
        let Some(id) = self
            .receiver_mut(ix)
            .and_then(|receiver| receiver.connection)
        else {
            return;
        };
        let mut bytes = Vec::new();
        ack.encode(&mut bytes);
        let what = PacketKind::Ack {
            position: ack.position.clone(),
        };
        self.send(
            id,
            Direction::ToSource,
            Payload::Ack,
            what,
            bytes,
            transaction,
        );
    }

    /// Writes an event to the relay log and moves the position; gives the position back.
    fn queue_event(&mut self, ix: ServerIndex, received: &Received) -> BinlogPosition {
        let now = self.world.now;
        let own_id = self.server(ix).server_id();
        let sync_every = self.server(ix).global(ordinary!("sync_relay_log")).as_u64();
        let Some(channel) = self.channel_mut(ix) else {
            return BinlogPosition::default();
        };
        let rotate_to = |position: &BinlogPosition| {
            let name = position.file.to_string();
            let size = size::rotate(name.len());
            let body = EventBody::Rotate {
                next: name,
                position: position.offset,
            };
            (body, size)
        };
        let mut written: Option<BinlogEvent> = None;
        let mut is_event = None;
        match &received.event.content {
            DumpContent::FakeRotate(position) => {
                channel.read = position.clone();
                let (body, size) = rotate_to(position);
                channel.relay_log.rotate(now, own_id, &channel.retrieved);
                written = Some(artificial(now, body, size, channel.source_id));
            }
            DumpContent::FormatDescription(event) => written = Some(event.clone()),
            DumpContent::Heartbeat(position) => {
                channel.receiver.heartbeats.0 += 1;
                channel.receiver.heartbeats.1 = Some(now);
                if channel.read.file == position.file && channel.read.offset < position.offset {
                    channel.read = position.clone();
                    let (body, size) = rotate_to(position);
                    written = Some(artificial(now, body, size, 0));
                }
            }
            DumpContent::Event(event) => {
                is_event = Some(event);
                match &*event.body {
                    EventBody::Rotate { next, position } => {
                        channel.read = BinlogPosition::new(next, *position);
                        channel.relay_log.rotate(now, own_id, &channel.retrieved);
                        written = Some(event.clone());
                    }
                    EventBody::Stop => {}
                    EventBody::PreviousGtids(_) => {
                        channel.read.offset = event.end;
                        let (body, size) = rotate_to(&channel.read);
                        written = Some(artificial(now, body, size, 0));
                    }
                    _ => {
                        channel.read.offset = event.end;
                        if event.server_id != own_id {
                            note_transaction(channel, event);
                            written = Some(event.clone());
                        }
                    }
                }
            }
        }
        if let Some(event) = written {
            channel.relay_log.append(event);
        }
        let is_synced = channel.relay_log.sync_is_due(sync_every);
        if is_synced {
            channel.relay_log.sync();
        }
        let position = channel.read.clone();
        if let Some(event) = is_event {
            self.mark_written(ix, event, &position, is_synced);
        }
        position
    }

    fn mark_written(
        &mut self,
        ix: ServerIndex,
        event: &BinlogEvent,
        position: &BinlogPosition,
        is_synced: bool,
    ) {
        let kind = TraceKind::RelayLogWritten {
            position: position.clone(),
            event: event.body.type_name().into(),
        };
        self.mark(Lane::Server(ix), event.transaction, kind);
        if is_synced {
            let kind = TraceKind::RelayLogSynced {
                position: position.clone(),
            };
            self.mark(Lane::Server(ix), event.transaction, kind);
        }
    }
}

/// Keeps track of which transaction is being queued, and of those that are complete.
fn note_transaction(channel: &mut Channel, event: &BinlogEvent) {
    if let EventBody::Gtid { gtid, .. } = &*event.body {
        channel.receiver.queueing = Some(*gtid);
    }
    if event.body.ends_transaction()
        && let Some(gtid) = channel.receiver.queueing.take()
    {
        channel.retrieved.add(gtid);
        channel.receiver.last_queued = Some(gtid);
    }
}

/// The first bytes of an event without a semisynchronous header: its timestamp.
fn first_bytes(event: &DumpedEvent) -> [u8; 2] {
    match &event.content {
        DumpContent::Event(event) | DumpContent::FormatDescription(event) => {
            let header =
                event
                    .body
                    .common_header(event.timestamp, event.server_id, event.end, event.size);
            [header[0], header[1]]
        }
        DumpContent::FakeRotate(_) | DumpContent::Heartbeat(_) => [0, 0],
    }
}

/// An event that stands in no binary log of the source.
fn artificial(now: Instant, body: EventBody, size: u64, server_id: u32) -> BinlogEvent {
    BinlogEvent {
        start: 0,
        end: 0,
        size: size as u32,
        server_id,
        timestamp: now,
        transaction: None,
        body: Arc::new(body),
    }
}

pub(super) const COM_QUIT: u8 = 1;

/// What the error log says when a receiver starts with the account it has stored.
const STORED_PASSWORD: &str = "Storing MySQL user name or password information in the connection \
metadata repository is not secure and is therefore not recommended. Please consider using the USER \
and PASSWORD connection options for START REPLICA; see the 'START REPLICA Syntax' in the MySQL \
Manual for more information.";

const EMPTY_USER: &str = "Fatal error: Invalid (empty) username when attempting to connect to the \
                          source server. Connection attempt terminated.";

pub(super) const LOST_WHILE_READING: &str = "Error reading packet from server for channel '': Lost connection to \
                                  MySQL server during query (server_errno=2013)";
