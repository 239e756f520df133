//! What differs between two runs of the same lab without meaning anything, made equal.
//!
//! Elapsed times, version suffixes, XIDs and table ids, connection ids, data directories, and the
//! error of a failed reconnect (docs/lab-script.md, Transcript). Tables are laid out again after
//! their cells were changed.

mod cells;
mod drawing;

use cells::{Column, normalise_cell};
use drawing::Table;

/// The line before the error of a failed reconnect.
const RECONNECTING: &str = "No connection. Trying to reconnect...";

/// What a failed reconnect prints, whatever the error was.
const NO_SERVER: &str = "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)";

/// Normalises what a client printed for one statement.
pub fn normalise(printed: &str) -> String {
    let mut lines = printed.split_inclusive('\n').peekable();
    let mut normalised = String::with_capacity(printed.len());
    let mut reconnecting = false;
    let mut rest = printed;
    while let Some(line) = lines.next() {
        if let Some((table, length)) = Table::read(rest) {
            normalised.push_str(&table.map(normalise_cell).to_string());
            let end = rest.len() - length;
            while end < rest.len() {
                rest = &rest[rest.find('\n').map_or(rest.len(), |at| at + 1)..];
                if end < rest.len() {
                    lines.next();
                }
            }
            continue;
        }
        rest = &rest[line.len()..];
        let text = line.strip_suffix('\n').unwrap_or(line);
        normalised.push_str(&normalise_line(text, reconnecting));
        if line.len() != text.len() {
            normalised.push('\n');
        }
        reconnecting = text == RECONNECTING;
    }
    normalised
}

fn normalise_line(line: &str, reconnecting: bool) -> String {
    if reconnecting && line.starts_with("ERROR 20") {
        return NO_SERVER.to_owned();
    }
    if line.strip_prefix("Connection id:").is_some() {
        return "Connection id:    …".to_owned();
    }
    if let Some(line) = with_whole_seconds(line) {
        return line;
    }
    // A row of \G output: the name of the column, right-aligned, and its value.
    match line.split_once(": ") {
        Some((name, value)) => {
            let column = Column {
                name: name.trim_start(),
                of_processes: true,
            };
            format!("{name}: {}", normalise_cell(column, value))
        }
        None => line.to_owned(),
    }
}

/// `Empty set (0.003 sec)` with `(0.00 sec)`, or whole seconds from 1.5 on; `None` if the line does
/// not end so.
fn with_whole_seconds(line: &str) -> Option<String> {
    let (before, elapsed) = line.strip_suffix(" sec)")?.rsplit_once('(')?;
    let mut seconds = 0.0;
    let mut words = elapsed.split(' ').peekable();
    while let Some(number) = words.next() {
        let number: f64 = number.parse().ok()?;
        seconds += match words.next() {
            None => number,
            Some("min") => 60.0 * number,
            Some("hour" | "hours") => 3600.0 * number,
            Some("day" | "days") => 86_400.0 * number,
            Some(_) => return None,
        };
    }
    Some(if seconds < 1.5 {
        format!("{before}(0.00 sec)")
    } else {
        format!("{before}({seconds:.0} sec)")
    })
}

#[cfg(test)]
mod tests;
