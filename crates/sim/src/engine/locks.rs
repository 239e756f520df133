//! Row locks and metadata locks of one server, and who waits for them.

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
    /// A table's metadata, shared with other users of the table.
    TableShared(String, String),
    /// A table's metadata, exclusively (DDL).
    TableExclusive(String, String),
}

/// All locks.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    rows: BTreeMap<(TableId, RowKey), Actor>,
    tables: BTreeMap<(String, String), TableLock>,
    held: BTreeMap<Actor, Vec<LockName>>,
    /// In order of arrival.
    waiting: Vec<(Actor, LockName)>,
    /// Actors whose lock may be free now.
    ready: Vec<Actor>,
}

#[derive(Clone, Debug, Default)]
struct TableLock {
    shared: BTreeSet<Actor>,
    exclusive: Option<Actor>,
}

/// Whether a lock was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locked {
    /// It is held now.
    Taken,
    /// Somebody else holds it.
    Busy,
    /// Waiting for it would never end.
    Deadlock,
}

impl Locks {
    /// Takes a lock, or says why not; a busy one is not waited for yet.
    pub(crate) fn take(&mut self, actor: Actor, name: LockName) -> Locked {
        let owners = self.owners(actor, &name);
        if !owners.is_empty() {
            let deadlock = owners.iter().any(|owner| self.waits_for(*owner, actor));
            return match deadlock {
                true => Locked::Deadlock,
                false => Locked::Busy,
            };
        }
        let is_new = match &name {
            LockName::Row(table, key) => self.rows.insert((*table, key.clone()), actor).is_none(),
            LockName::TableShared(db, table) => self.table_lock(db, table).shared.insert(actor),
            LockName::TableExclusive(db, table) => self
                .table_lock(db, table)
                .exclusive
                .replace(actor)
                .is_none(),
        };
        if is_new {
            self.held.entry(actor).or_default().push(name);
        }
        Locked::Taken
    }

    /// Puts `actor` into the queue for a busy lock.
    pub(crate) fn wait(&mut self, actor: Actor, name: LockName) {
        self.waiting.push((actor, name));
    }

    /// Takes `actor` out of the queue.
    pub(crate) fn stop_waiting(&mut self, actor: Actor) {
        self.waiting.retain(|(waiter, _)| *waiter != actor);
        self.ready.retain(|waiter| *waiter != actor);
    }

    /// What `actor` waits for.
    pub fn waited_for(&self, actor: Actor) -> Option<&LockName> {
        let mut waiting = self.waiting.iter();
        waiting
            .find(|(waiter, _)| *waiter == actor)
            .map(|(_, name)| name)
    }

    /// Gives back all locks of `actor`.
    pub(crate) fn release_all(&mut self, actor: Actor) {
        self.stop_waiting(actor);
        for name in self.held.remove(&actor).unwrap_or_default() {
            match name {
                LockName::Row(table, key) => {
                    self.rows.remove(&(table, key));
                }
                LockName::TableShared(db, table) | LockName::TableExclusive(db, table) => {
                    let key = (db, table);
                    if let Some(lock) = self.tables.get_mut(&key) {
                        lock.shared.remove(&actor);
                        lock.exclusive = lock.exclusive.filter(|owner| *owner != actor);
                        if lock.shared.is_empty() && lock.exclusive.is_none() {
                            self.tables.remove(&key);
                        }
                    }
                }
            }
        }
        if self.waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut self.waiting);
        for (waiter, name) in waiting {
            if self.owners(waiter, &name).is_empty() {
                self.ready.push(waiter);
            } else {
                self.waiting.push((waiter, name));
            }
        }
    }

    /// Who may try again now, in order of arrival.
    pub(crate) fn take_ready(&mut self) -> Vec<Actor> {
        std::mem::take(&mut self.ready)
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
                let owner = self.rows.get(&(*table, key.clone()));
                owner.copied().filter(others).into_iter().collect()
            }
            LockName::TableShared(db, table) => {
                let lock = self.tables.get(&(db.clone(), table.clone()));
                let owner = lock.and_then(|lock| lock.exclusive);
                owner.filter(others).into_iter().collect()
            }
            LockName::TableExclusive(db, table) => {
                let Some(lock) = self.tables.get(&(db.clone(), table.clone())) else {
                    return Vec::new();
                };
                let all = lock.shared.iter().copied().chain(lock.exclusive);
                all.filter(others).collect()
            }
        }
    }

    fn waits_for(&self, waiter: Actor, target: Actor) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![waiter];
        while let Some(actor) = next.pop() {
            if actor == target {
                return true;
            }
            if !seen.insert(actor) {
                continue;
            }
            if let Some(name) = self.waited_for(actor) {
                next.extend(self.owners(actor, name));
            }
        }
        false
    }
}
