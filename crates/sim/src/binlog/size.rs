//! How many bytes each event takes in a binary log file, checksum included.
//!
//! Measured in files written by 9.7; every event is a 19-byte header, a body, and 4 bytes CRC32.

use crate::engine::Row;
use crate::gtid::GtidSet;
use crate::operation::{ColumnDefinition, ColumnKind, TableDefinition};
use crate::value::Value;

use super::event::{RowChange, RowsKind};

/// Bytes before the first event of a file.
pub const MAGIC: u64 = 4;

/// Bytes of the header of every event.
pub const COMMON_HEADER: usize = 19;

/// `Format_description`
pub const FORMAT_DESCRIPTION: u64 = 123;

/// `Xid`
pub const XID: u64 = 31;

/// `Stop`
pub const STOP: u64 = 23;

/// Largest sum of rows in one rows event (`binlog_row_event_max_size`).
pub const ROWS_EVENT_LIMIT: u64 = 8192;

/// Wall clock at cluster time 0, in seconds: 2026-11-20 10:00:00 UTC.
pub const EPOCH_SECONDS: u32 = 1_795_168_800;

/// Who writes an event: the server of origin, or an applier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// A client's session.
    Origin,
    /// A replica's applier.
    Applier,
}

/// `Previous_gtids`
pub fn previous_gtids(set: &GtidSet) -> u64 {
    let (uuids, intervals) = set.shape();
    31 + 24 * uuids as u64 + 16 * intervals as u64
}

/// `Gtid` of a transaction whose other events take `rest` bytes.
pub fn gtid(writer: Writer, rest: u64) -> u64 {
    let fixed = match writer {
        Writer::Origin => 76,
        Writer::Applier => 83,
    };
    let with = |length_bytes: u64| fixed + length_bytes;
    for (length_bytes, limit) in [(1, 251), (3, 1 << 16), (4, 1 << 24)] {
        if rest + with(length_bytes) < limit {
            return with(length_bytes);
        }
    }
    with(9)
}

/// `Query` with the text `BEGIN`, begun by a statement of this kind.
pub fn begin(writer: Writer, default_db: &str, first: Option<(RowsKind, UsesTime)>) -> u64 {
    let fixed = match writer {
        Writer::Origin => 71 + first.map_or(0, |(kind, time)| status_of(kind, time)),
        Writer::Applier => 66,
    };
    fixed + default_db.len() as u64
}

/// `Query` with the text `COMMIT`, at the end of a transaction without rows.
pub fn commit(default_db: &str) -> u64 {
    72 + default_db.len() as u64
}

/// Whether a statement stored a DATETIME or TIMESTAMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsesTime {
    /// It did: the session's time zone, SYSTEM, goes with it.
    Yes,
    /// It did not.
    No,
}

fn status_of(kind: RowsKind, time: UsesTime) -> u64 {
    let updated_tables = if kind == RowsKind::Update { 9 } else { 0 };
    let time_zone = if time == UsesTime::Yes { 8 } else { 0 };
    updated_tables + time_zone
}

/// `Query` of a statement logged as text. `object_db` is the database it accesses, `xid` whether it
/// is an atomic one, `extra` the bytes its kind adds.
pub fn query(
    default_db: &str,
    object_db: Option<&str>,
    has_xid: bool,
    extra: u64,
    text: &str,
) -> u64 {
    let accessed = object_db.map_or(0, |db| 3 + db.len() as u64);
    let xid = if has_xid { 9 } else { 0 };
    let status = 29 + accessed + xid + extra;
    37 + status + default_db.len() as u64 + text.len() as u64
}

/// `Table_map`
pub fn table_map(db: &str, table: &TableDefinition) -> u64 {
    let columns = table.columns.len() as u64;
    let kinds = || table.columns.iter().map(|column| column.kind);
    let metadata: u64 = kinds().map(metadata_len).sum();
    let numeric = kinds().filter(|kind| kind.is_number()).count() as u64;
    let mut optional = 0;
    if 0 < numeric {
        optional += 2 + numeric.div_ceil(8);
    }
    optional += character_sets(kinds());
    19 + 8
        + (db.len() as u64 + 2)
        + (table.name.len() as u64 + 2)
        + length_encoded(columns)
        + columns
        + length_encoded(metadata)
        + metadata
        + columns.div_ceil(8)
        + optional
        + 4
}

/// `Write_rows`, `Update_rows`, `Delete_rows`
pub fn rows(kind: RowsKind, columns: &[ColumnDefinition], changes: &[RowChange]) -> u64 {
    let bitmap = (columns.len() as u64).div_ceil(8);
    let bitmaps = match kind {
        RowsKind::Write | RowsKind::Delete => bitmap,
        RowsKind::Update => 2 * bitmap,
    };
    let images: u64 = changes
        .iter()
        .map(|change| row_change(columns, change))
        .sum();
    19 + 10 + 1 + bitmaps + images + 4
}

/// The images of one changed row.
pub fn row_change(columns: &[ColumnDefinition], change: &RowChange) -> u64 {
    let before = change.before.as_ref().map_or(0, |row| image(columns, row));
    let after = change
        .after
        .as_ref()
        .map_or(0, |(_, row)| image(columns, row));
    before + after
}

/// `Rotate`; also the fake one on the wire.
pub fn rotate(next_name_len: usize) -> u64 {
    31 + next_name_len as u64
}

fn image(columns: &[ColumnDefinition], row: &Row) -> u64 {
    let nulls = (columns.len() as u64).div_ceil(8);
    let cells = columns.iter().zip(row.iter());
    nulls
        + cells
            .map(|(column, value)| cell(column.kind, value))
            .sum::<u64>()
}

fn cell(kind: ColumnKind, value: &Value) -> u64 {
    let text_len = match value {
        Value::Null => return 0,
        Value::Text(text) => text.len() as u64,
        Value::Int(_) | Value::Decimal(_) | Value::Double(_) => 0,
    };
    match kind {
        ColumnKind::TinyInt | ColumnKind::Bool | ColumnKind::Year | ColumnKind::Enum => 1,
        ColumnKind::SmallInt => 2,
        ColumnKind::MediumInt | ColumnKind::Date | ColumnKind::Time => 3,
        ColumnKind::Int | ColumnKind::Timestamp | ColumnKind::Float => 4,
        ColumnKind::DateTime => 5,
        ColumnKind::BigInt | ColumnKind::Double => 8,
        ColumnKind::Unsigned(bytes) => bytes.into(),
        ColumnKind::Decimal(digits, scale) => packed(digits - scale) + packed(scale),
        ColumnKind::Char(chars) | ColumnKind::VarChar(chars) => {
            let length_bytes = if chars * BYTES_PER_CHARACTER < 256 {
                1
            } else {
                2
            };
            length_bytes + text_len
        }
        ColumnKind::TinyText => 1 + text_len,
        ColumnKind::Text | ColumnKind::Blob => 2 + text_len,
        ColumnKind::MediumText => 3 + text_len,
        ColumnKind::LongText => 4 + text_len,
    }
}

/// Bytes of so many decimal digits: nine take four.
fn packed(digits: u8) -> u64 {
    const REST: [u64; 9] = [0, 1, 1, 2, 2, 3, 3, 4, 4];
    u64::from(digits / 9) * 4 + REST[usize::from(digits % 9)]
}

fn metadata_len(kind: ColumnKind) -> u64 {
    match kind {
        ColumnKind::Char(_)
        | ColumnKind::VarChar(_)
        | ColumnKind::Decimal(..)
        | ColumnKind::Enum => 2,
        ColumnKind::DateTime
        | ColumnKind::Timestamp
        | ColumnKind::Time
        | ColumnKind::Float
        | ColumnKind::Double => 1,
        kind if kind.is_long_text() => 1,
        _ => 0,
    }
}

/// Bytes that say which character sets text columns have: the most frequent one, and the others.
fn character_sets(kinds: impl Iterator<Item = ColumnKind>) -> u64 {
    let (mut texts, mut blobs) = (0_u64, 0_u64);
    for kind in kinds {
        match kind {
            ColumnKind::Blob => blobs += 1,
            ColumnKind::Char(_) | ColumnKind::VarChar(_) => texts += 1,
            kind if kind.is_long_text() => texts += 1,
            _ => {}
        }
    }
    match (texts, blobs) {
        (0, 0) => 0,
        // The number of utf8mb4's collation takes three bytes, that of binary one.
        (texts, blobs) if blobs <= texts => 2 + 3 + 2 * blobs,
        (texts, _) => 2 + 1 + 4 * texts,
    }
}

fn length_encoded(value: u64) -> u64 {
    match value {
        0..=250 => 1,
        251..=0xFFFF => 3,
        0x1_0000..=0xFF_FFFF => 4,
        _ => 9,
    }
}

/// utf8mb4
const BYTES_PER_CHARACTER: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::RowKey;

    fn table(kinds: &[ColumnKind]) -> TableDefinition {
        let column = |(i, kind): (usize, &ColumnKind)| ColumnDefinition {
            name: format!("c{i}"),
            kind: *kind,
            nullable: true,
            default: None,
            auto_increment: false,
            words: Vec::new(),
        };
        TableDefinition {
            name: "t".to_owned(),
            columns: kinds.iter().enumerate().map(column).collect(),
            primary_key: vec![0],
        }
    }

    /// The sizes of an INSERT of these rows: Gtid, BEGIN, `Table_map`, `Write_rows`.
    #[track_caller]
    fn check(db: &str, kinds: &[ColumnKind], rows_in: &[&[Value]], expected: [u64; 4]) {
        let table = table(kinds);
        let changes: Vec<_> = rows_in
            .iter()
            .map(|row| RowChange {
                key: RowKey::default(),
                before: None,
                after: Some((RowKey::default(), row.iter().cloned().collect())),
            })
            .collect();
        let begin = begin(Writer::Origin, db, Some((RowsKind::Write, UsesTime::No)));
        let map = table_map(db, &table);
        let rows = rows(RowsKind::Write, &table.columns, &changes);
        let gtid = gtid(Writer::Origin, begin + map + rows + XID);
        assert_eq!([gtid, begin, map, rows], expected);
    }

    #[test]
    fn an_insert_has_the_sizes_measured_in_9_7() {
        let one: &[Value] = &[Value::Int(1)];
        check("lab", &[ColumnKind::Int], &[one], [79, 74, 46, 40]);
        check("d", &[ColumnKind::Int], &[one], [79, 72, 44, 40]);
        check(
            "lab",
            &[ColumnKind::Int],
            &[one, one, one],
            [79, 74, 46, 50],
        );
        let pair: &[Value] = &[Value::Int(1), Value::Int(2)];
        check("d", &[ColumnKind::Int; 2], &[pair], [79, 72, 45, 44]);
        let named: &[Value] = &[Value::Int(1), Value::Text("abc".to_owned())];
        let kinds = [ColumnKind::Int, ColumnKind::VarChar(20)];
        check("lab", &kinds, &[named], [79, 74, 54, 44]);
    }

    #[test]
    fn ddl_has_the_sizes_measured_in_9_7() {
        let text = "CREATE DATABASE d";
        assert_eq!(query("d", Some("d"), true, 2, text), 99);
        assert_eq!(gtid(Writer::Origin, 99), 77);
        let text = "DROP TABLE `t` /* generated by server */";
        assert_eq!(query("lab", Some("lab"), true, 0, text), 124);
        let text = "CREATE TABLE t (id INT PRIMARY KEY)";
        let size = query("lab", Some("lab"), true, 2, text);
        assert_eq!(size, 86 + text.len() as u64);
    }

    #[test]
    fn an_update_and_a_time_make_begin_longer() {
        let size = |kind, time| begin(Writer::Origin, "lab", Some((kind, time)));
        assert_eq!(size(RowsKind::Write, UsesTime::No), 74);
        assert_eq!(size(RowsKind::Write, UsesTime::Yes), 82);
        assert_eq!(size(RowsKind::Update, UsesTime::No), 83);
        assert_eq!(size(RowsKind::Update, UsesTime::Yes), 91);
        assert_eq!(size(RowsKind::Delete, UsesTime::No), 74);
    }

    #[test]
    fn other_statements_have_the_sizes_measured_in_9_7() {
        let measured = [
            ("FLUSH STATUS", None, false, 0, 81),
            ("FLUSH PRIVILEGES", Some("mysql"), false, 0, 93),
            ("TRUNCATE TABLE t", None, true, 0, 94),
            (
                "CREATE TABLE IF NOT EXISTS t (id INT)",
                Some("lab"),
                false,
                2,
                114,
            ),
            (
                "GRANT SELECT ON *.* TO 'x'@'localhost'",
                Some("mysql"),
                true,
                16,
                140,
            ),
            ("DROP USER x@localhost", Some("mysql"), true, 0, 107),
        ];
        for (text, db, has_xid, extra, size) in measured {
            assert_eq!(query("lab", db, has_xid, extra, text), size, "{text}");
        }
    }

    #[test]
    fn an_applier_writes_a_longer_gtid_and_no_catalog() {
        assert_eq!(begin(Writer::Applier, "lab", None), 69);
        assert_eq!(gtid(Writer::Applier, 69 + 46 + 40 + 31), 86);
    }

    #[test]
    fn previous_gtids_grow_with_uuids_and_intervals() {
        let sizes = ["", "11111111-1111-1111-1111-111111111111:1-5"]
            .map(|text| previous_gtids(&text.parse().expect("a GTID set")));
        assert_eq!(sizes, [31, 71]);
    }
}
