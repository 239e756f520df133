//! What keeps a transaction from being applied: rows that others lock, and errors.
//!
//! A row lock is waited for as long as `innodb_lock_wait_timeout` said when the applier was started;
//! then the transaction is undone and tried again, `replica_transaction_retries` times, after a pause
//! of a second more each time, five at most. After the last time, and at any other error, the applier
//! stops.

use std::time::Duration;

use semisync_core::{BinlogPosition, Instant};

use super::channel::Applying;
use crate::ServerIndex;
use crate::binlog::EventBody;
use crate::cluster::{Cluster, ProcessEvent};
use crate::engine::{Actor, LockName};
use crate::inspect::ApplierError;
use crate::server::error_log::{Line, with_code};
use crate::trace::{Lane, TraceKind};
use crate::variables::ordinary;

/// Why a transaction is not applied.
pub(super) enum Obstacle {
    /// Somebody else has this lock; the event that asks for it if it is one of rows.
    Blocked(LockName, Option<RowsEvent>),
    /// What Last_SQL_Error says of the row, and where its event ends if not with the transaction.
    Failed(u32, String, Option<u64>),
}

/// An event of row changes, as errors name it.
#[derive(Clone, Debug)]
pub(crate) struct RowsEvent {
    /// `Could not execute … event on table …;`
    pub(crate) head: String,
    /// Where it ends in the source's file.
    pub(crate) end: u64,
}

/// Waits and attempts of the transaction that is being applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    /// The wait for a row lock that goes on, and its number.
    waits_for: Option<(LockName, RowsEvent)>,
    wait: u64,
    /// How often it was given up.
    failed: u64,
    /// The next one is not made before.
    pub(super) pause_until: Instant,
}

impl Cluster {
    /// The applier waits for a lock.
    pub(super) fn applier_blocked(
        &mut self,
        ix: ServerIndex,
        lock: LockName,
        event: Option<RowsEvent>,
    ) {
        let now = self.world.now;
        let locks = self.server_mut(ix).engine.locks_mut();
        locks.wait(Actor::Applier, lock.clone());
        if let Some(channel) = self.channel_mut(ix) {
            let (serial, timeout) = (channel.applier.serial, channel.applier.lock_wait_timeout);
            if let Some(applying) = channel.applier.applying.as_mut()
                && let Some(number) = applying.attempts.begins_to_wait(lock, event)
            {
                let at = now.saturating_add(timeout);
                self.at(
                    ix,
                    at,
                    ProcessEvent::ApplierLockWaitTimesOut(serial, number),
                );
            }
        }
        self.break_deadlock(ix, Actor::Applier);
    }

    /// The time to wait for a row lock is over, if that wait still goes on.
    pub(crate) fn applier_lock_wait_times_out(&mut self, ix: ServerIndex, serial: u64, wait: u64) {
        let limit = self
            .server(ix)
            .global(ordinary!("replica_transaction_retries"));
        let (limit, now) = (limit.as_u64(), self.world.now);
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        let applier = &mut channel.applier;
        let Some(applying) = applier
            .applying
            .as_mut()
            .filter(|_| applier.serial == serial)
        else {
            return;
        };
        let Some(event) = applying.attempts.gives_up(wait) else {
            return;
        };
        let failed = applying.attempts.failed;
        let pause = Duration::from_secs(failed.min(LONGEST_PAUSE_S));
        let at = now.saturating_add(pause);
        applying.attempts.pause_until = at;
        let applying = applying.clone();
        if failed <= limit {
            applier.retries += 1;
        }
        let engine = &mut self.server_mut(ix).engine;
        engine.locks_mut().stop_waiting(Actor::Applier);
        engine.rollback(Actor::Applier);
        self.wake_lock_waiters(ix);
        let file = &applying.end.file;
        let at_row = format!(
            "{} {TIMED_OUT}, Error_code: {LOCK_WAIT_TIMEOUT}; handler error HA_ERR_LOCK_WAIT_TIMEOUT; the \
             event's source log {file}, end_log_pos {}",
            event.head, event.end
        );
        let (_, text) = worker_failed(&applying, Some(event.end), &at_row);
        self.log(
            ix,
            Line::warning(10584, "Repl", sql_line(&text, LOCK_WAIT_TIMEOUT)),
        );
        if failed <= limit {
            self.at(ix, at, ProcessEvent::ApplierRuns(serial));
            return;
        }
        let vain = format!(
            "worker thread retried transaction {limit} time(s) in vain, giving up. Consider raising \
             the value of the replica_transaction_retries variable. Error_code: \
             MY-{LOCK_WAIT_TIMEOUT:06}"
        );
        let line = format!("Replica SQL for channel '': {vain}");
        self.log(ix, Line::error(10584, "Repl", line));
        let failure = (LOCK_WAIT_TIMEOUT, TIMED_OUT);
        self.applier_fails(ix, &applying, failure, Some(event.end));
    }

    /// The applier cannot go on: it says why, and stops.
    pub(super) fn applier_fails(
        &mut self,
        ix: ServerIndex,
        applying: &Applying,
        (number, reason): (u32, &str),
        event_end: Option<u64>,
    ) {
        let now = self.world.now;
        self.server_mut(ix).engine.rollback(Actor::Applier);
        self.wake_lock_waiters(ix);
        let (head, worker) = worker_failed(applying, event_end, reason);
        self.log(ix, Line::error(10584, "Repl", sql_line(&worker, number)));
        let coordinator = format!(
            "Coordinator stopped because there were error(s) in the worker(s). The most recent \
             failure being: {head}. See error log and/or \
             performance_schema.replication_applier_status_by_worker table for more details about \
             this failure or others, if any."
        );
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        let applier = &mut channel.applier;
        applier.error = Some(ApplierError {
            number,
            coordinator,
            worker,
            transaction: applying.gtid,
            at: now,
        });
        applier.checkpoints.fail(now);
        applier.applying = None;
        applier.is_running = false;
        applier.is_stopping = false;
        applier.serial += 1;
        let line = format!("Replica SQL for channel '': {STOPPED} Error_code: MY-001756");
        self.log(ix, Line::warning(10584, "Repl", line));
        self.mark(Lane::Server(ix), None, TraceKind::ApplierStopped);
        self.applier_has_stopped(ix);
    }
}

impl Attempts {
    /// The number of the wait that begins; `None` if there is no end to it, or it goes on.
    fn begins_to_wait(&mut self, lock: LockName, event: Option<RowsEvent>) -> Option<u64> {
        if self
            .waits_for
            .as_ref()
            .is_some_and(|(before, _)| *before == lock)
        {
            return None;
        }
        self.wait += 1;
        self.waits_for = event.map(|event| (lock, event));
        self.waits_for.is_some().then_some(self.wait)
    }

    /// There was nothing to wait for any more.
    pub(super) fn goes_on(&mut self) {
        self.waits_for = None;
    }

    /// A wait took too long. `None` if it is over.
    fn gives_up(&mut self, wait: u64) -> Option<RowsEvent> {
        if self.wait != wait {
            return None;
        }
        let (_, event) = self.waits_for.take()?;
        self.failed += 1;
        Some(event)
    }
}

/// What a worker says of a transaction: its beginning, as the coordinator repeats it, and the whole.
fn worker_failed(applying: &Applying, event_end: Option<u64>, reason: &str) -> (String, String) {
    let end = BinlogPosition {
        file: applying.end.file.clone(),
        offset: event_end.unwrap_or(applying.end.offset),
    };
    let mut reason = reason.replace("source log FIRST", &format!("source log {}", end.file));
    if event_end.is_none()
        && let Some((db, text)) = query_of(applying)
    {
        reason.push_str(&format!(" Default database: '{db}'. Query: '{text}'"));
    }
    let name = match applying.gtid {
        Some(gtid) => gtid.to_string(),
        None => "ANONYMOUS".to_owned(),
    };
    let head = format!(
        "Worker 1 failed executing transaction '{name}' at source log {}, end_log_pos {}",
        end.file, end.offset
    );
    let worker = format!("{head}; {reason}");
    (head, worker)
}

/// The default database and the text of the statement in a transaction that is one.
fn query_of(applying: &Applying) -> Option<(&str, &str)> {
    applying.events.iter().find_map(|event| match &*event.body {
        EventBody::Query {
            default_db, text, ..
        } if text != "BEGIN" => Some((default_db.as_str(), text.as_str())),
        _ => None,
    })
}

fn sql_line(text: &str, number: u32) -> String {
    with_code(&format!("Replica SQL for channel '': {text}"), number)
}

const LOCK_WAIT_TIMEOUT: u32 = 1205;

const TIMED_OUT: &str = "Lock wait timeout exceeded; try restarting transaction";

pub(super) const STOPPED: &str = "... The replica coordinator and worker threads are stopped, possibly leaving \
                       data in inconsistent state. A restart should restore consistency \
                       automatically, although using non-transactional storage for data or info \
                       tables or DDL queries could lead to problems. In such cases you have to \
                       examine your data (see documentation for details).";

const LONGEST_PAUSE_S: u64 = 5;
