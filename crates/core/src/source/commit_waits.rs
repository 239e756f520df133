//! The sleeping commit waits: a slab of waits, and two kinds of lists threaded through it.
//!
//! Until it is signalled, a wait stands in the sleepers of its flushed position and in the timers.
//! Waits with one timeout become due in the order in which they began, so each timeout in use has a
//! list of its own. Slots are used again, so a steady state allocates nothing.
//! What a wait means is decided in `machine/commits.rs`.

use alloc::vec::Vec;
use core::time::Duration;

use super::flushed_positions::NodeId;
use super::{SessionId, WaitTicket};
use crate::position::BinlogPosition;
use crate::time::Instant;

/// Index of a wait in the slab.
pub(super) type Slot = u32;

/// All sleeping waits.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct CommitWaits {
    waits: Vec<CommitWait>,
    free: Slot,
    timers: Vec<Timers>,
}

/// The waits of one timeout, the next due first.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Timers {
    timeout: Duration,
    waits: List,
}

/// One sleeping session.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct CommitWait {
    pub(super) session: SessionId,
    /// What it waits for.
    pub(super) position: BinlogPosition,
    /// The flushed position it sleeps on.
    pub(super) node: NodeId,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
    /// Whether it was told to wake, but has not run yet.
    pub(super) is_signalled: bool,
    serial: u32,
    is_asleep: bool,
    in_sleepers: Links,
    in_timers: Links,
    /// Index of the timers it is in.
    timers: u32,
}

/// A list of waits, threaded through the slab.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct List {
    first: Slot,
    last: Slot,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Links {
    previous: Slot,
    next: Slot,
}

impl CommitWaits {
    pub(super) const fn new() -> CommitWaits {
        CommitWaits {
            waits: Vec::new(),
            free: NONE,
            timers: Vec::new(),
        }
    }

    /// Takes a slot for a session that goes to sleep.
    pub(super) fn insert(
        &mut self,
        session: SessionId,
        position: BinlogPosition,
        node: NodeId,
        started: Instant,
        deadline: Instant,
    ) -> Slot {
        let mut wait = CommitWait {
            session,
            position,
            node,
            started,
            deadline,
            is_signalled: false,
            serial: 0,
            is_asleep: true,
            in_sleepers: Links::NONE,
            in_timers: Links::NONE,
            timers: 0,
        };
        if self.free == NONE {
            let slot = Slot::try_from(self.waits.len()).unwrap_or(NONE);
            assert!(slot != NONE, "more sessions asleep than a server can have");
            self.waits.push(wait);
            return slot;
        }
        let slot = self.free;
        let reused = &mut self.waits[slot as usize];
        self.free = reused.in_sleepers.next;
        wait.serial = reused.serial;
        *reused = wait;
        slot
    }

    /// Gives the slot back; its ticket is void from now on.
    pub(super) fn remove(&mut self, slot: Slot) {
        let wait = &mut self.waits[slot as usize];
        wait.serial = wait.serial.wrapping_add(1);
        wait.is_asleep = false;
        wait.in_sleepers.next = self.free;
        self.free = slot;
    }

    pub(super) fn get(&self, slot: Slot) -> &CommitWait {
        &self.waits[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> &mut CommitWait {
        &mut self.waits[slot as usize]
    }

    pub(super) fn ticket(&self, slot: Slot) -> WaitTicket {
        WaitTicket {
            slot,
            serial: self.get(slot).serial,
        }
    }

    /// The slot of a ticket the host gives back.
    #[track_caller]
    pub(super) fn slot_of(&self, ticket: WaitTicket) -> Slot {
        assert!(
            self.is_current(ticket),
            "{ticket:?} is no sleeping wait: it was released before, or another machine gave it"
        );
        ticket.slot
    }

    /// Whether a session sleeps with this ticket.
    pub(super) fn is_current(&self, ticket: WaitTicket) -> bool {
        let wait = self.waits.get(ticket.slot as usize);
        wait.is_some_and(|wait| wait.is_asleep && wait.serial == ticket.serial)
    }

    /// The wait whose deadline is next, of those that nobody has signalled.
    pub(super) fn next_due(&self) -> Option<Slot> {
        let first = self.timers.iter().filter_map(|timers| timers.waits.first());
        first.min_by_key(|slot| self.get(*slot).deadline)
    }

    /// When the longest wait began, of those that nobody has signalled.
    pub(super) fn oldest(&self) -> Option<Instant> {
        // Waits of one timeout stand in the order of their deadlines, so in that of their starts.
        let first = self.timers.iter().filter_map(|timers| timers.waits.first());
        first.map(|slot| self.get(slot).started).min()
    }

    /// Puts the wait into the timers, after all with the same or an earlier deadline. Its place is
    /// at the end unless the clock went back.
    pub(super) fn arm(&mut self, slot: Slot) {
        let wait = self.get(slot);
        let deadline = wait.deadline;
        let index = self.timers_for(deadline.saturating_since(wait.started));
        let mut list = self.timers[index].waits;
        let mut previous = list.last;
        while previous != NONE && deadline < self.get(previous).deadline {
            previous = self.get(previous).in_timers.previous;
        }
        let next = match previous {
            NONE => list.first,
            _ => self.get(previous).in_timers.next,
        };
        let wait = self.get_mut(slot);
        wait.in_timers = Links { previous, next };
        wait.timers = index as u32;
        match previous {
            NONE => list.first = slot,
            _ => self.get_mut(previous).in_timers.next = slot,
        }
        match next {
            NONE => list.last = slot,
            _ => self.get_mut(next).in_timers.previous = slot,
        }
        self.timers[index].waits = list;
    }

    /// Takes the wait out of the timers.
    pub(super) fn disarm(&mut self, slot: Slot) {
        let wait = self.get(slot);
        let index = wait.timers as usize;
        let Links { previous, next } = wait.in_timers;
        match previous {
            NONE => self.timers[index].waits.first = next,
            _ => self.get_mut(previous).in_timers.next = next,
        }
        match next {
            NONE => self.timers[index].waits.last = previous,
            _ => self.get_mut(next).in_timers.previous = previous,
        }
    }

    /// The timers of a timeout; empty ones are used again.
    fn timers_for(&mut self, timeout: Duration) -> usize {
        let is_same = |timers: &Timers| timers.timeout == timeout;
        if let Some(index) = self.timers.iter().position(is_same) {
            return index;
        }
        let waits = List::EMPTY;
        let new = Timers { timeout, waits };
        let is_empty = |timers: &Timers| timers.waits.first().is_none();
        match self.timers.iter().position(is_empty) {
            Some(index) => {
                self.timers[index] = new;
                index
            }
            None => {
                self.timers.push(new);
                self.timers.len() - 1
            }
        }
    }

    /// Appends the wait to a position's sleepers.
    pub(super) fn push_sleeper(&mut self, sleepers: &mut List, slot: Slot) {
        let previous = sleepers.last;
        self.get_mut(slot).in_sleepers = Links {
            previous,
            next: NONE,
        };
        match previous {
            NONE => sleepers.first = slot,
            _ => self.get_mut(previous).in_sleepers.next = slot,
        }
        sleepers.last = slot;
    }

    /// Takes the wait out of its position's sleepers.
    pub(super) fn unlink_sleeper(&mut self, sleepers: &mut List, slot: Slot) {
        let Links { previous, next } = self.get(slot).in_sleepers;
        match previous {
            NONE => sleepers.first = next,
            _ => self.get_mut(previous).in_sleepers.next = next,
        }
        match next {
            NONE => sleepers.last = previous,
            _ => self.get_mut(next).in_sleepers.previous = previous,
        }
    }

    /// Whether the lists through a state that was read back hold together.
    #[cfg(feature = "serde")]
    pub(super) fn is_sound(&self) -> bool {
        let is_free = |slot: Slot| self.waits.get(slot as usize).is_some_and(|w| !w.is_asleep);
        let mut free = 0;
        let mut slot = self.free;
        while slot != NONE {
            if !is_free(slot) || self.waits.len() <= free {
                return false;
            }
            free += 1;
            slot = self.get(slot).in_sleepers.next;
        }
        let asleep = self.waits.iter().filter(|wait| wait.is_asleep);
        let unsignalled = asleep.clone().filter(|wait| !wait.is_signalled).count();
        let mut timed = 0;
        for (index, timers) in self.timers.iter().enumerate() {
            let Some(waits) = self.walk(&timers.waits, |wait| wait.in_timers) else {
                return false;
            };
            if waits.iter().any(|wait| wait.timers as usize != index) {
                return false;
            }
            timed += waits.len();
        }
        free + asleep.count() == self.waits.len() && timed == unsignalled
    }

    /// The waits of a position's sleepers; `None` when the list does not hold together.
    #[cfg(feature = "serde")]
    pub(super) fn sleepers<'a>(&'a self, list: &List) -> Option<Vec<&'a CommitWait>> {
        self.walk(list, |wait| wait.in_sleepers)
    }

    /// The waits of a list of sleeping, unsignalled ones, each linked both ways.
    #[cfg(feature = "serde")]
    fn walk<'a>(
        &'a self,
        list: &List,
        links: impl Fn(&CommitWait) -> Links,
    ) -> Option<Vec<&'a CommitWait>> {
        let mut waits = Vec::new();
        let (mut previous, mut slot) = (NONE, list.first);
        while slot != NONE {
            let wait = self.waits.get(slot as usize)?;
            let is_linked = links(wait).previous == previous;
            if !wait.is_asleep || wait.is_signalled || !is_linked || self.waits.len() <= waits.len()
            {
                return None;
            }
            waits.push(wait);
            (previous, slot) = (slot, links(wait).next);
        }
        (previous == list.last).then_some(waits)
    }

    /// Every sleeping wait.
    #[cfg(feature = "serde")]
    pub(super) fn iter(&self) -> impl Iterator<Item = &CommitWait> {
        self.waits.iter().filter(|wait| wait.is_asleep)
    }

    /// Every sleeping wait, in no particular order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut CommitWait> {
        self.waits.iter_mut().filter(|wait| wait.is_asleep)
    }
}

impl List {
    pub(super) const EMPTY: List = List {
        first: NONE,
        last: NONE,
    };

    pub(super) fn first(&self) -> Option<Slot> {
        (self.first != NONE).then_some(self.first)
    }
}

impl Links {
    const NONE: Links = Links {
        previous: NONE,
        next: NONE,
    };
}

const NONE: Slot = Slot::MAX;
