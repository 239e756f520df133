//! CHANGE REPLICATION SOURCE TO, START, STOP and RESET REPLICA; RESET and PURGE BINARY LOGS.

use semisync_core::source::Input;
use semisync_core::{BinlogPosition, Instant};

use crate::binlog::BinlogFile;
use crate::cluster::Cluster;
use crate::cluster::preparation::PROXY_PORT;
use crate::gtid::GtidSet;
use crate::operation::{Login, OkPacket, Operation, SqlError, Warning, WarningLevel};
use crate::replication::channel::{Channel, ChannelConfig, ReceiverPhase};
use crate::replication::until::Until;
use crate::server::Server;
use crate::server::error_log::Line;
use crate::server::session::Phase;
use crate::value::Value;
use crate::variables::ordinary;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    pub(crate) fn run_replication_statement(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
    ) -> Result<(), SqlError> {
        let answer = match operation {
            Operation::ChangeReplicationSource { options, channel } => {
                self.expect_default_channel(Some(channel))?;
                self.change_source(ix, options)?
            }
            Operation::StartReplica {
                receiver,
                applier,
                channel,
                login,
            } => {
                self.expect_default_channel(channel.as_deref())?;
                self.start_replica(ix, *receiver, *applier, None, login.clone())?
            }
            Operation::StartReplicaUntil {
                receiver,
                applier,
                channel,
                login,
                until,
            } => {
                self.expect_default_channel(channel.as_deref())?;
                let until = Until::read(until)?;
                self.start_replica(ix, *receiver, *applier, Some(until), login.clone())?
            }
            Operation::StopReplica {
                receiver,
                applier,
                channel,
            } => {
                self.expect_default_channel(channel.as_deref())?;
                match self.stop_replica(ix, *receiver, *applier) {
                    Some(answer) => answer,
                    None => {
                        self.set_phase(ix, session, Phase::StopsReplica);
                        self.server_mut(ix).stop_waiters.push(session);
                        return Ok(());
                    }
                }
            }
            Operation::ResetReplica { all, channel } => {
                self.expect_default_channel(channel.as_deref())?;
                self.reset_replica(ix, *all)?
            }
            other => unreachable!("{other:?} is no replication statement"),
        };
        self.statement_ends_ok(ix, session, answer);
        Ok(())
    }

    /// The server a channel is configured for, if it is one of the cluster.
    pub(crate) fn channel_target(&self, ix: ServerIndex) -> Option<ServerIndex> {
        let config = &self.channel(ix)?.config;
        let is_local = matches!(config.host.as_str(), "127.0.0.1" | "localhost");
        let named = |server: &&crate::server::Server| match is_local {
            true => {
                let through_proxy = PROXY_PORT + ix.0 == config.port;
                server.port == config.port || (through_proxy && server.index.0 == 0)
            }
            false => {
                let port = config.port;
                server.name == config.host && (port == 3306 || port == server.port)
            }
        };
        let found = self.servers.iter().find(named);
        found
            .map(|server| server.index)
            .filter(|found| *found != ix)
    }

    fn expect_default_channel(&self, channel: Option<&str>) -> Result<(), SqlError> {
        match channel {
            None | Some("") => Ok(()),
            Some(name) => {
                let text = format!("Replica channel '{name}' does not exist.");
                Err(SqlError::new(3074, "HY000", text))
            }
        }
    }

    fn is_receiving(&self, ix: ServerIndex) -> bool {
        let channel = self.channel(ix);
        channel.is_some_and(|channel| channel.receiver.phase != ReceiverPhase::Stopped)
    }

    fn is_applying(&self, ix: ServerIndex) -> bool {
        self.channel(ix)
            .is_some_and(|channel| channel.applier.is_running)
    }

    fn change_source(
        &mut self,
        ix: ServerIndex,
        options: &[(String, Value)],
    ) -> Result<OkPacket, SqlError> {
        check_delay(options)?;
        let is_empty_host = |(name, value): &(String, Value)| {
            name.eq_ignore_ascii_case("SOURCE_HOST") && text_of(value).is_empty()
        };
        if options.iter().any(is_empty_host) {
            let text = "Incorrect arguments to SOURCE_HOST";
            return Err(SqlError::new(1210, "HY000", text));
        }
        self.refuse_while_running(ix, options)?;
        let now = self.world.now;
        let existing = self.channel(ix);
        let mut config = existing
            .map(|channel| channel.config.clone())
            .unwrap_or_default();
        let mut read = existing
            .map(|channel| channel.read.clone())
            .unwrap_or_default();
        let mut answer = OkPacket::default();
        let mut moves = false;
        let mut has_position = false;
        for (name, value) in options {
            match name.to_ascii_uppercase().as_str() {
                "SOURCE_HOST" => {
                    moves |= config.host != text_of(value);
                    config.host = text_of(value);
                }
                "SOURCE_PORT" => {
                    let port = u16::try_from(number_of(value)).unwrap_or(0);
                    moves |= config.port != port;
                    config.port = port;
                }
                "SOURCE_USER" => config.user = text_of(value),
                "SOURCE_PASSWORD" => config.password = text_of(value),
                "SOURCE_CONNECT_RETRY" => config.connect_retry = number_of(value),
                "SOURCE_RETRY_COUNT" => config.retry_count = number_of(value),
                "SOURCE_AUTO_POSITION" => config.auto_position = number_of(value) != 0,
                "SOURCE_DELAY" => config.delay = number_of(value),
                "GET_SOURCE_PUBLIC_KEY" => config.gets_public_key = number_of(value) != 0,
                "SOURCE_HEARTBEAT_PERIOD" => config.heartbeat_us = Some(seconds_in_us(value)),
                "SOURCE_LOG_FILE" => {
                    has_position = true;
                    read = BinlogPosition::new(text_of(value), 4);
                }
                "SOURCE_LOG_POS" => {
                    has_position = true;
                    read.offset = number_of(value).max(4);
                }
                _ => {}
            }
        }
        if has_position && config.auto_position {
            let text = "Parameters SOURCE_LOG_FILE, SOURCE_LOG_POS, RELAY_LOG_FILE and \
                        RELAY_LOG_POS cannot be set when SOURCE_AUTO_POSITION is active.";
            return Err(SqlError::new(1776, "HY000", text));
        }
        if config.auto_position && !self.server(ix).writes_gtids() {
            let text = "CHANGE REPLICATION SOURCE TO ... SOURCE_AUTO_POSITION = 1 cannot be \
                        executed because @@GLOBAL.GTID_MODE = OFF.";
            return Err(SqlError::new(1777, "HY000", text));
        }
        // With both threads stopped, what is not applied is thrown away, to be received again.
        let forgets = !self.is_receiving(ix)
            && !self.is_applying(ix)
            && !options.iter().any(|(name, _)| is_relay_position(name));
        if moves && !has_position {
            read = BinlogPosition::new("", 4);
        } else if forgets
            && !has_position
            && let Some(channel) = self.channel(ix)
            && !channel.config.host.is_empty()
        {
            read = channel.applier.executed.clone();
        }
        answer.warnings = password_notes(options);
        let timeout = self.server(ix).global(ordinary!("replica_net_timeout"));
        let is_given =
            |(name, _): &(String, Value)| name.eq_ignore_ascii_case("SOURCE_HEARTBEAT_PERIOD");
        let longest = timeout.as_u64().saturating_mul(1_000_000);
        if options.iter().any(is_given) && config.heartbeat_us.is_some_and(|it| longest < it) {
            answer.warnings.push(Warning {
                level: WarningLevel::Warning,
                code: 1704,
                message: HEARTBEAT_TOO_LONG.to_owned(),
            });
        }
        let relay_base = self.server(ix).global(ordinary!("relay_log")).shown();
        let server = self.server_mut(ix);
        let server_id = server.server_id();
        let channel = server
            .channel
            .get_or_insert_with(|| Channel::new(ChannelConfig::default(), &relay_base));
        let changed = change_line(&channel.config, &channel.read, &config, &read);
        channel.config = config;
        if moves {
            channel.source_id = 0;
            channel.source_uuid = String::new();
        }
        let is_applied = channel.applier.is_running;
        if is_applied && (moves || has_position) {
            // What is received already is applied to its end.
            channel.read = read;
        } else if moves || has_position || forgets || channel.relay_log.files().is_empty() {
            restart_relay_log(channel, &relay_base);
            if !moves && !has_position {
                channel.applier.executed = read.clone();
                channel.applier.make_checkpoint();
            }
            channel.read = read;
            let retrieved = channel.retrieved.clone();
            channel.relay_log.open_file(now, server_id, &retrieved);
        }
        self.log(ix, Line::system(10597, "Repl", changed));
        Ok(answer)
    }

    fn refuse_while_running(
        &self,
        ix: ServerIndex,
        options: &[(String, Value)],
    ) -> Result<(), SqlError> {
        let text = |which: &str, statement: &str| {
            format!(
                "This operation cannot be performed with {which}; run {statement} FOR CHANNEL '' \
                 first"
            )
        };
        let is_applier_option =
            |name: &str| matches!(name, "SOURCE_DELAY" | "RELAY_LOG_FILE" | "RELAY_LOG_POS");
        let for_both = options
            .iter()
            .any(|(name, _)| name == "SOURCE_AUTO_POSITION");
        let for_applier = options.iter().any(|(name, _)| is_applier_option(name));
        let for_receiver = options.iter().any(|(name, _)| !is_applier_option(name));
        match (self.is_receiving(ix), self.is_applying(ix)) {
            (true, _) | (_, true) if for_both => {
                let text = text("running replication threads", "STOP REPLICA");
                Err(SqlError::new(3081, "HY000", text))
            }
            (true, _) if for_receiver => {
                let text = text("a running replica io thread", "STOP REPLICA IO_THREAD");
                Err(SqlError::new(3021, "HY000", format!("{text}.")))
            }
            (_, true) if for_applier => {
                let text = text("a running replica sql thread", "STOP REPLICA SQL_THREAD");
                Err(SqlError::new(3085, "HY000", format!("{text}.")))
            }
            _ => Ok(()),
        }
    }

    fn start_replica(
        &mut self,
        ix: ServerIndex,
        receiver: bool,
        applier: bool,
        until: Option<Until>,
        login: Option<Login>,
    ) -> Result<OkPacket, SqlError> {
        let is_configured = self
            .channel(ix)
            .is_some_and(|channel| !channel.config.host.is_empty());
        if !is_configured || self.server(ix).server_id() == 0 {
            let text = "The server is not configured as replica; fix in config file or with \
                        CHANGE REPLICATION SOURCE TO";
            return Err(SqlError::new(1200, "HY000", text));
        }
        self.reopen_relay_log(ix, receiver)?;
        let starts_receiver = receiver && !self.is_receiving(ix);
        let starts_applier = applier && !self.is_applying(ix);
        if starts_receiver {
            if let Some(channel) = self.channel_mut(ix) {
                channel.login = login;
            }
            self.start_receiver(ix);
        }
        let mut answer = OkPacket::default();
        let by_position = matches!(
            until,
            Some(Until::SourcePosition(_) | Until::RelayPosition(..))
        );
        if starts_receiver && !applier && until.is_some() {
            let text = "SQL thread is not to be started so UNTIL options are ignored";
            answer.warnings.push(note(1279, text));
        }
        if starts_applier {
            if by_position {
                let text = "It is recommended to use --skip-replica-start when doing step-by-step \
                            replication with START REPLICA UNTIL; otherwise, you will get problems \
                            if you get an unexpected replica's mysqld restart";
                answer.warnings.push(note(1278, text));
            }
            if matches!(until, Some(Until::AfterGaps))
                && self.channel(ix).is_some_and(|it| it.config.auto_position)
            {
                answer.warnings.push(Warning {
                    level: WarningLevel::Warning,
                    code: 4047,
                    message: GAPS_BY_POSITION.to_owned(),
                });
            }
            self.start_applier(ix, until);
        }
        if !starts_receiver && !starts_applier {
            let text = "Replication thread(s) for channel '' are already runnning.";
            answer.warnings.push(note(3083, text));
        }
        Ok(answer)
    }

    /// After RESET REPLICA the relay log goes on with its next file, and the receiver has to say
    /// first where that is.
    fn reopen_relay_log(&mut self, ix: ServerIndex, receiver: bool) -> Result<(), SqlError> {
        let now = self.world.now;
        let server = self.server_mut(ix);
        let server_id = server.server_id();
        let Some(channel) = server.channel.as_mut() else {
            return Ok(());
        };
        if !channel.relay_log.is_closed() {
            return Ok(());
        }
        if !receiver {
            let text = "Replica failed to initialize connection metadata structure from the \
                        repository";
            return Err(SqlError::new(1871, "HY000", text));
        }
        let retrieved = channel.retrieved.clone();
        channel.relay_log.open_file(now, server_id, &retrieved);
        let (_, last) = channel.relay_log.numbers();
        channel.applier.scan = (last, 0);
        channel.applier.done = (last, 0);
        Ok(())
    }

    /// The answer, or nothing while the applier still applies.
    fn stop_replica(&mut self, ix: ServerIndex, receiver: bool, applier: bool) -> Option<OkPacket> {
        let stops_receiver = receiver && self.is_receiving(ix);
        let stops_applier = applier && self.is_applying(ix);
        let has_stopped = !stops_applier || self.ask_applier_to_stop(ix);
        if stops_receiver {
            self.kill_receiver(ix);
        }
        let mut answer = OkPacket::default();
        if !stops_receiver && !stops_applier {
            let text = "Replication thread(s) for channel '' are already stopped.";
            answer.warnings.push(note(3084, text));
        }
        has_stopped.then_some(answer)
    }

    fn reset_replica(&mut self, ix: ServerIndex, all: bool) -> Result<OkPacket, SqlError> {
        if self.is_receiving(ix) || self.is_applying(ix) {
            let text = "This operation cannot be performed with running replication threads; run \
                        STOP REPLICA FOR CHANNEL '' first";
            return Err(SqlError::new(3081, "HY000", text));
        }
        let now = self.world.now;
        let relay_base = self.server(ix).global(ordinary!("relay_log")).shown();
        let server = self.server_mut(ix);
        let server_id = server.server_id();
        if all {
            server.channel = None;
        } else if let Some(channel) = server.channel.as_mut() {
            restart_relay_log(channel, &relay_base);
            channel.read = BinlogPosition::new("", 4);
            channel.source_uuid = String::new();
            channel.relay_log.open_file(now, server_id, &GtidSet::new());
            channel.relay_log.close(now, server_id);
        }
        Ok(OkPacket::default())
    }

    // --- The binary log ---

    pub(crate) fn reset_binary_logs(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        to: Option<u64>,
    ) -> Result<(), SqlError> {
        if let Some(number) = to
            && !(1..=2_000_000_000).contains(&number)
        {
            let text = format!(
                "The requested value '{number}' for the next binary log index is out of range. \
                 Please use a value between '1' and '2000000000'."
            );
            return Err(SqlError::new(3567, "HY000", text));
        }
        self.request_read_lock(ix, session);
        Ok(())
    }

    pub(crate) fn delete_binary_logs(&mut self, ix: ServerIndex, to: Option<u64>) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        server.executed_elsewhere = GtidSet::new();
        server.gtid_executed = GtidSet::new();
        if !server.has_binlog() {
            return;
        }
        for connection in server.replicas.values_mut() {
            if let Some(dump) = &mut connection.dump
                && let Some((_, file)) = server.binlog.numbered(dump.file)
            {
                let at = dump.position_in(file);
                dump.stranded.get_or_insert(at);
            }
        }
        server.binlog.delete_all();
        server
            .binlog
            .open_file(now, &GtidSet::new(), Some(to.unwrap_or(1)));
        self.source_input(ix, Input::BinaryLogsReset);
        self.wake_dumps(ix);
    }

    pub(crate) fn purge_binary_logs(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        to: &str,
    ) -> Result<(), SqlError> {
        let server = self.server_mut(ix);
        if !server.has_binlog() {
            let text = "You are not using binary logging";
            return Err(SqlError::new(1381, "HY000", text));
        }
        let name = semisync_core::BinlogFileName::new(to);
        let Some(index) = server.binlog.index_of(&name) else {
            let text = "Target log not found in binlog index";
            return Err(SqlError::new(1373, "HY000", text));
        };
        let answer = OkPacket {
            warnings: server.purge_logs(index),
            ..OkPacket::default()
        };
        self.statement_ends_ok(ix, session, answer);
        Ok(())
    }

    /// PURGE BINARY LOGS BEFORE: the files that were written to for the last time before then.
    pub(crate) fn purge_binary_logs_before(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        time: Option<Instant>,
    ) -> Result<(), SqlError> {
        let server = self.server_mut(ix);
        if !server.has_binlog() {
            let text = "You are not using binary logging";
            return Err(SqlError::new(1381, "HY000", text));
        }
        let is_old = |file: &&BinlogFile| {
            let last = file.events.iter().next_back().map(|event| event.timestamp);
            let (Some(last), Some(time)) = (last, time) else {
                return false;
            };
            last.as_micros() / 1_000_000 < time.as_micros() / 1_000_000
        };
        let files = server.binlog.files();
        let active = files.len() - 1;
        let index = files[..active].iter().take_while(is_old).count();
        let name = files[active].name.to_string();
        let mut answer = OkPacket {
            warnings: server.purge_logs(index),
            ..OkPacket::default()
        };
        if index == active && answer.warnings.is_empty() {
            answer.warnings.push(Warning {
                level: WarningLevel::Warning,
                code: 1868,
                message: format!("file ./{name} was not purged because it is the active log file."),
            });
        }
        self.statement_ends_ok(ix, session, answer);
        Ok(())
    }
}

impl Server {
    /// Deletes the files before this one. A file that a dump still reads stays, with a warning.
    fn purge_logs(&mut self, index: usize) -> Vec<Warning> {
        let server = self;
        let in_use = server
            .replicas
            .values()
            .filter_map(|connection| connection.dump.as_ref())
            .filter_map(|dump| server.binlog.numbered(dump.file).map(|(index, _)| index))
            .min();
        let keep_from = in_use.map_or(index, |in_use| in_use.min(index));
        let mut warnings = Vec::new();
        if keep_from < index {
            let file = server.binlog.files()[keep_from].name.to_string();
            let message = format!(
                "file {file} was not purged because it was being read by 1 thread(s), purged only \
                 {keep_from} out of {index} files."
            );
            warnings.push(Warning {
                level: WarningLevel::Warning,
                code: 1867,
                message,
            });
        }
        server.binlog.purge_before(keep_from);
        warnings
    }
}

/// Whether it says where in the relay log the applier goes on.
fn is_relay_position(name: &str) -> bool {
    ["RELAY_LOG_FILE", "RELAY_LOG_POS"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

fn check_delay(options: &[(String, Value)]) -> Result<(), SqlError> {
    const MOST: u64 = i32::MAX as u64;
    let mut delays = options
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("SOURCE_DELAY"))
        .map(|(_, value)| number_of(value));
    match delays.find(|delay| MOST < *delay) {
        Some(delay) => {
            let text = format!(
                "The requested value {delay} for the source delay exceeds the maximum {MOST}"
            );
            Err(SqlError::new(1729, "HY000", text))
        }
        None => Ok(()),
    }
}

/// An empty relay log, and positions to match.
fn restart_relay_log(channel: &mut Channel, base: &str) {
    let serial = channel.applier.serial + 1;
    channel.relay_log = crate::replication::relay_log::RelayLog::new(base);
    channel.retrieved = GtidSet::new();
    channel.applier = crate::replication::channel::Applier {
        serial,
        ..Default::default()
    };
}

fn password_notes(options: &[(String, Value)]) -> Vec<Warning> {
    let has = |wanted: &[&str]| {
        let mut names = options.iter().map(|(name, _)| name.to_ascii_uppercase());
        names.any(|name| wanted.contains(&name.as_str()))
    };
    if !has(&["SOURCE_USER", "SOURCE_PASSWORD"]) {
        return Vec::new();
    }
    let mut notes = Vec::new();
    if !has(&["SOURCE_SSL"]) {
        let text = "Sending passwords in plain text without SSL/TLS is extremely insecure.";
        notes.push(note(1759, text));
    }
    let text = "Storing MySQL user name or password information in the connection metadata \
                repository is not secure and is therefore not recommended. Please consider using \
                the USER and PASSWORD connection options for START REPLICA; see the 'START REPLICA \
                Syntax' in the MySQL Manual for more information.";
    notes.push(note(1760, text));
    notes
}

fn note(code: u16, text: &str) -> Warning {
    Warning {
        level: WarningLevel::Note,
        code,
        message: text.to_owned(),
    }
}

impl Cluster {
    /// FLUSH RELAY LOGS: the relay log goes on in a new file.
    pub(crate) fn flush_relay_logs(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        let server_id = server.server_id();
        if let Some(channel) = server.channel.as_mut() {
            let retrieved = channel.retrieved.clone();
            let (_, last) = channel.relay_log.numbers();
            let read = channel.relay_log.file(last).map(|file| file.events.len());
            let applier = &channel.applier;
            let has_read_all =
                applier.is_running && Some(applier.scan) == read.map(|it| (last, it));
            channel.relay_log.rotate(now, server_id, &retrieved);
            channel.relay_log.repeat_source_description(server_id);
            if has_read_all {
                self.purge_relay_log(ix, last);
            }
        }
    }
}

const HEARTBEAT_TOO_LONG: &str = "The requested value for the heartbeat period exceeds the value of \
                                  `replica_net_timeout' seconds. A sensible value for the period \
                                  should be less than the timeout.";

const GAPS_BY_POSITION: &str = "The until clause SQL_AFTER_MTS_GAPS is being used for channel '' \
                                when GTID_MODE = ON and SOURCE_AUTO_POSITION=1 meaning the server \
                                did not compute internally what gaps may exist in the relay log \
                                transaction execution. To close any execution gaps use either the \
                                SQL_BEFORE_GTIDS or SQL_AFTER_GTIDS until clause.";

fn text_of(value: &Value) -> String {
    value.to_text().unwrap_or_default()
}

fn number_of(value: &Value) -> u64 {
    match value {
        Value::Int(number) => u64::try_from(*number).unwrap_or(0),
        Value::Text(text) => text.trim().parse().unwrap_or(0),
        other => other
            .to_number()
            .and_then(|number| u64::try_from(number.truncated()).ok())
            .unwrap_or(0),
    }
}

/// A period in seconds, perhaps with a fraction, in microseconds.
fn seconds_in_us(value: &Value) -> u64 {
    let text = text_of(value);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let micros = digits.parse::<u64>().unwrap_or(0);
    let seconds = whole.parse::<u64>().unwrap_or(0);
    seconds.saturating_mul(1_000_000).saturating_add(micros)
}

/// What the error log says of CHANGE REPLICATION SOURCE TO.
pub(crate) fn change_line(
    old: &ChannelConfig,
    old_position: &BinlogPosition,
    new: &ChannelConfig,
    new_position: &BinlogPosition,
) -> String {
    let state = |config: &ChannelConfig, position: &BinlogPosition| {
        format!(
            "source_host='{}', source_port= {}, source_log_file='{}', source_log_pos= {}, \
             source_bind=''",
            config.host, config.port, position.file, position.offset
        )
    };
    format!(
        "'CHANGE REPLICATION SOURCE TO FOR CHANNEL '' executed'. Previous state {}. New state {}.",
        state(old, old_position),
        state(new, new_position)
    )
}
