//! Writing transactions to the binary log, and letting dump threads read them.

use std::sync::Arc;

use semisync_core::{BinlogPosition, Instant};

use super::waits::session_key;
use super::{Job, JobId, JobSource, LoggedText};
use crate::binlog::size::{self, UsesTime, Writer};
use crate::binlog::{BinlogEvent, EventBody, RowChange, RowsKind};
use crate::cluster::Cluster;
use crate::engine::{Actor, StatementChanges};
use crate::gtid::Gtid;
use crate::operation::ColumnKind;
use crate::trace::{Lane, TraceKind};
use crate::value::Value;
use crate::{ServerIndex, TransactionId};

/// A transaction's events before they have positions.
struct Events {
    writer: Writer,
    server_id: u32,
    timestamp: Instant,
    transaction: TransactionId,
    list: Vec<BinlogEvent>,
}

impl Events {
    fn add(&mut self, body: EventBody, size: u64) {
        self.list.push(BinlogEvent {
            start: 0,
            end: 0,
            size: size as u32,
            server_id: self.server_id,
            timestamp: self.timestamp,
            transaction: Some(self.transaction),
            body: Arc::new(body),
        });
    }

    fn add_statement(&mut self, statement: &StatementChanges, table_id: u64) {
        let map = EventBody::TableMap {
            table_id,
            db: statement.db.clone(),
            table: statement.table.clone(),
        };
        let map_size = size::table_map(&statement.db, &statement.table);
        self.add(map, map_size);
        let columns = &statement.table.columns;
        let mut chunks: Vec<(RowsKind, Vec<RowChange>)> = Vec::new();
        let mut filled = 0;
        for change in &statement.changes {
            let bytes = size::row_change(columns, change);
            let own_kind = RowsKind::of(change);
            match chunks.last_mut() {
                Some((kind, chunk))
                    if *kind == own_kind && filled + bytes <= size::ROWS_EVENT_LIMIT =>
                {
                    chunk.push(change.clone());
                    filled += bytes;
                }
                _ => {
                    chunks.push((own_kind, vec![change.clone()]));
                    filled = bytes;
                }
            }
        }
        let last = chunks.len();
        for (number, (kind, changes)) in (1..).zip(chunks) {
            let size = size::rows(kind, columns, &changes);
            let rows = EventBody::Rows {
                kind,
                table_id,
                db: statement.db.clone(),
                table: statement.table.name.clone(),
                changes,
                ends_statement: number == last,
            };
            self.add(rows, size);
        }
    }

    fn add_savepoint(&mut self, default_db: &str, text: &str) {
        let query = EventBody::Query {
            default_db: default_db.to_owned(),
            text: text.to_owned(),
            xid: None,
            action: None,
        };
        let size = size::query(default_db, None, false, 0, text);
        self.add(query, size);
    }

    fn total(&self) -> u64 {
        self.list.iter().map(|event| u64::from(event.size)).sum()
    }
}

impl Cluster {
    /// The flush stage for one transaction: its identifier, its events, its end position.
    pub(crate) fn write_transaction(&mut self, ix: ServerIndex, id: JobId, leader: Option<Actor>) {
        let now = self.world.now;
        let Some(job) = self.server(ix).commits.jobs.get(&id).cloned() else {
            return;
        };
        let gtid = self.assign_gtid(ix, &job);
        let mut events = self.events_of(ix, &job);
        let size = size::gtid(events.writer, events.total());
        let original_commit = match &job.source {
            JobSource::Client { .. } => now,
            JobSource::Applier {
                original_commit, ..
            } => *original_commit,
        };
        let first = match gtid {
            Some(gtid) => EventBody::Gtid {
                gtid,
                original_commit,
            },
            None => EventBody::AnonymousGtid { original_commit },
        };
        events.add(first, size);
        events.list.rotate_right(1);
        let server = self.server_mut(ix);
        for event in events.list {
            server.binlog.append_event(event);
        }
        let position = server.binlog.end();
        if let Some(job) = server.commits.jobs.get_mut(&id) {
            job.position = Some(position.clone());
            job.gtid = gtid;
        }
        let kind = TraceKind::BinlogFlushed {
            position,
            gtid: gtid.map(|gtid| gtid.to_string()),
            leader: session_key(leader.unwrap_or(job.actor)),
        };
        self.mark(Lane::Server(ix), Some(job.transaction), kind);
    }

    /// Lets dump threads read up to `until`, or everything.
    pub(crate) fn publish(&mut self, ix: ServerIndex, until: Option<BinlogPosition>) {
        match until {
            Some(position) => self.server_mut(ix).binlog.publish_to(&position),
            None => self.server_mut(ix).binlog.publish(),
        }
        self.wake_dumps(ix);
    }

    fn assign_gtid(&mut self, ix: ServerIndex, job: &Job) -> Option<Gtid> {
        let asked_for = match &job.source {
            JobSource::Client { gtid_next, .. } => *gtid_next,
            JobSource::Applier { gtid, .. } => {
                if gtid.is_none() {
                    return None;
                }
                *gtid
            }
        };
        let server = self.server_mut(ix);
        if asked_for.is_none() && !server.writes_gtids() {
            return None;
        }
        let gtid = asked_for.unwrap_or_else(|| server.next_gtid());
        server.gtid_owned.add(gtid);
        Some(gtid)
    }

    fn events_of(&mut self, ix: ServerIndex, job: &Job) -> Events {
        let now = self.world.now;
        let server = self.server_mut(ix);
        server.last_xid += 1;
        let xid = server.last_xid;
        let (writer, server_id, default_db, logged) = match &job.source {
            JobSource::Client {
                default_db, logged, ..
            } => (Writer::Origin, server.server_id(), default_db, logged),
            JobSource::Applier {
                server_id,
                default_db,
                logged,
                ..
            } => (Writer::Applier, *server_id, default_db, logged),
        };
        let mut events = Events {
            writer,
            server_id,
            timestamp: now,
            transaction: job.transaction,
            list: Vec::new(),
        };
        let transaction = server.engine.transaction(job.actor);
        if let Some(logged) = logged {
            let action = transaction.and_then(|transaction| transaction.ddl.clone());
            let size = logged_size(default_db, logged);
            let query = EventBody::Query {
                default_db: default_db.clone(),
                text: logged.text.clone(),
                xid: logged.has_xid.then_some(xid),
                action,
            };
            events.add(query, size);
            return events;
        }
        let statements = transaction.map_or(&[][..], |transaction| &transaction.statements);
        let first = statements.first();
        // An applier's default database is that of the table it writes to.
        let begin_db = first.map_or(default_db.as_str(), |first| match writer {
            Writer::Origin => &first.default_db,
            Writer::Applier => &first.db,
        });
        let begin = EventBody::Query {
            default_db: begin_db.to_owned(),
            text: "BEGIN".to_owned(),
            xid: None,
            action: None,
        };
        // An applier writes what it was told, as the source did, when there are no rows.
        let begin_writer = if first.is_some() {
            writer
        } else {
            Writer::Origin
        };
        let size = size::begin(begin_writer, begin_db, first.map(first_statement));
        events.add(begin, size);
        if first.is_none() {
            let commit = EventBody::Query {
                default_db: begin_db.to_owned(),
                text: "COMMIT".to_owned(),
                xid: None,
                action: None,
            };
            events.add(commit, size::commit(begin_db));
            return events;
        }
        let mut savepoints = transaction
            .map_or(&[][..], |transaction| &transaction.logged_savepoints)
            .iter()
            .peekable();
        for (index, statement) in statements.iter().enumerate() {
            while let Some((_, text)) = savepoints.next_if(|(before, _)| *before <= index) {
                events.add_savepoint(begin_db, text);
            }
            events.add_statement(statement, FIRST_TABLE_ID + statement.table_id.0);
        }
        for (_, text) in savepoints {
            events.add_savepoint(begin_db, text);
        }
        events.add(EventBody::Xid(xid), size::XID);
        events
    }
}

fn logged_size(default_db: &str, logged: &LoggedText) -> u64 {
    size::query(
        default_db,
        logged.object_db.as_deref(),
        logged.has_xid,
        logged.extra,
        &logged.text,
    )
}

/// What the first statement of a transaction says about itself in the event BEGIN.
fn first_statement(statement: &StatementChanges) -> (RowsKind, UsesTime) {
    let columns = statement.table.columns.iter().enumerate();
    let times = columns
        .filter(|(_, column)| matches!(column.kind, ColumnKind::DateTime | ColumnKind::Timestamp));
    let times: Vec<_> = times.map(|(index, _)| index).collect();
    let stores = |change: &RowChange| {
        let Some((_, after)) = &change.after else {
            return false;
        };
        times.iter().any(|index| {
            let before = change.before.as_ref().map(|before| &before[*index]);
            after[*index] != Value::Null && before != Some(&after[*index])
        })
    };
    let uses_time = match statement.changes.iter().any(stores) {
        true => UsesTime::Yes,
        false => UsesTime::No,
    };
    (statement.kind, uses_time)
}

/// What a server has opened before the first user table.
const FIRST_TABLE_ID: u64 = 90;
