//! A sorted map that is cheap to clone: pieces of it are shared, and only those that change are
//! copied.
//!
//! The rows of tables are kept in it, so that a checkpoint, or going back to one, costs what is
//! changed afterwards and not what is there. Keys that come in order fill whole pieces.

use std::sync::Arc;

/// The map.
#[derive(Clone, Debug)]
pub struct SharedMap<K, V> {
    /// Sorted, none of them empty.
    chunks: Arc<Vec<Chunk<K, V>>>,
    len: usize,
}

type Chunk<K, V> = Arc<Vec<(K, V)>>;

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// An empty map.
    pub fn new() -> SharedMap<K, V> {
        SharedMap::default()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What stands at a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let chunk = self.chunks.get(self.chunk_of(key))?;
        let index = find(chunk, key).ok()?;
        Some(&chunk[index].1)
    }

    /// Puts a value at a key; gives back what stood there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let at = self.chunk_of(&key);
        let chunks = Arc::make_mut(&mut self.chunks);
        let Some(chunk) = chunks.get_mut(at) else {
            self.len = 1;
            chunks.push(Arc::new(vec![(key, value)]));
            return None;
        };
        let index = match find(chunk, &key) {
            Ok(index) => {
                let old = &mut Arc::make_mut(chunk)[index].1;
                return Some(std::mem::replace(old, value));
            }
            Err(index) => index,
        };
        self.len += 1;
        if chunk.len() < CHUNK {
            Arc::make_mut(chunk).insert(index, (key, value));
        } else if index == CHUNK {
            chunks.insert(at + 1, Arc::new(vec![(key, value)]));
        } else {
            let chunk = Arc::make_mut(chunk);
            chunk.insert(index, (key, value));
            let second = chunk.split_off(CHUNK / 2);
            chunks.insert(at + 1, Arc::new(second));
        }
        None
    }

    /// Takes a key out; gives back what stood there.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.chunk_of(key);
        let index = find(self.chunks.get(at)?, key).ok()?;
        let chunks = Arc::make_mut(&mut self.chunks);
        let chunk = Arc::make_mut(&mut chunks[at]);
        let (_, value) = chunk.remove(index);
        if chunk.is_empty() {
            chunks.remove(at);
        }
        self.len -= 1;
        Some(value)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        *self = SharedMap::new();
    }

    /// Keys and values, in the order of the keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let entries = self.chunks.iter().flat_map(|chunk| chunk.iter());
        entries.map(|(key, value)| (key, value))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The chunk a key is in, or belongs into.
    fn chunk_of(&self, key: &K) -> usize {
        let after = self.chunks.partition_point(|chunk| chunk[0].0 <= *key);
        after.saturating_sub(1)
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> SharedMap<K, V> {
        SharedMap {
            chunks: Arc::new(Vec::new()),
            len: 0,
        }
    }
}

fn find<K: Ord, V>(chunk: &[(K, V)], key: &K) -> Result<usize, usize> {
    chunk.binary_search_by(|(other, _)| other.cmp(key))
}

/// Small enough to be copied for one change, great enough that few are shared one by one.
const CHUNK: usize = 64;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::prng::Prng;

    #[track_caller]
    fn check(map: &SharedMap<u64, u64>, tree: &BTreeMap<u64, u64>) {
        assert!(map.iter().eq(tree.iter()));
        assert!(map.keys().rev().eq(tree.keys().rev()));
        assert!(map.values().eq(tree.values()));
        assert_eq!(map.len(), tree.len());
        assert_eq!(map.is_empty(), tree.is_empty());
    }

    #[test]
    fn it_does_what_a_tree_does() {
        let mut prng = Prng::new(1);
        let (mut map, mut tree) = (SharedMap::new(), BTreeMap::new());
        for turn in 0..4_000 {
            prng.begin_event();
            let key = prng.up_to(600);
            // First it grows, then it shrinks.
            let grows = prng.up_to(9) < if turn < 2_000 { 7 } else { 3 };
            match grows {
                true => assert_eq!(map.insert(key, turn), tree.insert(key, turn)),
                false => assert_eq!(map.remove(&key), tree.remove(&key)),
            }
            assert_eq!(map.get(&key), tree.get(&key));
            if turn % 50 == 0 {
                check(&map, &tree);
            }
        }
        for key in 0..=600 {
            assert_eq!(map.remove(&key), tree.remove(&key));
        }
        check(&map, &tree);
    }

    #[test]
    fn a_clone_does_not_see_what_is_changed_later() {
        let mut map = SharedMap::new();
        for key in 0..1_000 {
            map.insert(key, key);
        }
        let clone = map.clone();
        map.insert(500, 0);
        map.remove(&1);
        map.insert(2_000, 7);
        assert!(clone.iter().all(|(key, value)| key == value));
        assert_eq!((clone.len(), map.len()), (1_000, 1_000));
        map.clear();
        assert_eq!((clone.len(), map.len()), (1_000, 0));
    }

    #[test]
    fn keys_that_come_in_order_fill_whole_chunks() {
        let mut map = SharedMap::new();
        for key in 0..1_000 {
            map.insert(key, ());
        }
        assert_eq!(map.chunks.len(), 1_000_usize.div_ceil(CHUNK));
    }
}
