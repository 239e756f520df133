//! The sleeping commit waits: a slab of waits, and two lists threaded through it.
//!
//! A wait stands in the sleepers of its flushed position until it is signalled, and in the timer
//! list while nobody has signalled it. Slots are used again, so a steady state allocates nothing.
//! What a wait means is decided in `machine/commits.rs`.

use alloc::vec::Vec;

use super::flushed_positions::NodeId;
use super::{SessionId, WaitTicket};
use crate::position::BinlogPosition;
use crate::time::Instant;

/// Index of a wait in the slab.
pub(super) type Slot = u32;

/// All sleeping waits.
#[derive(Clone, Debug)]
pub(super) struct CommitWaits {
    waits: Vec<CommitWait>,
    free: Slot,
    timers: List,
}

/// One sleeping session.
#[derive(Clone, Debug)]
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
}

/// A list of waits, threaded through the slab.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    first: Slot,
    last: Slot,
}

#[derive(Clone, Copy, Debug)]
struct Links {
    previous: Slot,
    next: Slot,
}

impl CommitWaits {
    pub(super) const fn new() -> CommitWaits {
        CommitWaits {
            waits: Vec::new(),
            free: NONE,
            timers: List::EMPTY,
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
        let wait = self.waits.get(ticket.slot as usize);
        let is_current = wait.is_some_and(|wait| wait.is_asleep && wait.serial == ticket.serial);
        assert!(
            is_current,
            "{ticket:?} is no sleeping wait: it was released before, or another machine gave it"
        );
        ticket.slot
    }

    /// The sleeping wait whose deadline is next.
    pub(super) fn next_due(&self) -> Option<Slot> {
        (self.timers.first != NONE).then_some(self.timers.first)
    }

    /// Puts the wait into the timer list, after all with the same or an earlier deadline. Deadlines
    /// mostly come in order, so its place is found from the end.
    pub(super) fn arm(&mut self, slot: Slot) {
        let deadline = self.get(slot).deadline;
        let mut previous = self.timers.last;
        while previous != NONE && deadline < self.get(previous).deadline {
            previous = self.get(previous).in_timers.previous;
        }
        let next = match previous {
            NONE => self.timers.first,
            _ => self.get(previous).in_timers.next,
        };
        self.get_mut(slot).in_timers = Links { previous, next };
        match previous {
            NONE => self.timers.first = slot,
            _ => self.get_mut(previous).in_timers.next = slot,
        }
        match next {
            NONE => self.timers.last = slot,
            _ => self.get_mut(next).in_timers.previous = slot,
        }
    }

    /// Takes the wait out of the timer list.
    pub(super) fn disarm(&mut self, slot: Slot) {
        let Links { previous, next } = self.get(slot).in_timers;
        match previous {
            NONE => self.timers.first = next,
            _ => self.get_mut(previous).in_timers.next = next,
        }
        match next {
            NONE => self.timers.last = previous,
            _ => self.get_mut(next).in_timers.previous = previous,
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
