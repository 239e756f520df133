//! The values that differ from run to run.

/// The column of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    /// Its heading.
    pub(super) name: &'a str,
    /// Whether the table lists sessions, so that a column `Id` means connections.
    pub(super) of_processes: bool,
}

/// Headings of connection ids.
const CONNECTIONS: [&str; 4] = ["Id", "ID", "PROCESSLIST_ID", "CONNECTION_ID()"];

/// Where servers keep their files, up to the server's name.
const DIRECTORY: &str = "/tmp/semisync-record/";

/// A cell with what means nothing replaced by `…`.
pub(super) fn normalise_cell(column: Column<'_>, cell: &str) -> String {
    let is_number = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    if column.of_processes && is_number && CONNECTIONS.contains(&column.name) {
        return "…".to_owned();
    }
    if is_time_of_an_error(column.name) && cell.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        return "…".to_owned();
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let suffix = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"-.+~".contains(c));
        end.unwrap_or(text.len())
    };
    let path = |text: &str| text.find("data").map_or(0, |at| at + "data".len());
    let cell = replace_after(cell, "xid=", digits);
    let cell = replace_after(&cell, "table_id: ", digits);
    let cell = replace_after(&cell, "9.7.", suffix);
    if column.name.ends_with("_Error_Timestamp") && !cell.is_empty() {
        return "…".to_owned();
    }
    let cell = match column.name {
        "Host" | "HOST" | "PROCESSLIST_HOST" => replace_after(&cell, "localhost:", digits),
        _ => cell,
    };
    replace_after(&cell, DIRECTORY, path).replace(DIRECTORY, "")
}

/// Whether a column tells when a thread of replication failed: nothing, or zeroes, if it did not.
fn is_time_of_an_error(column: &str) -> bool {
    column.to_ascii_uppercase().ends_with("_ERROR_TIMESTAMP")
}

/// Whether a row tells how long waits took, in microseconds: `Rpl_semi_sync_source_tx_wait_time`
/// and its like.
pub(super) fn is_of_elapsed_time(cell: &str) -> bool {
    cell.ends_with("_wait_time") && cell.starts_with("Rpl_semi_sync")
}

/// The value in such a row: zero means that nothing waited, and stays.
pub(super) fn normalise_elapsed(cell: &str) -> String {
    match cell.parse::<u64>() {
        Ok(1..) => "…".to_owned(),
        _ => cell.to_owned(),
    }
}

/// Replaces by `…` what follows each `mark`, as long as `length` says.
fn replace_after(text: &str, mark: &str, length: impl Fn(&str) -> usize) -> String {
    let mut parts = text.split(mark);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        replaced.push_str(mark);
        let length = length(part);
        if 0 < length {
            replaced.push('…');
        }
        replaced.push_str(&part[length..]);
    }
    replaced
}
