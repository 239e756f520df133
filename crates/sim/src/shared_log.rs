//! An append-only list that is cheap to clone: history is shared, only the last chunk is copied,
//! and that only when one of the copies grows.
//!
//! The trace, binary log files and relay log files are kept in it, so that a checkpoint of a long
//! run costs little.

use std::ops::Index;
use std::sync::Arc;

use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Deserializer, Serialize};

/// The list.
#[derive(Clone, Debug)]
pub struct SharedLog<T> {
    full: Arc<Vec<Arc<Vec<T>>>>,
    tail: Arc<Vec<T>>,
}

impl<T: Clone> SharedLog<T> {
    /// An empty list.
    pub fn new() -> SharedLog<T> {
        SharedLog {
            full: Arc::new(Vec::new()),
            tail: Arc::new(Vec::new()),
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.full.len() * CHUNK + self.tail.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item with this index.
    pub fn get(&self, index: usize) -> Option<&T> {
        match self.full.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.tail.get(index - self.full.len() * CHUNK),
        }
    }

    /// The last item.
    pub fn last(&self) -> Option<&T> {
        self.len().checked_sub(1).and_then(|index| self.get(index))
    }

    /// The item with this index, to change it.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let in_tail = index.checked_sub(self.full.len() * CHUNK);
        match in_tail {
            Some(index) => Arc::make_mut(&mut self.tail).get_mut(index),
            None => {
                let chunk = &mut Arc::make_mut(&mut self.full)[index / CHUNK];
                Arc::make_mut(chunk).get_mut(index % CHUNK)
            }
        }
    }

    /// All items, oldest first.
    pub fn iter(&self) -> Iter<'_, T> {
        self.iter_from(0)
    }

    /// The items from `start` on.
    pub fn iter_from(&self, start: usize) -> Iter<'_, T> {
        Iter {
            log: self,
            front: start.min(self.len()),
            back: self.len(),
        }
    }

    /// Appends an item.
    pub fn push(&mut self, item: T) {
        let tail = Arc::make_mut(&mut self.tail);
        if tail.len() == tail.capacity() {
            // Who has filled a chunk will fill another.
            tail.reserve_exact(match self.full.is_empty() {
                true => tail.len().max(8).min(CHUNK - tail.len()),
                false => CHUNK - tail.len(),
            });
        }
        tail.push(item);
        if tail.len() == CHUNK {
            let chunk = std::mem::replace(&mut self.tail, Arc::new(Vec::new()));
            Arc::make_mut(&mut self.full).push(chunk);
        }
    }

    /// Keeps the first `len` items.
    pub fn truncate(&mut self, len: usize) {
        if self.len() <= len {
            return;
        }
        if len / CHUNK < self.full.len() {
            let full = Arc::make_mut(&mut self.full);
            let chunk = full[len / CHUNK].clone();
            full.truncate(len / CHUNK);
            self.tail = chunk;
        }
        Arc::make_mut(&mut self.tail).truncate(len % CHUNK);
    }

    /// The first index whose item does not satisfy `holds`; items must be partitioned by it.
    pub fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle).is_some_and(&holds) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

impl<T: Clone> Default for SharedLog<T> {
    fn default() -> SharedLog<T> {
        SharedLog::new()
    }
}

impl<T: Clone> Index<usize> for SharedLog<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        match self.get(index) {
            Some(item) => item,
            None => panic!("index {index} of a log of {} items", self.len()),
        }
    }
}

impl<T: Clone + PartialEq> PartialEq for SharedLog<T> {
    fn eq(&self, other: &SharedLog<T>) -> bool {
        // Logs with a common past share most of it.
        let is_same = |(a, b): (&Arc<Vec<T>>, &Arc<Vec<T>>)| Arc::ptr_eq(a, b) || a == b;
        self.len() == other.len()
            && self.full.iter().zip(&*other.full).all(is_same)
            && is_same((&self.tail, &other.tail))
    }
}

impl<T: Clone + Eq> Eq for SharedLog<T> {}

impl<T: Clone> FromIterator<T> for SharedLog<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> SharedLog<T> {
        let mut log = SharedLog::new();
        for item in items {
            log.push(item);
        }
        log
    }
}

impl<'a, T: Clone> IntoIterator for &'a SharedLog<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T: Clone + Serialize> Serialize for SharedLog<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.len()))?;
        for item in self {
            seq.serialize_element(item)?;
        }
        seq.end()
    }
}

impl<'de, T: Clone + Deserialize<'de>> Deserialize<'de> for SharedLog<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SharedLog<T>, D::Error> {
        let items = Vec::deserialize(deserializer)?;
        Ok(items.into_iter().collect())
    }
}

/// Iterator over a [`SharedLog`].
#[derive(Clone, Debug)]
pub struct Iter<'a, T> {
    log: &'a SharedLog<T>,
    front: usize,
    back: usize,
}

impl<'a, T: Clone> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        if self.front == self.back {
            return None;
        }
        let item = self.log.get(self.front);
        self.front += 1;
        item
    }

    fn nth(&mut self, n: usize) -> Option<&'a T> {
        self.front = self.front.saturating_add(n).min(self.back);
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back - self.front;
        (left, Some(left))
    }
}

impl<T: Clone> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front == self.back {
            return None;
        }
        self.back -= 1;
        self.log.get(self.back)
    }
}

impl<T: Clone> ExactSizeIterator for Iter<'_, T> {}

const CHUNK: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_does_not_see_what_is_pushed_later() {
        let mut log: SharedLog<usize> = (0..CHUNK * 2 + 5).collect();
        let clone = log.clone();
        log.push(99);
        assert_eq!(clone.len(), CHUNK * 2 + 5);
        assert_eq!(log.last(), Some(&99));
        assert!(clone.iter().copied().eq(0..CHUNK * 2 + 5));
    }

    #[test]
    fn truncating_keeps_the_beginning_wherever_it_cuts() {
        for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK * 2, CHUNK * 2 + 4] {
            let mut log: SharedLog<usize> = (0..CHUNK * 2 + 5).collect();
            log.truncate(len);
            assert!(log.iter().copied().eq(0..len), "len {len}");
            log.push(7);
            assert_eq!((log.len(), log.last()), (len + 1, Some(&7)));
        }
    }

    #[test]
    fn a_clone_does_not_see_what_is_changed_later() {
        let mut log: SharedLog<usize> = (0..CHUNK * 2 + 5).collect();
        let clone = log.clone();
        assert!(log == clone);
        for index in [0, CHUNK, CHUNK * 2 + 4] {
            let item = log.get_mut(index).expect("an item");
            *item += 1;
            assert_eq!((log[index], clone[index]), (index + 1, index));
            assert!(log != clone);
        }
        assert_eq!(log.get_mut(CHUNK * 2 + 5), None);
    }

    #[test]
    fn it_can_be_read_from_both_ends_and_from_the_middle() {
        let log: SharedLog<usize> = (0..600).collect();
        assert!(log.iter().rev().copied().eq((0..600).rev()));
        assert!(log.iter_from(590).copied().eq(590..600));
        assert_eq!(log.partition_point(|item| *item < 300), 300);
    }
}
