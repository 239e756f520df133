//! Binary log positions and their order.
//!
//! A position is a binary log base name and an end offset: where the next event starts. File names
//! are compared by length first, then bytewise, so that `binlog.1000000` comes after
//! `binlog.999999` (9.7; `log_bin` names as the server prints them, without directory).

use alloc::boxed::Box;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use crate::Generation;

/// A binary log base name. Names up to 46 bytes need no allocation.
#[derive(Clone)]
pub struct BinlogFileName(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<[u8]>),
}

/// An end position in a binary log: the file, and where its next event starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BinlogPosition {
    /// Base name of the binary log file.
    pub file: BinlogFileName,
    /// Offset in bytes of the end of an event.
    pub offset: u64,
}

/// How file names are compared: what a [`Generation`] of servers does.
///
/// The order of [`BinlogPosition`] itself is [`PositionOrder::LengthFirst`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PositionOrder {
    /// Shorter names first, then bytewise (9.7).
    LengthFirst,
    /// Bytewise only: `binlog.1000000` is before `binlog.999999` (older servers).
    Bytewise,
}

impl PositionOrder {
    /// How servers of this generation compare.
    pub const fn of(generation: Generation) -> PositionOrder {
        match generation {
            Generation::V5_5 | Generation::V8_4 => PositionOrder::Bytewise,
            Generation::V9_7 => PositionOrder::LengthFirst,
        }
    }

    /// Compares two positions. Nearly always they are in the same file.
    #[inline]
    pub fn cmp(self, a: &BinlogPosition, b: &BinlogPosition) -> Ordering {
        if a.file == b.file {
            return a.offset.cmp(&b.offset);
        }
        self.cmp_names(&a.file, &b.file)
    }

    /// Whether `a` is before `b`.
    pub fn is_before(self, a: &BinlogPosition, b: &BinlogPosition) -> bool {
        self.cmp(a, b).is_lt()
    }

    /// Whether `a` has everything before `b`: `b <= a`.
    pub fn reaches(self, a: &BinlogPosition, b: &BinlogPosition) -> bool {
        self.cmp(a, b).is_ge()
    }

    fn cmp_names(self, a: &BinlogFileName, b: &BinlogFileName) -> Ordering {
        match self {
            PositionOrder::LengthFirst => a.cmp(b),
            PositionOrder::Bytewise => a.as_bytes().cmp(b.as_bytes()),
        }
    }
}

impl BinlogFileName {
    /// The empty name, which sorts before all others.
    pub const EMPTY: BinlogFileName = BinlogFileName(Repr::Inline {
        len: 0,
        bytes: [0; INLINE],
    });

    /// A name from the bytes a server uses; anything up to and including the last `/` is dropped.
    pub fn new(name: impl AsRef<[u8]>) -> BinlogFileName {
        let name = name.as_ref();
        let base = match name.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => &name[slash + 1..],
            None => name,
        };
        BinlogFileName::from_base_name(base)
    }

    /// The bytes of the name.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Repr::Heap(bytes) => bytes,
        }
    }

    /// Whether this is the empty name (an auto-position dump starts there).
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    fn from_base_name(base: &[u8]) -> BinlogFileName {
        if base.len() <= INLINE {
            let mut bytes = [0; INLINE];
            bytes[..base.len()].copy_from_slice(base);
            BinlogFileName(Repr::Inline {
                len: base.len() as u8,
                bytes,
            })
        } else {
            BinlogFileName(Repr::Heap(base.into()))
        }
    }
}

impl BinlogPosition {
    /// The position at `offset` in `file`.
    pub fn new(file: impl AsRef<[u8]>, offset: u64) -> BinlogPosition {
        BinlogPosition {
            file: BinlogFileName::new(file),
            offset,
        }
    }
}

impl Default for BinlogFileName {
    fn default() -> BinlogFileName {
        BinlogFileName::EMPTY
    }
}

impl PartialEq for BinlogFileName {
    #[inline]
    fn eq(&self, other: &BinlogFileName) -> bool {
        match (&self.0, &other.0) {
            // Bytes behind a name are zero, so whole arrays can be compared, word by word.
            (
                Repr::Inline { len, bytes },
                Repr::Inline {
                    len: other_len,
                    bytes: other_bytes,
                },
            ) => len == other_len && is_same(bytes, other_bytes),
            _ => self.as_bytes() == other.as_bytes(),
        }
    }
}

impl Eq for BinlogFileName {}

impl Hash for BinlogFileName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialOrd for BinlogFileName {
    fn partial_cmp(&self, other: &BinlogFileName) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialOrd for BinlogPosition {
    fn partial_cmp(&self, other: &BinlogPosition) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BinlogPosition {
    fn cmp(&self, other: &BinlogPosition) -> Ordering {
        PositionOrder::LengthFirst.cmp(self, other)
    }
}

impl Ord for BinlogFileName {
    fn cmp(&self, other: &BinlogFileName) -> Ordering {
        let (a, b) = (self.as_bytes(), other.as_bytes());
        a.len().cmp(&b.len()).then_with(|| a.cmp(b))
    }
}

impl fmt::Display for BinlogFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for BinlogFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl fmt::Display for BinlogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.file, self.offset)
    }
}

/// Compares without a call: this is the hottest comparison there is.
#[inline]
fn is_same(a: &[u8; INLINE], b: &[u8; INLINE]) -> bool {
    let difference = word::<0>(a) ^ word::<0>(b);
    let difference = difference | (word::<16>(a) ^ word::<16>(b));
    difference | (word::<LAST>(a) ^ word::<LAST>(b)) == 0
}

#[inline]
fn word<const START: usize>(bytes: &[u8; INLINE]) -> u128 {
    let mut word = [0; 16];
    word.copy_from_slice(&bytes[START..START + 16]);
    u128::from_ne_bytes(word)
}

const LAST: usize = INLINE - 16;

#[cfg(feature = "serde")]
impl serde::Serialize for BinlogFileName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(self.as_bytes());
        }
        // Real names are UTF-8: recordings stay readable. Any other bytes are a sequence.
        match core::str::from_utf8(self.as_bytes()) {
            Ok(name) => serializer.serialize_str(name),
            Err(_) => serializer.serialize_bytes(self.as_bytes()),
        }
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for BinlogFileName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> serde::de::Visitor<'de> for NameVisitor {
            type Value = BinlogFileName;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a binary log file name")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(BinlogFileName::from_base_name(name.as_bytes()))
            }
            fn visit_bytes<E: serde::de::Error>(self, name: &[u8]) -> Result<Self::Value, E> {
                Ok(BinlogFileName::from_base_name(name))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<Self::Value, A::Error> {
                let mut bytes = alloc::vec::Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(BinlogFileName::from_base_name(&bytes))
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(NameVisitor)
        } else {
            deserializer.deserialize_bytes(NameVisitor)
        }
    }
}

const INLINE: usize = 46;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(earlier: (&str, u64), later: (&str, u64)) {
        let earlier = BinlogPosition::new(earlier.0, earlier.1);
        let later = BinlogPosition::new(later.0, later.1);
        assert!(earlier < later, "{earlier} should be before {later}");
        assert!(later > earlier);
    }

    #[test]
    fn a_longer_file_name_is_later() {
        check(("binlog.999999", 500), ("binlog.1000000", 4));
    }

    #[test]
    fn equal_lengths_compare_bytewise_then_by_offset() {
        check(("binlog.000001", 900), ("binlog.000002", 4));
        check(("binlog.000001", 4), ("binlog.000001", 5));
    }

    #[test]
    fn older_servers_compare_bytewise_only() {
        let bytewise = PositionOrder::of(Generation::V8_4);
        let before = BinlogPosition::new("binlog.999999", 500);
        let after = BinlogPosition::new("binlog.1000000", 4);
        assert!(bytewise.is_before(&after, &before));
        assert!(PositionOrder::of(Generation::V9_7).is_before(&before, &after));
        assert!(bytewise.reaches(&before, &before));
    }

    #[test]
    fn the_empty_name_is_before_all_others() {
        check(("", 4), ("binlog.000001", 0));
    }

    #[test]
    fn a_directory_is_not_part_of_the_name() {
        assert_eq!(
            BinlogFileName::new("./data/binlog.000001"),
            BinlogFileName::new("binlog.000001")
        );
    }

    #[test]
    fn names_that_differ_in_one_byte_differ() {
        for len in [1, INLINE, INLINE + 1] {
            let name = alloc::vec![b'x'; len];
            for index in 0..len {
                let mut other = name.clone();
                other[index] = b'y';
                let (name, other) = (BinlogFileName::new(&name), BinlogFileName::new(&other));
                assert!(name != other && name < other, "byte {index} of {len}");
                let position = |file| BinlogPosition { file, offset: 4 };
                assert!(position(name) < position(other), "byte {index} of {len}");
            }
        }
        assert_ne!(BinlogFileName::new("a"), BinlogFileName::new("a\0"));
    }

    #[test]
    fn names_of_any_length_keep_their_bytes() {
        for len in [0, 1, INLINE, INLINE + 1, 511] {
            let name = alloc::vec![b'x'; len];
            assert_eq!(BinlogFileName::new(&name).as_bytes(), &name[..]);
        }
    }
}
