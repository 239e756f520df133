//! What a receiver and its source say to each other before the dump, and the source's answers.

use semisync_core::Generation;
use semisync_core::source::Source;

use super::channel::ReceiverPhase;
use super::dump::ReplicaConnection;
use super::receiver::COM_QUIT;
use crate::ServerIndex;
use crate::accounts::{AccountName, Privilege};
use crate::cluster::{Cluster, ProcessEvent};
use crate::network::{ConnectionId, Direction, DumpRequest, Payload, Registration};
use crate::server::error_log::Line;
use crate::trace::{Lane, PacketKind, TraceKind};

/// What a receiver asks, in order, before it registers.
pub(crate) fn queries(heartbeat_us: u64, uuid: &str) -> Vec<String> {
    let period = u128::from(heartbeat_us) * 1000;
    vec![
        "SELECT UNIX_TIMESTAMP()".to_owned(),
        "SELECT @@GLOBAL.SERVER_ID".to_owned(),
        format!("SET @master_heartbeat_period = {period}, @source_heartbeat_period = {period}"),
        "SET @master_binlog_checksum = @@global.binlog_checksum, \
         @source_binlog_checksum = @@global.binlog_checksum"
            .to_owned(),
        "SELECT @source_binlog_checksum".to_owned(),
        "SELECT @@GLOBAL.GTID_MODE".to_owned(),
        "SELECT @@GLOBAL.SERVER_UUID".to_owned(),
        format!("SET @slave_uuid = '{uuid}', @replica_uuid = '{uuid}'"),
    ]
}

/// Which of these asks for the source's `server_id`.
pub(crate) const SERVER_ID_QUERY: usize = 1;

impl Cluster {
    /// Whether a replica's source has the same `server_id` as the replica.
    pub(crate) fn has_id_of_its_source(&self, ix: ServerIndex) -> bool {
        let connection = self.channel(ix).and_then(|it| it.receiver.connection);
        let connection = connection.and_then(|id| self.world.network.connections.get(&id));
        connection.is_some_and(|connection| {
            self.server(connection.source).server_id() == self.server(ix).server_id()
        })
    }

    /// The account may not replicate. The receiver says so, and tries again from the beginning.
    pub(super) fn registration_refused(&mut self, ix: ServerIndex, number: u32, message: &str) {
        let now = self.world.now;
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        let retry = channel.config.connect_retry;
        let read = channel.read.clone();
        let receiver = &mut channel.receiver;
        let text =
            format!("Source command COM_REGISTER_REPLICA failed: {message} (Errno: {number})");
        receiver.error = Some((ER_SOURCE_COMMAND_FAILED, text.clone(), now));
        receiver.phase = ReceiverPhase::WaitingToRegister;
        receiver.serial += 1;
        let serial = receiver.serial;
        let connection = receiver.connection.take();
        if let Some(connection) = connection {
            self.send_close(connection, Direction::ToSource, vec![COM_QUIT]);
            self.close_replica_end(connection);
        }
        let line = format!("Replica I/O for channel '': {text}, Error_code: MY-013120");
        self.log(ix, Line::error(13120, "Repl", line));
        let line = "Replica I/O thread couldn't register on source";
        self.log(ix, Line::error(10564, "Repl", line));
        let again = format!(
            "Replica I/O for channel '': Source command COM_REGISTER_REPLICA failed: failed \
             registering on source, reconnecting to try again, log '{}' at position {}, \
             Error_code: MY-013120",
            read.file, read.offset
        );
        self.log(ix, Line::warning(13120, "Repl", again));
        self.later(
            ix,
            retry.saturating_mul(1_000_000),
            ProcessEvent::ReceiverConnects(serial),
        );
    }

    /// A packet for a source: connecting, queries, requests, ACKs.
    pub(crate) fn source_reads(
        &mut self,
        ix: ServerIndex,
        id: ConnectionId,
        payload: Payload,
        bytes: &[u8],
    ) {
        match payload {
            Payload::Connect { user, password } => self.accept(ix, id, &user, &password),
            Payload::Query(text) => self.answer_query(ix, id, &text),
            Payload::Register(registration) => self.register(ix, id, registration),
            Payload::RequestDump(request) => self.request_dump(ix, id, request),
            Payload::Ack => self.ack_bytes(ix, id, bytes),
            Payload::Close => self.replica_closed(ix, id, bytes),
            Payload::Connected
            | Payload::Denied(..)
            | Payload::Refused
            | Payload::Answer(_)
            | Payload::RegistrationRefused(..)
            | Payload::Event(_)
            | Payload::DumpError(..) => {}
        }
    }

    fn accept(&mut self, ix: ServerIndex, id: ConnectionId, user: &str, password: &str) {
        let Some(replica) = self.world.network.connections.get(&id).map(|c| c.replica) else {
            return;
        };
        let now = self.world.now;
        let server = self.server_mut(ix);
        let processlist_id = server.next_processlist_id();
        let account = server.engine.accounts().authenticate(user, password);
        let account = account.cloned();
        let account = match account {
            Ok(account) => account,
            Err(error) => {
                let words = format!("ERROR {}", error.code);
                let payload = Payload::Denied(u32::from(error.code), error.message);
                self.send_handshake(id, Direction::ToReplica, payload, &words);
                self.send_close(id, Direction::ToReplica, Vec::new());
                self.close_source_end(id);
                return;
            }
        };
        let server = self.server_mut(ix);
        let mut connection = ReplicaConnection::new(replica, processlist_id, now);
        connection.user = user.to_owned();
        connection.account = account;
        server.replicas.insert(id, connection);
        self.send_handshake(id, Direction::ToReplica, Payload::Connected, "connected");
    }

    fn answer_query(&mut self, ix: ServerIndex, id: ConnectionId, text: &str) {
        let generation = self.server(ix).generation;
        let answer = match text.strip_prefix("SELECT @@global.rpl_semi_sync_") {
            Some(rest) => {
                let name = format!("rpl_semi_sync_{rest}");
                match self.server(ix).plugin_variable(&name) {
                    Some(_) => Ok(()),
                    None => Err(ER_UNKNOWN_SYSTEM_VARIABLE),
                }
            }
            None => Ok(()),
        };
        if let Some(assignments) = text.strip_prefix("SET ")
            && let Some(connection) = self.server_mut(ix).replicas.get_mut(&id)
        {
            connection.set_user_variables(assignments, generation);
        }
        let words = match answer {
            Ok(()) => "OK".to_owned(),
            Err(errno) => format!("ERROR {errno}"),
        };
        self.send_handshake(id, Direction::ToReplica, Payload::Answer(answer), &words);
    }

    fn register(&mut self, ix: ServerIndex, id: ConnectionId, registration: Registration) {
        let server = self.server_mut(ix);
        let Some(connection) = server.replicas.get_mut(&id) else {
            return;
        };
        let AccountName { user, host } = &connection.account;
        let account = server.engine.accounts().get(&connection.account);
        let may_replicate = account
            .is_some_and(|account| account.global.contains_any(&[Privilege::REPLICATION_SLAVE]));
        if !may_replicate {
            let text = format!("Access denied for user '{user}'@'{host}' (using password: YES)");
            let payload = Payload::RegistrationRefused(1045, text);
            self.send_handshake(id, Direction::ToReplica, payload, "ERROR 1045");
            return;
        }
        connection.registration = Some(registration);
        self.send_handshake(id, Direction::ToReplica, Payload::Answer(Ok(())), "OK");
    }

    fn request_dump(&mut self, ix: ServerIndex, id: ConnectionId, request: DumpRequest) {
        if self.server(ix).replicas.contains_key(&id) {
            self.start_dump(ix, id, request);
        }
    }

    /// The replica has closed its end. A dump notices at its next write, or when it is killed.
    fn replica_closed(&mut self, ix: ServerIndex, id: ConnectionId, bytes: &[u8]) {
        let Some(connection) = self.server_mut(ix).replicas.get_mut(&id) else {
            self.close_source_end(id);
            return;
        };
        connection.peer_closed = true;
        if connection.dump.is_none() {
            self.server_mut(ix).replicas.remove(&id);
            self.close_source_end(id);
        } else if !bytes.is_empty() {
            self.ack_bytes(ix, id, bytes);
        }
    }

    pub(crate) fn send_handshake(
        &mut self,
        id: ConnectionId,
        direction: Direction,
        payload: Payload,
        words: &str,
    ) {
        let what = PacketKind::Handshake(words.to_owned());
        self.send(id, direction, payload, what, Vec::new(), None);
    }

    pub(crate) fn connection_broke(&mut self, from: ServerIndex, to: ServerIndex) {
        let kind = TraceKind::ConnectionBroken { from, to };
        self.mark(Lane::Server(from), None, kind);
    }
}

impl ReplicaConnection {
    /// `SET @a = 1, @b = '…'`: the cluster keeps those that decide something.
    fn set_user_variables(&mut self, assignments: &str, generation: Generation) {
        for assignment in assignments.split(',') {
            let Some((name, value)) = assignment.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('\'');
            let number = value.parse::<i64>().ok();
            match name.trim() {
                "@rpl_semi_sync_replica" => self.announced.0 = number,
                "@rpl_semi_sync_slave" => self.announced.1 = number,
                "@source_heartbeat_period" => {
                    let period = value.parse::<u64>().unwrap_or(0);
                    self.heartbeat_us = period / 1000;
                }
                "@replica_uuid" => self.uuid = value.parse().ok(),
                _ => {}
            }
        }
        self.is_semisync =
            Source::announces_semisync(generation, self.announced.0, self.announced.1);
    }
}

/// What a receiver says that meets itself.
pub(crate) const EQUAL_IDS: &str = "Fatal error: The replica I/O thread stops because source and replica have equal MySQL \
     server ids; these ids must be different for replication to work (or the \
     --replicate-same-server-id option must be used on replica but this does not always make \
     sense; please check the manual before using it).";

const ER_UNKNOWN_SYSTEM_VARIABLE: u32 = 1193;

/// ER_SOURCE_COM_FAILURE of the error log.
const ER_SOURCE_COMMAND_FAILED: u32 = 13120;
