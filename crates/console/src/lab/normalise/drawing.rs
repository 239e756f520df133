//! A result as the `mysql` client draws it, taken apart and drawn again.

use std::fmt;

use super::Column;
use super::cells::{is_of_elapsed_time, normalise_elapsed};

/// A table: headings and rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Which columns are aligned to the right, as the client does with numbers.
    numeric: Vec<bool>,
}

impl Table {
    /// Reads the table at the beginning of `text`; also says how long it is there.
    pub(super) fn read(text: &str) -> Option<(Table, usize)> {
        let rule = text.split_inclusive('\n').next()?;
        let widths = widths(rule)?;
        let mut length = rule.len();
        let mut parts: Vec<Vec<&str>> = Vec::new();
        let mut rules = 1;
        while rules < 3 {
            let rest = &text[length..];
            if rest.starts_with(rule) {
                length += rule.len();
                rules += 1;
            } else {
                // A cell may contain line breaks: a row is as long as the rule, counted in
                // characters.
                let characters = rule.chars().count();
                let end = rest
                    .char_indices()
                    .nth(characters)
                    .map_or(rest.len(), |(at, _)| at);
                parts.push(split_row(&rest[..end], &widths)?);
                length += end;
            }
        }
        let numeric = (0..widths.len())
            .map(|column| parts[1..].iter().any(|row| is_right_aligned(row[column])))
            .collect();
        let mut rows = parts
            .into_iter()
            .map(|row| row.into_iter().map(trimmed).collect());
        let headings = rows.next()?;
        let rows = rows.collect();
        Some((
            Table {
                headings,
                rows,
                numeric,
            },
            length,
        ))
    }

    /// The table with every cell replaced by what `change` makes of it.
    pub(super) fn map(mut self, change: impl Fn(Column<'_>, &str) -> String) -> Table {
        let has = |name: &str| {
            self.headings
                .iter()
                .any(|heading| heading.eq_ignore_ascii_case(name))
        };
        let of_processes =
            has("Command") && has("Info") || has("PROCESSLIST_ID") || has("CONNECTION_ID()");
        for row in &mut self.rows {
            for (cell, name) in row.iter_mut().zip(&self.headings) {
                *cell = change(Column { name, of_processes }, cell);
            }
            if row.iter().any(|cell| is_of_elapsed_time(cell)) {
                row.iter_mut()
                    .for_each(|cell| *cell = normalise_elapsed(cell));
            }
        }
        self
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = std::iter::once(&self.headings).chain(&self.rows);
        let mut widths = vec![0; self.headings.len()];
        for line in lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let rule: String = widths
            .iter()
            .map(|width| format!("+{}", "-".repeat(width + 2)))
            .collect();
        writeln!(f, "{rule}+")?;
        write_row(f, &self.headings, &widths, None)?;
        writeln!(f, "{rule}+")?;
        for row in &self.rows {
            write_row(f, row, &widths, Some(&self.numeric))?;
        }
        writeln!(f, "{rule}+")
    }
}

fn write_row(
    f: &mut fmt::Formatter<'_>,
    row: &[String],
    widths: &[usize],
    numeric: Option<&[bool]>,
) -> fmt::Result {
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        if numeric.is_some_and(|numeric| numeric[index]) {
            write!(f, "| {cell:>width$} ")?;
        } else {
            write!(f, "| {cell:<width$} ")?;
        }
    }
    writeln!(f, "|")
}

/// The widths between the crosses of a rule, `None` if the line is none.
fn widths(rule: &str) -> Option<Vec<usize>> {
    let inner = rule.strip_suffix("+\n")?.strip_prefix('+')?;
    let widths: Vec<usize> = inner.split('+').map(str::len).collect();
    let dashes = inner.bytes().all(|byte| byte == b'-' || byte == b'+');
    (dashes && widths.iter().all(|width| 2 < *width)).then_some(widths)
}

/// The cells of a row with their padding.
fn split_row<'a>(row: &'a str, widths: &[usize]) -> Option<Vec<&'a str>> {
    let mut rest = row.strip_suffix("|\n")?;
    let mut cells = Vec::new();
    for width in widths {
        rest = rest.strip_prefix('|')?;
        let end = rest
            .char_indices()
            .nth(*width)
            .map_or(rest.len(), |(at, _)| at);
        cells.push(&rest[..end]);
        rest = &rest[end..];
    }
    rest.is_empty().then_some(cells)
}

fn is_right_aligned(cell: &str) -> bool {
    cell.starts_with("  ") && !cell.ends_with("  ")
}

fn trimmed(cell: &str) -> String {
    let cell = cell.strip_prefix(' ').unwrap_or(cell);
    cell.trim_matches(' ').to_owned()
}
