//! Global transaction identifiers and sets of them, as `gtid_executed` prints them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A server's UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServerUuid([u8; 16]);

/// One transaction's identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Gtid {
    /// Server of origin.
    pub uuid: ServerUuid,
    /// Its number there, from 1.
    pub number: u64,
}

/// A set of identifiers, kept as intervals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GtidSet {
    intervals: BTreeMap<ServerUuid, Vec<(u64, u64)>>,
}

/// A text that is no UUID or no GTID set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedGtid;

impl ServerUuid {
    /// The UUID of server number `n` (from 1) in a cluster: its digit repeated.
    pub fn of_server(n: u16) -> ServerUuid {
        match u8::try_from(n) {
            Ok(digit) if digit < 16 => ServerUuid([digit * 0x11; 16]),
            _ => {
                let mut bytes = [0; 16];
                bytes[14..].copy_from_slice(&n.to_be_bytes());
                ServerUuid(bytes)
            }
        }
    }
}

impl GtidSet {
    /// The empty set.
    pub fn new() -> GtidSet {
        GtidSet::default()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Whether `gtid` is in it.
    pub fn contains(&self, gtid: Gtid) -> bool {
        self.intervals.get(&gtid.uuid).is_some_and(|list| {
            let next = list.partition_point(|(first, _)| *first <= gtid.number);
            0 < next && gtid.number <= list[next - 1].1
        })
    }

    /// Adds one.
    pub fn add(&mut self, gtid: Gtid) {
        self.add_interval(gtid.uuid, gtid.number, gtid.number);
    }

    /// Adds the numbers from `first` to `last`.
    pub fn add_interval(&mut self, uuid: ServerUuid, first: u64, last: u64) {
        let list = self.intervals.entry(uuid).or_default();
        if let Some((_, end)) = list.last_mut()
            && end.checked_add(1) == Some(first)
        {
            *end = last;
            return;
        }
        let from = list.partition_point(|(_, end)| end.saturating_add(1) < first);
        let to = list.partition_point(|(start, _)| *start <= last.saturating_add(1));
        let merged = list[from..to]
            .iter()
            .fold((first, last), |(a, b), (start, end)| {
                (a.min(*start), b.max(*end))
            });
        list.splice(from..to, [merged]);
    }

    /// Takes one out.
    pub fn remove(&mut self, gtid: Gtid) {
        let list = self.intervals.get_mut(&gtid.uuid);
        match list.map(Vec::as_mut_slice) {
            None => return,
            Some([(first, last)]) if *first == gtid.number && *last == gtid.number => {
                self.intervals.remove(&gtid.uuid);
                return;
            }
            Some([(first, last), ..]) if *first == gtid.number && *first < *last => {
                *first += 1;
                return;
            }
            Some(_) => {}
        }
        let mut one = GtidSet::new();
        one.add(gtid);
        *self = self.subtract(&one);
    }

    /// Adds all of `other`.
    pub fn union(&mut self, other: &GtidSet) {
        for (uuid, list) in &other.intervals {
            for (first, last) in list {
                self.add_interval(*uuid, *first, *last);
            }
        }
    }

    /// What is in `self` and not in `other`.
    pub fn subtract(&self, other: &GtidSet) -> GtidSet {
        let mut result = GtidSet::new();
        for (uuid, list) in &self.intervals {
            let minus = other.intervals.get(uuid).map_or(&[][..], Vec::as_slice);
            for (first, last) in list {
                let mut from = *first;
                for (start, end) in minus {
                    if *end < from || *last < *start {
                        continue;
                    }
                    if from < *start {
                        result.add_interval(*uuid, from, start - 1);
                    }
                    from = end.saturating_add(1);
                }
                if from <= *last {
                    result.add_interval(*uuid, from, *last);
                }
            }
        }
        result
    }

    /// Whether all of `self` is in `other`.
    pub fn is_subset(&self, other: &GtidSet) -> bool {
        self.subtract(other).is_empty()
    }

    /// The part that came from `uuid`.
    pub fn only(&self, uuid: ServerUuid) -> GtidSet {
        let mut result = GtidSet::new();
        if let Some(list) = self.intervals.get(&uuid) {
            result.intervals.insert(uuid, list.clone());
        }
        result
    }

    /// The smallest number of `uuid` that is not in it.
    pub fn next_number(&self, uuid: ServerUuid) -> u64 {
        match self.intervals.get(&uuid).and_then(|list| list.first()) {
            Some((1, end)) => end + 1,
            _ => 1,
        }
    }

    /// The smallest number of `uuid` from `number` on that is not in it.
    pub fn next_free(&self, uuid: ServerUuid, number: u64) -> u64 {
        let Some(list) = self.intervals.get(&uuid) else {
            return number;
        };
        let next = list.partition_point(|(first, _)| *first <= number);
        match next.checked_sub(1).map(|index| list[index]) {
            Some((_, last)) if number <= last => last + 1,
            _ => number,
        }
    }

    /// How many UUIDs and how many intervals it has.
    pub fn shape(&self) -> (usize, usize) {
        (
            self.intervals.len(),
            self.intervals.values().map(Vec::len).sum(),
        )
    }

    /// How many transactions it has.
    pub fn count(&self) -> u64 {
        let lists = self.intervals.values().flatten();
        lists.map(|(first, last)| last - first + 1).sum()
    }

    /// Every identifier in it, in order.
    pub fn iter(&self) -> impl Iterator<Item = Gtid> + '_ {
        self.intervals.iter().flat_map(|(uuid, list)| {
            list.iter().flat_map(move |(first, last)| {
                (*first..=*last).map(move |number| Gtid {
                    uuid: *uuid,
                    number,
                })
            })
        })
    }
}

impl fmt::Display for ServerUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Identifiers are printed for every transaction: digit by digit is ten times as quick.
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (i, byte) in self.0.iter().enumerate() {
            at += usize::from(matches!(i, 4 | 6 | 8 | 10));
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 15)];
            at += 2;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ServerUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.uuid, self.number)
    }
}

/// As MySQL prints it: one UUID a line, the lines joined by `,` and a line break.
impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (uuid, list)) in self.intervals.iter().enumerate() {
            if 0 < i {
                f.write_str(",\n")?;
            }
            write!(f, "{uuid}")?;
            for (first, last) in list {
                if first == last {
                    write!(f, ":{first}")?;
                } else {
                    write!(f, ":{first}-{last}")?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for MalformedGtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed GTID set")
    }
}

impl std::error::Error for MalformedGtid {}

impl FromStr for ServerUuid {
    type Err = MalformedGtid;

    fn from_str(text: &str) -> Result<ServerUuid, MalformedGtid> {
        let digits: Vec<u32> = text
            .chars()
            .filter(|c| *c != '-')
            .map(|c| c.to_digit(16).ok_or(MalformedGtid))
            .collect::<Result<_, _>>()?;
        if digits.len() != 32 {
            return Err(MalformedGtid);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = (pair[0] * 16 + pair[1]) as u8;
        }
        Ok(ServerUuid(bytes))
    }
}

impl FromStr for Gtid {
    type Err = MalformedGtid;

    fn from_str(text: &str) -> Result<Gtid, MalformedGtid> {
        let (uuid, number) = text.trim().split_once(':').ok_or(MalformedGtid)?;
        Ok(Gtid {
            uuid: uuid.parse()?,
            number: number.parse().map_err(|_| MalformedGtid)?,
        })
    }
}

impl FromStr for GtidSet {
    type Err = MalformedGtid;

    fn from_str(text: &str) -> Result<GtidSet, MalformedGtid> {
        let mut set = GtidSet::new();
        let parts = text.split(',').map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            let mut fields = part.split(':').map(str::trim);
            let uuid = fields.next().ok_or(MalformedGtid)?.parse()?;
            for interval in fields {
                let (first, last) = interval.split_once('-').unwrap_or((interval, interval));
                let number = |text: &str| text.trim().parse::<u64>().map_err(|_| MalformedGtid);
                let (first, last) = (number(first)?, number(last)?);
                if first == 0 {
                    return Err(MalformedGtid);
                }
                if first <= last {
                    set.add_interval(uuid, first, last);
                }
            }
        }
        Ok(set)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> GtidSet {
        let full = text
            .replace('A', &ServerUuid::of_server(1).to_string())
            .replace('B', &ServerUuid::of_server(2).to_string());
        full.parse().expect("a GTID set")
    }

    #[track_caller]
    fn check(actual: &GtidSet, expected: &str) {
        assert_eq!(actual, &set(expected));
        assert_eq!(actual.to_string(), set(expected).to_string());
    }

    #[test]
    fn neighbours_become_one_interval_in_any_order() {
        let mut numbers = GtidSet::new();
        for number in [5, 1, 3, 2, 9, 4] {
            numbers.add(Gtid {
                uuid: ServerUuid::of_server(1),
                number,
            });
        }
        check(&numbers, "A:1-5:9");
        assert_eq!(numbers.next_number(ServerUuid::of_server(1)), 6);
    }

    #[test]
    fn union_and_subtraction_work_per_uuid() {
        let mut sum = set("A:1-3,B:7");
        sum.union(&set("A:3-6,B:1-2"));
        check(&sum, "A:1-6,B:1-2:7");
        check(&sum.subtract(&set("A:2-3:6,B:7")), "A:1:4-5,B:1-2");
        assert!(set("A:2-3").is_subset(&sum));
        assert!(!set("A:2-7").is_subset(&sum));
    }

    #[test]
    fn taking_out_splits_shortens_and_empties_intervals() {
        let uuid = ServerUuid::of_server(1);
        let mut numbers = set("A:1-5:9,B:1");
        for number in [1, 3, 9, 7] {
            numbers.remove(Gtid { uuid, number });
        }
        check(&numbers, "A:2:4-5,B:1");
        let uuid = ServerUuid::of_server(2);
        numbers.remove(Gtid { uuid, number: 1 });
        check(&numbers, "A:2:4-5");
    }

    #[test]
    fn the_next_free_number_is_behind_the_interval_it_falls_into() {
        let numbers = set("A:1-5:9");
        let uuid = ServerUuid::of_server(1);
        let free = [1, 5, 6, 9].map(|number| numbers.next_free(uuid, number));
        assert_eq!(free, [6, 6, 6, 10]);
        assert_eq!(numbers.next_free(ServerUuid::of_server(2), 1), 1);
    }

    #[test]
    fn it_prints_one_uuid_a_line() {
        assert_eq!(
            set("A:1-5,B:1").to_string(),
            "11111111-1111-1111-1111-111111111111:1-5,\n22222222-2222-2222-2222-222222222222:1"
        );
    }
}
