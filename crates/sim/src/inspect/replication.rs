//! Replicas of a server, and its own channel.

use semisync_core::{BinlogPosition, Instant};

use crate::ServerIndex;
use crate::binlog::{EventBody, RowsKind};
use crate::cluster::Cluster;
use crate::inspect::{ReplicaRow, ReplicaStatusRow};
use crate::replication::channel::{Applier, Channel};
use crate::variables::ordinary;

impl Cluster {
    /// Replicas registered with this server.
    pub fn replicas(&self, server: ServerIndex) -> Vec<ReplicaRow> {
        let Some(server) = self.running_server(server) else {
            return Vec::new();
        };
        let rows = server.replicas.values().filter_map(|connection| {
            let registration = connection.registration.as_ref()?;
            connection.dump.as_ref()?;
            Some(ReplicaRow {
                server_id: registration.server_id,
                host: registration.host.clone(),
                port: registration.port,
                source_id: server.server_id(),
                uuid: connection
                    .uuid
                    .map(|uuid| uuid.to_string())
                    .unwrap_or_default(),
            })
        });
        // Who registered last comes first.
        let mut rows: Vec<_> = rows.collect();
        rows.reverse();
        rows
    }

    /// The replication channel; `None` before CHANGE REPLICATION SOURCE TO.
    pub fn replica_status(&self, server: ServerIndex) -> Option<ReplicaStatusRow> {
        let server = self.running_server(server)?;
        let channel = server.channel.as_ref()?;
        let receiver = &channel.receiver;
        let applier = &channel.applier;
        let (relay_log_file, relay_log_pos) = relay_position(channel, self.now());
        let executed = &applier.checkpoints.last(self.now()).executed;
        let gtid = |gtid: Option<crate::gtid::Gtid>| gtid.map(|gtid| gtid.to_string());
        Some(ReplicaStatusRow {
            receiver_state: receiver.state().to_owned(),
            source_host: channel.config.host.clone(),
            source_user: channel.account().0.to_owned(),
            source_port: channel.config.port,
            connect_retry: channel.config.connect_retry,
            retry_count: channel.config.retry_count,
            source_log_file: channel.read.file.to_string(),
            read_source_log_pos: channel.read.offset,
            relay_log_file,
            relay_log_pos,
            relay_source_log_file: executed.file.to_string(),
            receiver_running: receiver.phase.running().to_owned(),
            applier_running: applier.is_running,
            exec_source_log_pos: executed.offset,
            relay_log_space: channel.relay_log.space(),
            seconds_behind: self.seconds_behind(channel),
            receiver_error: receiver.error.clone(),
            applier_error: applier.error.clone(),
            transaction_retries: applier.retries,
            heartbeat_us: channel.config.heartbeat_us.unwrap_or_else(|| {
                server.global(ordinary!("replica_net_timeout")).as_u64() * 500_000
            }),
            source_server_id: channel.source_id,
            source_uuid: channel.source_uuid.clone(),
            applier_state: applier.state(self.world.now).to_owned(),
            retrieved_gtid_set: channel.retrieved.to_string(),
            executed_gtid_set: server.gtid_executed.to_string(),
            auto_position: channel.config.auto_position,
            gets_public_key: channel.config.gets_public_key,
            sql_delay: channel.config.delay,
            remaining_delay: self.remaining_delay(applier),
            until: match &applier.until {
                Some(until) => {
                    let (condition, file, position) = until.shown();
                    (condition.to_owned(), file, position)
                }
                None => ("None".to_owned(), String::new(), 0),
            },
            heartbeats: receiver.heartbeats,
            last_queued: gtid(receiver.last_queued).unwrap_or_default(),
            applying: gtid(self.being_applied(applier)).unwrap_or_default(),
            last_applied: gtid(applier.last_applied).unwrap_or_default(),
        })
    }

    /// What the applier applies now, when its delay is over.
    /// Or at which it stopped.
    fn being_applied(&self, applier: &Applier) -> Option<crate::gtid::Gtid> {
        if let Some(error) = &applier.error {
            return error.transaction;
        }
        let applying = applier.applying.as_ref()?;
        (applying.due <= self.world.now).then_some(applying.gtid?)
    }

    /// How long the applier still waits for SOURCE_DELAY.
    fn remaining_delay(&self, applier: &Applier) -> Option<u64> {
        let due = applier.applying.as_ref()?.due;
        let left = due.saturating_since(self.world.now);
        (!left.is_zero()).then(|| left.as_secs_f64().ceil() as u64)
    }

    fn seconds_behind(&self, channel: &Channel) -> Option<u64> {
        let applier = &channel.applier;
        if !applier.is_running {
            return None;
        }
        if is_caught_up(&applier.executed, &channel.read) {
            let is_connected = channel.receiver.phase.running() == "Yes";
            return is_connected.then_some(0);
        }
        // An applier that has read all there is knows of nothing older.
        let applying = applier.applying.as_ref();
        let oldest = applying.and_then(|applying| applying.events.first());
        Some(oldest.map_or(0, |event| self.seconds_since(event.timestamp)))
    }
}

impl Applier {
    /// `Replica_SQL_Running_State`
    pub(crate) fn state(&self, now: Instant) -> &'static str {
        if !self.is_running {
            return "";
        }
        if self.is_stopping {
            return "Waiting for workers to exit";
        }
        match &self.applying {
            Some(applying) if now < applying.due => {
                "Waiting until SOURCE_DELAY seconds after source executed event"
            }
            _ => "Replica has read all relay log; waiting for more updates",
        }
    }

    /// The state of the worker that applies, and whether it does.
    pub(crate) fn worker_state(&self, now: Instant) -> (&'static str, bool) {
        let at_work = self.applying.as_ref();
        let at_work = at_work.filter(|applying| applying.due <= now);
        let Some(applying) = at_work else {
            return ("Waiting for an event from Coordinator", false);
        };
        let kind = applying.events.iter().find_map(|event| match &*event.body {
            EventBody::Rows { kind, .. } => Some(*kind),
            _ => None,
        });
        let state = match kind {
            _ if applying.is_committing => "waiting for handler commit",
            Some(RowsKind::Write) => "Applying batch of row changes (write)",
            Some(RowsKind::Update) => "Applying batch of row changes (update)",
            Some(RowsKind::Delete) => "Applying batch of row changes (delete)",
            None => "Executing event",
        };
        (state, true)
    }
}

fn is_caught_up(executed: &BinlogPosition, read: &BinlogPosition) -> bool {
    executed.file == read.file && read.offset <= executed.offset
}

/// Where the applier is in the relay log, as of its last checkpoint.
pub(crate) fn relay_position(channel: &Channel, now: Instant) -> (String, u64) {
    let (number, index) = channel.applier.checkpoints.last(now).relay;
    let (first, _) = channel.relay_log.numbers();
    let Some(file) = channel.relay_log.file(number.max(first)) else {
        return (String::new(), 4);
    };
    let before = index.checked_sub(1).and_then(|last| file.events.get(last));
    let position = before.map_or(4, |event| event.start + u64::from(event.size));
    (file.name.to_string(), position)
}
