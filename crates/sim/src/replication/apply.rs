//! Applying one transaction: its rows with their locks, or its statement; then the commit.

use semisync_core::Instant;
use semisync_core::source::Input;

use super::channel::Applying;
use super::obstacles::{Obstacle, RowsEvent};
use crate::binlog::event::is_savepoint;
use crate::binlog::{BinlogEvent, DdlAction, EventBody, RowChange, RowsKind, size};
use crate::cluster::Cluster;
use crate::commit::{Job, JobSource, LoggedText};
use crate::engine::alter::alter;
use crate::engine::redo::{Commit, Lsn};
use crate::engine::{Actor, LockName, StatementChanges, Transaction};
use crate::trace::{Lane, TraceKind};
use crate::variables::ordinary;
use crate::{ServerIndex, TransactionId};

impl Cluster {
    /// The time to apply a transaction is over, or a lock is free.
    pub(crate) fn applier_runs(&mut self, ix: ServerIndex, serial: u64) {
        let now = self.world.now;
        let Some(channel) = self.channel_mut(ix) else {
            return;
        };
        let applier = &mut channel.applier;
        if applier.serial != serial || !applier.is_running {
            return;
        }
        let is_due = |it: &Applying| !it.is_committing && it.attempts.pause_until <= now;
        let Some(applying) = applier.applying.clone().filter(is_due) else {
            return;
        };
        if self.applier_waits_for_read_lock(ix) {
            return;
        }
        match self.apply(ix, &applying) {
            Ok(()) => self.commit_applied(ix, &applying),
            Err(Obstacle::Blocked(lock, event)) => self.applier_blocked(ix, lock, event),
            Err(Obstacle::Failed(number, reason, at)) => {
                self.applier_fails(ix, &applying, (number, &reason), at);
            }
        }
    }

    fn apply(&mut self, ix: ServerIndex, applying: &Applying) -> Result<(), Obstacle> {
        let id = transaction_of(applying);
        let engine = &mut self.server_mut(ix).engine;
        // An attempt that met a busy lock is made again from the beginning.
        if engine.transaction(Actor::Applier).is_some() {
            engine.forget_changes(Actor::Applier);
        }
        engine.begin(Actor::Applier, || Transaction::new(id, false));
        let mut default_db = String::new();
        let mut pending: Vec<StatementChanges> = Vec::new();
        for event in &applying.events {
            match &*event.body {
                EventBody::Query {
                    default_db: db,
                    text,
                    action,
                    ..
                } => {
                    default_db.clone_from(db);
                    if is_savepoint(text) {
                        let engine = &mut self.server_mut(ix).engine;
                        if let Some(open) = engine.transaction_mut(Actor::Applier) {
                            open.log_savepoint(text);
                        }
                    } else if text != "BEGIN"
                        && let Some(action) = action
                    {
                        self.apply_ddl(ix, action)?;
                    }
                }
                EventBody::Rows {
                    kind,
                    db,
                    table,
                    changes,
                    ends_statement,
                    ..
                } => {
                    let statement =
                        self.apply_rows(ix, event, (*kind, db, table), changes, &default_db)?;
                    merge(&mut pending, statement);
                    if *ends_statement {
                        for statement in pending.drain(..) {
                            self.keep_applied(ix, statement);
                        }
                    }
                }
                EventBody::Gtid { .. }
                | EventBody::AnonymousGtid { .. }
                | EventBody::TableMap { .. }
                | EventBody::Xid(_)
                | EventBody::FormatDescription
                | EventBody::PreviousGtids(_)
                | EventBody::Rotate { .. }
                | EventBody::Stop => {}
            }
        }
        Ok(())
    }

    fn keep_applied(&mut self, ix: ServerIndex, statement: StatementChanges) {
        let engine = &mut self.server_mut(ix).engine;
        if let Some(transaction) = engine.transaction_mut(Actor::Applier) {
            transaction.add(statement);
        }
    }

    fn apply_rows(
        &mut self,
        ix: ServerIndex,
        event: &BinlogEvent,
        (kind, db, name): (RowsKind, &str, &str),
        changes: &[RowChange],
        default_db: &str,
    ) -> Result<StatementChanges, Obstacle> {
        let end = event.end;
        let engine = &mut self.server_mut(ix).engine;
        let failed = |number: u32, reason: &str| {
            let text = format!("{reason}; the event's source log FIRST, end_log_pos {end}");
            Obstacle::Failed(number, text, Some(end))
        };
        let table = match engine.open_table(Actor::Applier, (db, name)) {
            Ok(Ok(table)) => table,
            Ok(Err(lock)) => return Err(Obstacle::Blocked(lock, None)),
            Err(error) => {
                let text = format!("Error executing row event: '{}'", error.message);
                return Err(Obstacle::Failed(u32::from(error.code), text, Some(end)));
            }
        };
        let verb = match kind {
            RowsKind::Write => "Write_rows",
            RowsKind::Update => "Update_rows",
            RowsKind::Delete => "Delete_rows",
        };
        let head = format!("Could not execute {verb} event on table {db}.{name};");
        for change in changes {
            let after = change.after.iter().map(|(key, _)| key);
            for key in std::iter::once(&change.key).chain(after) {
                let place = LockName::InsertIntention(table.id, key.clone());
                let is_new = engine.current(Actor::Applier, &table, key).is_none();
                let busy = match is_new {
                    true => engine.lock(Actor::Applier, place),
                    false => None,
                };
                let busy = busy.or_else(|| engine.lock_row(Actor::Applier, &table, key));
                if let Some(lock) = busy {
                    return Err(Obstacle::Blocked(lock, Some(RowsEvent { head, end })));
                }
            }
            let exists = engine
                .current(Actor::Applier, &table, &change.key)
                .is_some();
            match kind {
                RowsKind::Write if exists => {
                    let entry = key_text(&change.key);
                    let text = format!(
                        "{head} Duplicate entry '{entry}' for key '{name}.PRIMARY', Error_code: \
                         1062; handler error HA_ERR_FOUND_DUPP_KEY"
                    );
                    return Err(failed(1062, &text));
                }
                RowsKind::Update | RowsKind::Delete if !exists => {
                    let text = format!(
                        "{head} Can't find record in '{name}', Error_code: 1032; handler error \
                         HA_ERR_KEY_NOT_FOUND"
                    );
                    return Err(failed(1032, &text));
                }
                RowsKind::Write | RowsKind::Update | RowsKind::Delete => {}
            }
        }
        Ok(StatementChanges {
            db: db.to_owned(),
            table_id: table.id,
            table: table.definition.clone(),
            kind,
            changes: changes.to_vec(),
            default_db: default_db.to_owned(),
        })
    }

    fn apply_ddl(&mut self, ix: ServerIndex, action: &DdlAction) -> Result<(), Obstacle> {
        let engine = &mut self.server_mut(ix).engine;
        let databases = engine.databases();
        let failure = match action {
            DdlAction::CreateDatabase(name) if databases.contains_key(name) => Some((
                1007,
                format!("Can't create database '{name}'; database exists"),
            )),
            DdlAction::DropDatabase(name) if !databases.contains_key(name) => Some((
                1008,
                format!("Can't drop database '{name}'; database doesn't exist"),
            )),
            DdlAction::CreateTable { db, table } => match engine.table(db, &table.name) {
                Ok(_) => Some((1050, format!("Table '{}' already exists", table.name))),
                Err(error) if error.code == 1049 => Some((1049, error.message)),
                Err(_) => None,
            },
            DdlAction::DropTables(tables) => {
                let missing = tables
                    .iter()
                    .filter(|(db, table)| engine.table(db, table).is_err());
                let missing: Vec<_> = missing.map(|(db, table)| format!("{db}.{table}")).collect();
                (!missing.is_empty())
                    .then(|| (1051, format!("Unknown table '{}'", missing.join(","))))
            }
            DdlAction::TruncateTable { db, table } => engine
                .table(db, table)
                .err()
                .map(|error| (1146, error.message)),
            DdlAction::AlterTable { db, table, changes } => match engine.table(db, table) {
                Ok(table) => alter(table, changes).err(),
                Err(error) => Some(error),
            }
            .map(|error| (u32::from(error.code), error.message)),
            DdlAction::CreateDatabase(_)
            | DdlAction::DropDatabase(_)
            | DdlAction::Accounts(_)
            | DdlAction::FlushStatus => None,
        };
        if let Some((number, reason)) = failure {
            let text = format!("Error '{reason}' on query.");
            return Err(Obstacle::Failed(number, text, None));
        }
        let locked = match action {
            DdlAction::DropTables(tables) => tables.clone(),
            DdlAction::TruncateTable { db, table } | DdlAction::AlterTable { db, table, .. } => {
                vec![(db.clone(), table.clone())]
            }
            _ => Vec::new(),
        };
        for (db, table) in locked {
            let name = LockName::TableExclusive(db.clone(), table.clone());
            if let Some(lock) = engine.lock(Actor::Applier, name) {
                return Err(Obstacle::Blocked(lock, None));
            }
        }
        if let Some(transaction) = engine.transaction_mut(Actor::Applier) {
            transaction.ddl = Some(action.clone());
        }
        if matches!(action, DdlAction::FlushStatus) {
            self.source_input(ix, Input::StatusFlushed);
        }
        Ok(())
    }

    fn commit_applied(&mut self, ix: ServerIndex, applying: &Applying) {
        if let Some(channel) = self.channel_mut(ix)
            && let Some(applying) = channel.applier.applying.as_mut()
        {
            applying.attempts.goes_on();
            applying.is_committing = true;
        }
        let server = self.server(ix);
        let writes_binlog =
            server.has_binlog() && server.global(ordinary!("log_replica_updates")).is_on();
        let transaction = transaction_of(applying);
        if writes_binlog {
            let job = Job {
                actor: Actor::Applier,
                transaction,
                source: job_source(applying),
                position: None,
                gtid: None,
                prepared: Lsn::default(),
                is_committed: false,
            };
            self.begin_commit(ix, job);
            return;
        }
        let changes = self.server_mut(ix).engine.commit(Actor::Applier);
        let commit = Commit {
            gtid: applying.gtid,
            ..Commit::new(transaction, changes)
        };
        self.log_commit(ix, Actor::Applier, commit);
        self.flush_redo(ix);
        let server = self.server_mut(ix);
        if let Some(gtid) = applying.gtid {
            server.gtid_executed.add(gtid);
            server.executed_elsewhere.add(gtid);
        }
        let gtid = applying.gtid.map(|gtid| gtid.to_string());
        self.mark(
            Lane::Server(ix),
            Some(transaction),
            TraceKind::Applied { gtid },
        );
        self.wake_lock_waiters(ix);
        self.applier_committed(ix);
    }
}

/// Rows events of one statement that were split are one statement again.
fn merge(pending: &mut Vec<StatementChanges>, statement: StatementChanges) {
    if let Some(last) = pending.last_mut()
        && last.table_id == statement.table_id
    {
        last.changes.extend(statement.changes);
        return;
    }
    pending.push(statement);
}

fn transaction_of(applying: &Applying) -> TransactionId {
    let mut events = applying.events.iter();
    let first = events.find_map(|event| event.transaction);
    first.unwrap_or(TransactionId(0))
}

fn job_source(applying: &Applying) -> JobSource {
    let mut default_db = String::new();
    let mut logged = None;
    let mut original_commit = Instant::ZERO;
    let mut server_id = 0;
    for event in &applying.events {
        server_id = event.server_id;
        match &*event.body {
            EventBody::Gtid {
                original_commit: at,
                ..
            }
            | EventBody::AnonymousGtid {
                original_commit: at,
            } => original_commit = *at,
            EventBody::Query {
                default_db: db,
                text,
                xid,
                action: _,
            } => {
                default_db.clone_from(db);
                if !matches!(text.as_str(), "BEGIN" | "COMMIT") && !is_savepoint(text) {
                    logged = Some(logged_again(event, text, xid.is_some()));
                }
            }
            _ => {}
        }
    }
    JobSource::Applier {
        server_id,
        gtid: applying.gtid,
        original_commit,
        default_db,
        logged,
    }
}

/// The same text as the source logged, with what its event said beside it.
fn logged_again(event: &BinlogEvent, text: &str, has_xid: bool) -> LoggedText {
    let EventBody::Query { default_db, .. } = &*event.body else {
        unreachable!("only Query events are logged as text");
    };
    let bare = size::query(default_db, None, has_xid, 0, text);
    LoggedText {
        text: text.to_owned(),
        default_db: None,
        object_db: None,
        has_xid,
        // What the source's event had beyond that.
        extra: u64::from(event.size).saturating_sub(bare),
    }
}

fn key_text(key: &crate::engine::RowKey) -> String {
    let values = key.0.iter().map(|value| match value {
        crate::value::Value::Text(text) => text.clone(),
        other => other.to_string(),
    });
    values.collect::<Vec<_>>().join("-")
}
