//! Row locks, gap locks and metadata locks of one server, and who waits for them.
//!
//! Locks are granted in order of arrival: who asks for one that somebody waits for in a conflicting
//! mode waits behind them. What a statement does while it waits is in [`crate::cluster`].

use std::collections::{BTreeMap, BTreeSet};

use super::{RowKey, TableId};
use crate::SessionKey;

/// Who can hold a transaction: a client's session, or the applier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A client's session.
    Session(SessionKey),
    /// The applier of the replication channel.
    Applier,
}

/// What can be locked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockName {
    /// A row, exclusively.
    Row(TableId, RowKey),
    /// A row, shared with other readers.
    RowShared(TableId, RowKey),
    /// The gap between two keys (`None`: the end of the table): nobody else inserts there.
    Gap(TableId, Option<RowKey>, Option<RowKey>),
    /// The place of a new row; it is asked for and never held.
    InsertIntention(TableId, RowKey),
    /// A table's metadata, shared with other users of the table: reading.
    TableShared(String, String),
    /// The same: writing. Who has read already has to ask for it, behind DDL that waits.
    TableWrite(String, String),
    /// A table's metadata, exclusively (DDL).
    TableExclusive(String, String),
}

/// All locks.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    rows: BTreeMap<(TableId, RowKey), RowLock>,
    gaps: BTreeMap<TableId, Vec<(Actor, LockName)>>,
    tables: BTreeMap<(String, String), TableLock>,
    held: BTreeMap<Actor, Vec<LockName>>,
    /// In order of arrival.
    waiting: Vec<(Actor, LockName)>,
    /// Those whose turn it is: they try again soon.
    ready: Vec<(Actor, LockName)>,
    /// Those of them who have not been told.
    woken: Vec<Actor>,
}

#[derive(Clone, Debug, Default)]
struct RowLock {
    exclusive: Option<Actor>,
    shared: Vec<Actor>,
}

#[derive(Clone, Debug, Default)]
struct TableLock {
    shared: BTreeSet<Actor>,
    writers: BTreeSet<Actor>,
    exclusive: Option<Actor>,
}

/// Whether a lock was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// It is held now.
    Taken,
    /// It was held before.
    Held,
    /// Somebody else holds it, or waits for it longer.
    Busy,
}

impl Locks {
    /// Takes a lock, or says why not; a busy one is not waited for yet.
    pub(crate) fn take(&mut self, actor: Actor, name: &LockName) -> Locked {
        if self.holds(actor, name) {
            return Locked::Held;
        }
        if self.is_blocked(actor, name) {
            return Locked::Busy;
        }
        if !self.ready.is_empty() {
            self.ready
                .retain(|(waiter, wanted)| *waiter != actor || wanted != name);
        }
        match name {
            LockName::Row(table, key) => {
                self.row_lock(*table, key).exclusive = Some(actor);
            }
            LockName::RowShared(table, key) => self.row_lock(*table, key).shared.push(actor),
            LockName::Gap(table, ..) => {
                let gaps = self.gaps.entry(*table).or_default();
                gaps.push((actor, name.clone()));
            }
            LockName::InsertIntention(..) => return Locked::Taken,
            LockName::TableShared(db, table) => {
                self.table_lock(db, table).shared.insert(actor);
            }
            LockName::TableWrite(db, table) => {
                self.table_lock(db, table).writers.insert(actor);
            }
            LockName::TableExclusive(db, table) => {
                self.table_lock(db, table).exclusive = Some(actor);
            }
        }
        self.held.entry(actor).or_default().push(name.clone());
        Locked::Taken
    }

    /// Gives back one lock, as READ COMMITTED does with rows that do not match.
    pub(crate) fn release(&mut self, actor: Actor, name: &LockName) {
        if let Some(held) = self.held.get_mut(&actor) {
            held.retain(|other| other != name);
        }
        self.forget(actor, name);
        self.refresh();
    }

    /// Puts `actor` into the queue for a busy lock.
    pub(crate) fn wait(&mut self, actor: Actor, name: LockName) {
        self.ready.retain(|(waiter, _)| *waiter != actor);
        self.waiting.push((actor, name));
    }

    /// Takes `actor` out of the queue.
    pub(crate) fn stop_waiting(&mut self, actor: Actor) {
        if self.waiting.is_empty() && self.ready.is_empty() {
            return;
        }
        self.waiting.retain(|(waiter, _)| *waiter != actor);
        self.ready.retain(|(waiter, _)| *waiter != actor);
        self.woken.retain(|waiter| *waiter != actor);
        self.refresh();
    }

    /// What `actor` waits for.
    pub fn waited_for(&self, actor: Actor) -> Option<&LockName> {
        let mut waiting = self.waiting.iter();
        waiting
            .find(|(waiter, _)| *waiter == actor)
            .map(|(_, name)| name)
    }

    /// How many locks `actor` holds.
    pub(crate) fn count(&self, actor: Actor) -> usize {
        self.held.get(&actor).map_or(0, Vec::len)
    }

    /// Gives back all locks of `actor`.
    pub(crate) fn release_all(&mut self, actor: Actor) {
        for name in self.held.remove(&actor).unwrap_or_default() {
            self.forget(actor, &name);
        }
        self.stop_waiting(actor);
    }

    /// Who may try again now, in order of arrival.
    pub(crate) fn take_ready(&mut self) -> Vec<Actor> {
        std::mem::take(&mut self.woken)
    }

    /// Those who wait for each other in a circle through `actor`, beginning with it.
    pub(crate) fn circle(&self, actor: Actor) -> Option<Vec<Actor>> {
        let mut path = vec![actor];
        let mut seen = BTreeSet::new();
        self.extend_circle(&mut path, &mut seen).then_some(path)
    }

    fn extend_circle(&self, path: &mut Vec<Actor>, seen: &mut BTreeSet<Actor>) -> bool {
        let last = path[path.len() - 1];
        let Some(name) = self.waited_for(last) else {
            return false;
        };
        for owner in self.blockers(last, name) {
            if owner == path[0] {
                return true;
            }
            if seen.insert(owner) {
                path.push(owner);
                if self.extend_circle(path, seen) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }

    fn holds(&self, actor: Actor, name: &LockName) -> bool {
        match name {
            LockName::Row(table, key) => self
                .row(*table, key)
                .is_some_and(|lock| lock.exclusive == Some(actor)),
            LockName::RowShared(table, key) => self
                .row(*table, key)
                .is_some_and(|lock| lock.exclusive == Some(actor) || lock.shared.contains(&actor)),
            LockName::Gap(table, ..) => self.gaps.get(table).is_some_and(|gaps| {
                gaps.iter()
                    .any(|(owner, held)| *owner == actor && held == name)
            }),
            LockName::InsertIntention(..) => false,
            LockName::TableShared(db, table) => self.table(db, table).is_some_and(|lock| {
                lock.exclusive == Some(actor)
                    || lock.shared.contains(&actor)
                    || lock.writers.contains(&actor)
            }),
            LockName::TableWrite(db, table) => self
                .table(db, table)
                .is_some_and(|lock| lock.exclusive == Some(actor) || lock.writers.contains(&actor)),
            LockName::TableExclusive(db, table) => self
                .table(db, table)
                .is_some_and(|lock| lock.exclusive == Some(actor)),
        }
    }

    fn is_blocked(&self, actor: Actor, name: &LockName) -> bool {
        let is_queued = !self.waiting.is_empty() || !self.ready.is_empty();
        !self.owners(actor, name).is_empty() || (is_queued && self.is_behind(actor, name))
    }

    /// Whether somebody waits longer for something that this lock would take away.
    fn is_behind(&self, actor: Actor, name: &LockName) -> bool {
        self.ahead(actor, name).next().is_some()
    }

    fn ahead<'a>(
        &'a self,
        actor: Actor,
        name: &'a LockName,
    ) -> impl Iterator<Item = Actor> + use<'a> {
        let queue = self.ready.iter().chain(&self.waiting);
        queue
            .take_while(move |(waiter, wanted)| *waiter != actor || wanted != name)
            .filter(move |(waiter, wanted)| *waiter != actor && conflicts(wanted, name))
            .map(|(waiter, _)| *waiter)
    }

    fn blockers(&self, actor: Actor, name: &LockName) -> Vec<Actor> {
        let mut blockers = self.owners(actor, name);
        blockers.extend(self.ahead(actor, name));
        blockers
    }

    /// Whose turn is it now?
    fn refresh(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        for (waiter, name) in std::mem::take(&mut self.waiting) {
            let is_free = self.owners(waiter, &name).is_empty() && !self.is_behind(waiter, &name);
            if is_free {
                self.woken.push(waiter);
                self.ready.push((waiter, name));
            } else {
                self.waiting.push((waiter, name));
            }
        }
    }

    fn forget(&mut self, actor: Actor, name: &LockName) {
        match name {
            LockName::Row(table, key) | LockName::RowShared(table, key) => {
                let at = (*table, key.clone());
                if let Some(lock) = self.rows.get_mut(&at) {
                    match name {
                        LockName::Row(..) => lock.exclusive = None,
                        _ => lock.shared.retain(|owner| *owner != actor),
                    }
                    if lock.exclusive.is_none() && lock.shared.is_empty() {
                        self.rows.remove(&at);
                    }
                }
            }
            LockName::Gap(table, ..) => {
                if let Some(gaps) = self.gaps.get_mut(table) {
                    gaps.retain(|(owner, held)| *owner != actor || held != name);
                    if gaps.is_empty() {
                        self.gaps.remove(table);
                    }
                }
            }
            LockName::InsertIntention(..) => {}
            LockName::TableShared(db, table)
            | LockName::TableWrite(db, table)
            | LockName::TableExclusive(db, table) => {
                let at = (db.clone(), table.clone());
                if let Some(lock) = self.tables.get_mut(&at) {
                    match name {
                        LockName::TableShared(..) => {
                            lock.shared.remove(&actor);
                        }
                        LockName::TableWrite(..) => {
                            lock.writers.remove(&actor);
                        }
                        _ => lock.exclusive = None,
                    }
                    if lock.is_free() {
                        self.tables.remove(&at);
                    }
                }
            }
        }
    }

    fn row(&self, table: TableId, key: &RowKey) -> Option<&RowLock> {
        if self.rows.is_empty() {
            return None;
        }
        self.rows.get(&(table, key.clone()))
    }

    fn row_lock(&mut self, table: TableId, key: &RowKey) -> &mut RowLock {
        self.rows.entry((table, key.clone())).or_default()
    }

    fn table(&self, db: &str, table: &str) -> Option<&TableLock> {
        if self.tables.is_empty() {
            return None;
        }
        self.tables.get(&(db.to_owned(), table.to_owned()))
    }

    fn table_lock(&mut self, db: &str, table: &str) -> &mut TableLock {
        let key = (db.to_owned(), table.to_owned());
        self.tables.entry(key).or_default()
    }

    /// Who else holds what stands in the way.
    fn owners(&self, actor: Actor, name: &LockName) -> Vec<Actor> {
        let others = |owner: &Actor| *owner != actor;
        match name {
            LockName::Row(table, key) => {
                let lock = self.row(*table, key);
                let all = lock.map(|lock| lock.exclusive.iter().chain(&lock.shared));
                let all = all.into_iter().flatten().copied();
                all.filter(others).collect()
            }
            LockName::RowShared(table, key) => {
                let owner = self.row(*table, key).and_then(|lock| lock.exclusive);
                owner.filter(others).into_iter().collect()
            }
            LockName::Gap(..) => Vec::new(),
            LockName::InsertIntention(table, _) => {
                let gaps = self.gaps.get(table).into_iter().flatten();
                let covering = gaps.filter(|(_, held)| conflicts(held, name));
                covering.map(|(owner, _)| *owner).filter(others).collect()
            }
            LockName::TableShared(db, table) | LockName::TableWrite(db, table) => {
                let owner = self.table(db, table).and_then(|lock| lock.exclusive);
                owner.filter(others).into_iter().collect()
            }
            LockName::TableExclusive(db, table) => {
                let Some(lock) = self.table(db, table) else {
                    return Vec::new();
                };
                let all = lock
                    .shared
                    .iter()
                    .chain(&lock.writers)
                    .chain(&lock.exclusive);
                all.copied().filter(others).collect()
            }
        }
    }
}

impl TableLock {
    fn is_free(&self) -> bool {
        self.shared.is_empty() && self.writers.is_empty() && self.exclusive.is_none()
    }
}

/// Whether somebody who has `held` keeps others from `wanted`.
fn conflicts(held: &LockName, wanted: &LockName) -> bool {
    use LockName::{Gap, InsertIntention, Row, RowShared, TableExclusive, TableShared, TableWrite};
    match (held, wanted) {
        (Row(a, b), Row(c, d) | RowShared(c, d)) | (RowShared(a, b), Row(c, d)) => a == c && b == d,
        (Gap(table, after, before), InsertIntention(other, key)) => {
            table == other
                && after.as_ref().is_none_or(|after| after < key)
                && before.as_ref().is_none_or(|before| key < before)
        }
        (TableExclusive(a, b), TableShared(c, d) | TableWrite(c, d) | TableExclusive(c, d))
        | (TableShared(a, b) | TableWrite(a, b), TableExclusive(c, d)) => a == c && b == d,
        (
            Row(..) | RowShared(..) | Gap(..) | InsertIntention(..) | TableShared(..)
            | TableWrite(..) | TableExclusive(..),
            _,
        ) => false,
    }
}
