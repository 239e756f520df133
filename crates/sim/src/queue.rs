//! What comes next: events ordered by (time, sequence number).

use semisync_core::Instant;

use crate::sorted_map::SortedMap;

/// Where an event stands in the queue; to take it out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventKey {
    pub(crate) at: Instant,
    seq: u64,
}

/// The queue.
#[derive(Clone, Debug)]
pub(crate) struct EventQueue<E> {
    events: SortedMap<EventKey, E>,
    next_seq: u64,
}

impl<E> EventQueue<E> {
    pub(crate) fn new() -> EventQueue<E> {
        EventQueue {
            events: SortedMap::new(),
            next_seq: 0,
        }
    }

    pub(crate) fn push(&mut self, at: Instant, event: E) -> EventKey {
        let key = EventKey {
            at,
            seq: self.next_seq,
        };
        self.next_seq += 1;
        self.events.insert(key, event);
        key
    }

    pub(crate) fn cancel(&mut self, key: EventKey) -> Option<E> {
        self.events.remove(&key)
    }

    pub(crate) fn pop(&mut self) -> Option<(Instant, E)> {
        self.events.pop_first().map(|(key, event)| (key.at, event))
    }

    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.events.first().map(|(key, _)| key.at)
    }

    /// Moves every event `by` microseconds nearer to 0.
    pub(crate) fn rebase(&mut self, by: u64) {
        self.events.map_keys(|key| {
            key.at = Instant::from_micros(key.at.as_micros().saturating_sub(by));
        });
    }
}
