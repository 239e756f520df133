//! A map for few things whose keys grow: packets in flight, events to come, commits under way.
//!
//! It is sorted by key in one piece of memory. What is put in is mostly the last, what is taken out
//! mostly the first: there it is quicker than a tree, and its code is small.

use std::collections::VecDeque;

/// The map.
#[derive(Clone, Debug)]
pub(crate) struct SortedMap<K, V> {
    entries: VecDeque<(K, V)>,
}

impl<K: Ord, V> SortedMap<K, V> {
    pub(crate) const fn new() -> SortedMap<K, V> {
        SortedMap {
            entries: VecDeque::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let index = self.find(key).ok()?;
        self.entries.get(index).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let index = self.find(key).ok()?;
        self.entries.get_mut(index).map(|(_, value)| value)
    }

    /// Gives back what stood there before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if self.entries.back().is_none_or(|(last, _)| *last < key) {
            self.entries.push_back((key, value));
            return None;
        }
        match self.find(&key) {
            Ok(index) => Some(std::mem::replace(&mut self.entries[index].1, value)),
            Err(index) => {
                self.entries.insert(index, (key, value));
                None
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let index = self.find(key).ok()?;
        self.entries.remove(index).map(|(_, value)| value)
    }

    pub(crate) fn first(&self) -> Option<(&K, &V)> {
        self.entries.front().map(|(key, value)| (key, value))
    }

    pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
        self.entries.pop_front()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// Changes all keys; their order stays.
    pub(crate) fn map_keys(&mut self, change: impl Fn(&mut K)) {
        for (key, _) in &mut self.entries {
            change(key);
        }
    }

    fn find(&self, key: &K) -> Result<usize, usize> {
        // Most look-ups are for the first few.
        match self.entries.front() {
            Some((first, _)) if first == key => Ok(0),
            _ => self.entries.binary_search_by(|(other, _)| other.cmp(key)),
        }
    }
}

impl<K: Ord, V> Default for SortedMap<K, V> {
    fn default() -> SortedMap<K, V> {
        SortedMap::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::prng::Prng;

    #[test]
    fn it_does_what_a_tree_does() {
        let mut prng = Prng::new(1);
        let (mut map, mut tree) = (SortedMap::new(), BTreeMap::new());
        for turn in 0..2_000 {
            prng.begin_event();
            let key = prng.up_to(40);
            match prng.up_to(3) {
                0 | 1 => assert_eq!(map.insert(key, turn), tree.insert(key, turn)),
                2 => assert_eq!(map.remove(&key), tree.remove(&key)),
                _ => assert_eq!(map.pop_first(), tree.pop_first()),
            }
            assert!(map.iter().eq(tree.iter()));
            assert_eq!(map.get(&key), tree.get(&key));
            assert_eq!(map.first(), tree.first_key_value());
            assert_eq!(map.is_empty(), tree.is_empty());
        }
    }
}
