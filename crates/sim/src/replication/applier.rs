//! The applier: it reads complete transactions from the relay log and applies them in order.

use std::time::Duration;

use semisync_core::{BinlogPosition, Instant};

use super::channel::Applying;
use super::obstacles::Attempts;
use super::until::Until;
use crate::ServerIndex;
use crate::binlog::{BinlogEvent, EventBody};
use crate::cluster::{Cluster, Pending, ProcessEvent};
use crate::engine::Actor;
use crate::inspect::relay_position;
use crate::operation::OkPacket;
use crate::server::error_log::Line;
use crate::trace::{Lane, TraceKind};
use crate::variables::ordinary;

impl Cluster {
    /// START REPLICA SQL_THREAD.
    pub(crate) fn start_applier(&mut self, ix: ServerIndex, until: Option<Until>) {
        if self
            .channel(ix)
            .is_none_or(|channel| channel.applier.is_running)
        {
            return;
        }
        let now = self.world.now;
        let server = self.server_mut(ix);
        let first_id = server.next_processlist_id;
        server.next_processlist_id += 1 + server
            .global(ordinary!("replica_parallel_workers"))
            .as_u64();
        let period = server.global(ordinary!("replica_checkpoint_period"));
        let period = Duration::from_millis(period.as_u64());
        let lock_wait_timeout = server
            .global(ordinary!("innodb_lock_wait_timeout"))
            .as_u64();
        let Some(channel) = server.channel.as_mut() else {
            return;
        };
        let applier = &mut channel.applier;
        applier.is_running = true;
        applier.is_stopping = false;
        applier.until = until;
        applier.processlist_id = first_id;
        applier.since = now;
        applier.error = None;
        applier.applied_rows = false;
        applier.serial += 1;
        applier.scan = applier.done;
        applier.buffer.clear();
        applier.checkpoints.start(period);
        applier.lock_wait_timeout = Duration::from_secs(lock_wait_timeout);
        let BinlogPosition { file, offset } = applier.checkpoints.last(now).executed.clone();
        let (log, position) = match file.is_empty() {
            true => ("FIRST".to_owned(), 0),
            false => (file.to_string(), offset),
        };
        let (relay_file, relay_position) = relay_position(channel, now);
        let text = format!(
            "Replica SQL thread for channel '' initialized, starting replication in log '{log}' at \
             position {position}, relay log './{relay_file}' position: {relay_position}"
        );
        self.log(ix, Line::note(10581, "Repl", text));
        self.mark(Lane::Server(ix), None, TraceKind::ApplierStarted);
        self.applier_reads(ix);
    }

    /// STOP REPLICA SQL_THREAD: what is being applied is applied to its end. False if it has to be
    /// waited for.
    pub(crate) fn ask_applier_to_stop(&mut self, ix: ServerIndex) -> bool {
        let now = self.world.now;
        let Some(channel) = self.channel_mut(ix) else {
            return true;
        };
        let applier = &mut channel.applier;
        let is_busy = applier
            .applying
            .as_ref()
            .is_some_and(|applying| applying.is_committing || applying.due < now);
        if is_busy {
            applier.is_stopping = true;
        } else {
            self.stop_applier(ix);
        }
        !is_busy
    }

    /// The applier ends now: a transaction that commits already goes on, another one is dropped.
    pub(crate) fn stop_applier(&mut self, ix: ServerIndex) {
        let killed = "Error reading relay log event for channel '': replica SQL thread was killed";
        self.end_applier(ix, Line::note(10596, "Repl", killed));
    }

    fn end_applier(&mut self, ix: ServerIndex, why: Line) {
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        let applier = &mut channel.applier;
        if !applier.is_running {
            return;
        }
        applier.is_running = false;
        applier.is_stopping = false;
        applier.make_checkpoint();
        if applier
            .applying
            .as_ref()
            .is_some_and(|it| !it.is_committing)
        {
            applier.applying = None;
            applier.serial += 1;
            self.server_mut(ix).engine.rollback(Actor::Applier);
            self.wake_lock_waiters(ix);
        }
        let executed = self
            .channel(ix)
            .map(|channel| channel.applier.executed.clone());
        let BinlogPosition { file, offset } = executed.unwrap_or_default();
        self.log(ix, why);
        let text = format!(
            "Replica SQL thread for channel '' exiting, replication stopped in log '{file}' at \
             position {offset}"
        );
        self.log(ix, Line::note(10587, "Repl", text));
        self.mark(Lane::Server(ix), None, TraceKind::ApplierStopped);
        self.applier_has_stopped(ix);
    }

    /// STOP REPLICA returns in the sessions that waited for this.
    pub(super) fn applier_has_stopped(&mut self, ix: ServerIndex) {
        for session in std::mem::take(&mut self.server_mut(ix).stop_waiters) {
            self.statement_ends_ok(ix, session, OkPacket::default());
        }
    }

    /// The applier reads on until it has a complete transaction to apply.
    pub(crate) fn applier_reads(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        let own = self.world.timing.apply_us;
        let duration = self.server(ix).apply_us.unwrap_or(own);
        let own_id = self.server(ix).server_id();
        loop {
            let server = self.server_mut(ix);
            let executed = &server.gtid_executed;
            let Some(channel) = server.channel.as_mut() else {
                return;
            };
            let applier = &mut channel.applier;
            if !applier.is_running || applier.is_stopping || applier.applying.is_some() {
                return;
            }
            let relay = channel.relay_log.position_before(applier.scan);
            let stops = |until: &&Until| until.has_come(executed, applier, &relay);
            if applier.buffer.is_empty()
                && let Some(until) = applier.until.as_ref().filter(stops)
            {
                let line = until.line(true);
                return self.end_applier(ix, line);
            }
            let (number, index) = applier.scan;
            let (first, last) = channel.relay_log.numbers();
            let Some(file) = channel.relay_log.file(number) else {
                if number < first {
                    applier.scan = (first, 0);
                    continue;
                }
                return;
            };
            let Some(event) = file.events.get(index) else {
                if number < last {
                    applier.scan = (number + 1, 0);
                    if applier.buffer.is_empty() {
                        applier.done = applier.scan;
                        self.purge_relay_log(ix, number);
                    }
                    continue;
                }
                return;
            };
            let event = event.clone();
            if event.body.begins_transaction()
                && let Some(until) = &applier.until
                && until.excludes(&event, &file.name.to_string(), &applier.source_file)
            {
                let line = until.line(false);
                return self.end_applier(ix, line);
            }
            applier.scan = (number, index + 1);
            // Its own Rotate events name relay log files.
            if let EventBody::Rotate { next, position } = &*event.body
                && event.server_id != own_id
            {
                applier.source_file.clone_from(next);
                if applier.buffer.is_empty() {
                    applier.executed = BinlogPosition::new(next, *position);
                }
            }
            if !event.body.is_in_transaction() {
                if applier.buffer.is_empty() {
                    applier.done = applier.scan;
                    let is_source_s = event.server_id != own_id;
                    let waits = matches!(*event.body, EventBody::Rotate { .. });
                    if is_source_s && (waits || applier.checkpoints.is_complete(now)) {
                        applier.make_checkpoint();
                    }
                }
                continue;
            }
            if event.body.begins_transaction() {
                // What came before was never completed: the receiver asked for it again.
                applier.buffer.clear();
            }
            let ends = event.body.ends_transaction();
            applier.buffer.push(event);
            if !ends {
                continue;
            }
            let events = std::mem::take(&mut applier.buffer);
            let mut applying = applying(events, &applier.source_file);
            if applying.gtid.is_some_and(|gtid| executed.contains(gtid)) {
                applier.done = applier.scan;
                applier.executed = applying.end;
                applier.checkpoints.applied(now, applier.progress());
                continue;
            }
            applying.due = due(&applying, channel.config.delay).max(now);
            let until = Instant::from_micros(applying.due.as_micros().saturating_add(duration));
            applier.applying = Some(applying);
            applier.serial += 1;
            let serial = applier.serial;
            self.at(ix, until, ProcessEvent::ApplierRuns(serial));
            return;
        }
    }

    /// The applier has read the relay log file with this number: it and what the last checkpoint
    /// needs stay.
    pub(crate) fn purge_relay_log(&mut self, ix: ServerIndex, number: u64) {
        let now = self.world.now;
        if let Some(channel) = self.channel_mut(ix) {
            let (checkpoint, _) = channel.applier.checkpoints.last(now).relay;
            channel.relay_log.purge_before(checkpoint.min(number));
        }
    }

    /// A lock the applier waited for is free.
    pub(crate) fn applier_tries_again(&mut self, ix: ServerIndex) {
        if let Some(channel) = self.channel(ix) {
            let serial = channel.applier.serial;
            self.later(ix, 0, ProcessEvent::ApplierRuns(serial));
        }
    }

    /// The transaction is committed: the applier's position moves, and it reads on.
    pub(crate) fn applier_committed(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        self.world.pending.push_back(Pending::ReadLock(ix));
        if let Some(channel) = self.channel_mut(ix) {
            channel.applier.finish(now);
            if channel.applier.is_stopping {
                self.stop_applier(ix);
            } else {
                self.applier_reads(ix);
            }
        }
    }
}

fn applying(events: Vec<BinlogEvent>, source_file: &str) -> Applying {
    let gtid = events.iter().find_map(|event| match &*event.body {
        EventBody::Gtid { gtid, .. } => Some(*gtid),
        _ => None,
    });
    let end = events.last().map_or(0, |event| event.end);
    Applying {
        events,
        gtid,
        end: BinlogPosition::new(source_file, end),
        due: Instant::ZERO,
        is_committing: false,
        attempts: Attempts::default(),
    }
}

/// SOURCE_DELAY counts from the second after the source's commit.
fn due(applying: &Applying, delay: u64) -> Instant {
    if delay == 0 {
        return Instant::ZERO;
    }
    let committed = applying.events.first();
    let committed = committed.map_or(0, |event| event.timestamp.as_micros());
    let seconds = committed.div_ceil(1_000_000).saturating_add(delay);
    Instant::from_micros(seconds.saturating_mul(1_000_000))
}
