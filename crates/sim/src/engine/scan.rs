//! Finding rows with their locks: what UPDATE, DELETE and locking reads meet, by isolation level.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::dml::{NamedRow, strictly};
use super::keys::{self, KeyRange};
use super::locks::{Actor, LockName, Locked};
use super::transaction::Isolation;
use super::{Engine, Row, RowKey, Table};
use crate::expr::Expr;
use crate::operation::{LockMode, LockPatience, Pick, SqlError};
use crate::value::Value;

/// Which rows, locked how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan<'a> {
    pub(crate) filter: Option<&'a Expr>,
    /// ORDER BY and LIMIT of UPDATE and DELETE.
    pub(crate) pick: Option<&'a Pick>,
    pub(crate) mode: LockMode,
    pub(crate) patience: LockPatience,
    /// UPDATE: below REPEATABLE READ a busy row that does not match as committed is passed over.
    pub(crate) is_update: bool,
}

/// The rows, or the lock to wait for.
pub(crate) type Found = Result<Vec<(RowKey, Row)>, LockName>;

impl Engine {
    /// The rows a filter keeps, locked. Without an equality on the whole primary key all rows in the
    /// range of the filter are locked, and the gaps between them too from REPEATABLE READ on.
    pub(crate) fn matching(
        &mut self,
        actor: Actor,
        table: &Arc<Table>,
        scan: Scan<'_>,
    ) -> Result<Found, SqlError> {
        let isolation = self
            .transaction(actor)
            .map_or(Isolation::default(), |open| open.isolation);
        let locks_gaps = isolation.locks_gaps() && matches!(actor, Actor::Session(_));
        let point = scan
            .filter
            .and_then(|filter| keys::point(&table.definition, filter));
        let keys = match &point {
            Some(key) => vec![key.clone()],
            None => self.keys_to_scan(table, scan.filter),
        };
        let enough = scan.pick.and_then(|pick| pick.enough(table));
        let mut found = Vec::new();
        let mut meets_nothing = true;
        let mut has_enough = false;
        for key in keys {
            has_enough = enough.is_some_and(|enough| enough <= found.len() as u64);
            if has_enough {
                break;
            }
            let held = match self.lock_scanned(actor, table, &key, scan)? {
                Step::Locked(held) => held,
                Step::Skipped => continue,
                Step::Busy(lock) => {
                    let passes = scan.is_update
                        && !isolation.locks_gaps()
                        && !self.committed_matches(table, &key, scan.filter)?;
                    if passes {
                        continue;
                    }
                    return Ok(Err(lock));
                }
            };
            let row = self.current(actor, table, &key);
            let keeps = match &row {
                Some(row) => keeps(table, row, scan.filter, scan.pick.is_some())?,
                None => false,
            };
            match row {
                Some(row) if keeps => {
                    meets_nothing = false;
                    found.push((key, row));
                }
                _ if held == Locked::Taken && !locks_gaps => {
                    let name = lock_name(table, key, scan.mode);
                    self.locks_mut().release(actor, &name);
                }
                _ => {}
            }
        }
        if let Some(pick) = scan.pick {
            picked(table, &mut found, pick)?;
        }
        if locks_gaps && !has_enough && (point.is_none() || meets_nothing) {
            let gap = self.gap(table, point.as_ref(), scan.filter);
            let _ = self.locks_mut().take(actor, &gap);
        }
        Ok(Ok(found))
    }

    fn lock_scanned(
        &mut self,
        actor: Actor,
        table: &Table,
        key: &RowKey,
        scan: Scan<'_>,
    ) -> Result<Step, SqlError> {
        let name = lock_name(table, key.clone(), scan.mode);
        match (self.locks_mut().take(actor, &name), scan.patience) {
            (held @ (Locked::Taken | Locked::Held), _) => Ok(Step::Locked(held)),
            (Locked::Busy, LockPatience::SkipLocked) => Ok(Step::Skipped),
            (Locked::Busy, LockPatience::Wait) => Ok(Step::Busy(name)),
            (Locked::Busy, LockPatience::NoWait) => Err(SqlError::new(
                3572,
                "HY000",
                "Statement aborted because lock(s) could not be acquired immediately and NOWAIT \
                 is set.",
            )),
        }
    }

    /// Every key a scan meets: committed rows and rows others have written and not committed.
    fn keys_to_scan(&self, table: &Table, filter: Option<&Expr>) -> Vec<RowKey> {
        let range = KeyRange::of_filter(&table.definition, filter);
        let uncommitted = self.transactions.values();
        let uncommitted = uncommitted.filter_map(|open| open.overlay(table.id));
        let uncommitted: BTreeSet<&RowKey> = uncommitted.flat_map(|own| own.keys()).collect();
        let within = |key: &&RowKey| range.contains(key);
        if uncommitted.is_empty() {
            return table.rows.keys().filter(within).cloned().collect();
        }
        let all: BTreeSet<&RowKey> = table.rows.keys().chain(uncommitted).collect();
        all.into_iter().filter(within).cloned().collect()
    }

    fn committed_matches(
        &self,
        table: &Table,
        key: &RowKey,
        filter: Option<&Expr>,
    ) -> Result<bool, SqlError> {
        match table.rows.get(key) {
            Some(row) => keeps(table, row, filter, false),
            None => Ok(false),
        }
    }

    /// The gap a scan locks: around a key that is not there, or around its range.
    fn gap(&self, table: &Table, point: Option<&RowKey>, filter: Option<&Expr>) -> LockName {
        let range = match point {
            Some(key) => KeyRange::of_key(key),
            None => KeyRange::of_filter(&table.definition, filter),
        };
        let mut keys = table.rows.keys();
        let after = keys.rfind(|key| range.is_above(key)).cloned();
        let mut keys = table.rows.keys();
        let before = keys.find(|key| range.is_below(key)).cloned();
        LockName::Gap(table.id, after, before)
    }
}

impl Pick {
    /// How many rows end the scan: in the order of the primary key nothing comes after the last.
    fn enough(&self, table: &Table) -> Option<u64> {
        let definition = &table.definition;
        let by_key = match (&self.order[..], &definition.primary_key[..]) {
            ([], _) => true,
            ([(Expr::Column(name), false)], [key, ..]) => {
                definition.columns[*key].name.eq_ignore_ascii_case(name)
            }
            _ => false,
        };
        self.limit.filter(|_| by_key)
    }
}

/// Sorts the rows found and keeps those of the LIMIT.
fn picked(table: &Table, found: &mut Vec<(RowKey, Row)>, pick: &Pick) -> Result<(), SqlError> {
    let mut sorted: Vec<(Vec<Value>, (RowKey, Row))> = Vec::with_capacity(found.len());
    for (key, row) in found.drain(..) {
        let source = NamedRow {
            columns: &table.definition.columns,
            values: &row,
        };
        let keys = pick.order.iter().map(|(expr, _)| expr.evaluate(&source));
        let keys = keys.collect::<Result<_, _>>()?;
        sorted.push((keys, (key, row)));
    }
    sorted.sort_by(|(left, _), (right, _)| {
        let pairs = left.iter().zip(right).zip(&pick.order);
        let mut compared = pairs.map(|((left, right), (_, descends))| match descends {
            true => right.order(left),
            false => left.order(right),
        });
        compared
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let most = usize::try_from(pick.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    found.extend(sorted.into_iter().take(most).map(|(_, row)| row));
    Ok(())
}

/// What came of locking one row.
enum Step {
    Locked(Locked),
    Skipped,
    Busy(LockName),
}

fn lock_name(table: &Table, key: RowKey, mode: LockMode) -> LockName {
    match mode {
        LockMode::Exclusive => LockName::Row(table.id, key),
        LockMode::Shared => LockName::RowShared(table.id, key),
    }
}

/// Whether a filter keeps a row; a mistake on the way is an error in a statement that writes.
fn keeps(table: &Table, row: &Row, filter: Option<&Expr>, writes: bool) -> Result<bool, SqlError> {
    let source = NamedRow {
        columns: &table.definition.columns,
        values: row,
    };
    match filter {
        None => Ok(true),
        Some(filter) if writes => Ok(strictly(filter, &source)?.to_truth() == Some(true)),
        Some(filter) => filter.holds(&source),
    }
}
