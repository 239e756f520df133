//! How the `mysql` client lays out what a server answers.

use std::fmt::Write as _;
use std::time::Duration;

use semisync_sim::SqlError;
use semisync_sim::operation::{OkPacket, Warning};

/// A result set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResultSet {
    pub(crate) columns: Vec<ResultColumn>,
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

/// A column of a result set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResultColumn {
    pub(crate) name: String,
    /// Numbers are aligned to the right.
    pub(crate) is_numeric: bool,
    /// A column that can be NULL is at least as wide as the word.
    pub(crate) is_nullable: bool,
    /// A binary string: the client makes room for it as hexadecimal.
    pub(crate) is_binary: bool,
}

impl ResultColumn {
    pub(crate) fn text(name: impl Into<String>) -> ResultColumn {
        ResultColumn {
            name: name.into(),
            is_numeric: false,
            is_nullable: false,
            is_binary: false,
        }
    }

    pub(crate) fn number(name: impl Into<String>) -> ResultColumn {
        ResultColumn {
            is_numeric: true,
            ..ResultColumn::text(name)
        }
    }

    pub(crate) fn nullable(self) -> ResultColumn {
        ResultColumn {
            is_nullable: true,
            ..self
        }
    }
}

impl ResultSet {
    /// A result with these columns and no rows yet.
    pub(crate) fn new(columns: Vec<ResultColumn>) -> ResultSet {
        ResultSet {
            columns,
            rows: Vec::new(),
        }
    }

    /// With one more row of texts.
    pub(crate) fn push_texts<T: Into<String>>(&mut self, row: impl IntoIterator<Item = T>) {
        self.rows
            .push(row.into_iter().map(|cell| Some(cell.into())).collect());
    }
}

/// What a statement's answer looks like: the rows and the line under them.
pub(crate) fn result_set(
    result: &ResultSet,
    vertical: bool,
    warnings: usize,
    elapsed: Duration,
) -> String {
    let time = elapsed_time(elapsed);
    let warnings = warning_count(warnings);
    if result.rows.is_empty() {
        return format!("Empty set{warnings} ({time})\n\n");
    }
    let rows = if vertical {
        vertical_rows(result)
    } else {
        table(result)
    };
    let count = result.rows.len();
    let plural = if count == 1 { "row" } else { "rows" };
    format!("{rows}{count} {plural} in set{warnings} ({time})\n\n")
}

/// What a statement without rows prints.
pub(crate) fn ok(packet: &OkPacket, elapsed: Duration) -> String {
    let plural = if packet.affected_rows == 1 {
        "row"
    } else {
        "rows"
    };
    let mut printed = format!(
        "Query OK, {} {plural} affected{} ({})\n",
        packet.affected_rows,
        warning_count(packet.warnings.len()),
        elapsed_time(elapsed)
    );
    if let Some(info) = &packet.info {
        printed.push_str(info);
        printed.push('\n');
    }
    printed.push('\n');
    printed
}

/// An error line.
pub(crate) fn error(error: &SqlError) -> String {
    format!("{error}\n")
}

/// The lines that follow a result after `\W`.
pub(crate) fn warnings(warnings: &[Warning]) -> String {
    let mut lines = String::new();
    for warning in warnings {
        let _ = writeln!(
            lines,
            "{:?} (Code {}): {}",
            warning.level, warning.code, warning.message
        );
    }
    lines
}

/// Elapsed time as the client words it: `2.00 sec`, `1 min 5.00 sec`.
pub(crate) fn elapsed_time(elapsed: Duration) -> String {
    let hundredths = (elapsed.as_micros() + 5_000) / 10_000;
    let (minutes, rest) = (hundredths / 6_000, hundredths % 6_000);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let (days, hours) = (hours / 24, hours % 24);
    let mut words = String::new();
    for (count, unit) in [(days, "day"), (hours, "hour")] {
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            let _ = write!(words, "{count} {unit}{plural} ");
        }
    }
    if minutes > 0 || !words.is_empty() {
        let _ = write!(words, "{minutes} min ");
    }
    let _ = write!(words, "{}.{:02} sec", rest / 100, rest % 100);
    words
}

fn warning_count(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        _ => format!(", {count} warnings"),
    }
}

fn table(result: &ResultSet) -> String {
    let widths: Vec<usize> = (0..result.columns.len())
        .map(|index| column_width(result, index))
        .collect();
    let mut rule = String::new();
    for width in &widths {
        rule.push('+');
        rule.push_str(&"-".repeat(width + 2));
    }
    rule.push_str("+\n");
    let mut printed = rule.clone();
    for (column, width) in result.columns.iter().zip(&widths) {
        push_cell(&mut printed, &column.name, *width, false);
    }
    printed.push_str("|\n");
    printed.push_str(&rule);
    for row in &result.rows {
        for ((cell, column), width) in row.iter().zip(&result.columns).zip(&widths) {
            let cell = cell.as_deref().unwrap_or("NULL");
            push_cell(&mut printed, cell, *width, column.is_numeric);
        }
        printed.push_str("|\n");
    }
    printed.push_str(&rule);
    printed
}

fn push_cell(line: &mut String, cell: &str, width: usize, right: bool) {
    let padding = " ".repeat(width.saturating_sub(display_width(cell)));
    line.push_str("| ");
    if right {
        line.push_str(&padding);
        line.push_str(cell);
    } else {
        line.push_str(cell);
        line.push_str(&padding);
    }
    line.push(' ');
}

fn column_width(result: &ResultSet, index: usize) -> usize {
    let column = &result.columns[index];
    let cells = result.rows.iter().map(|row| match &row[index] {
        Some(cell) => display_width(cell),
        None => 4,
    });
    let mut width = cells.fold(display_width(&column.name), usize::max);
    if column.is_nullable {
        width = width.max(4);
    }
    if column.is_binary {
        width = 2 + 2 * width;
    }
    width
}

fn display_width(text: &str) -> usize {
    text.chars().count()
}

fn vertical_rows(result: &ResultSet) -> String {
    let widest = result
        .columns
        .iter()
        .map(|column| display_width(&column.name))
        .max()
        .unwrap_or(0);
    let stars = "*".repeat(27);
    let mut printed = String::new();
    for (number, row) in (1..).zip(&result.rows) {
        let _ = writeln!(printed, "{stars} {number}. row {stars}");
        for (cell, column) in row.iter().zip(&result.columns) {
            let cell = cell.as_deref().unwrap_or("NULL");
            let _ = writeln!(printed, "{:>widest$}: {cell}", column.name);
        }
    }
    printed
}

#[cfg(test)]
mod tests {
    use super::*;
    use semisync_sim::operation::WarningLevel;

    fn sample() -> ResultSet {
        let mut result = ResultSet::new(vec![
            ResultColumn::number("id"),
            ResultColumn::text("v").nullable(),
        ]);
        result.push_texts(["1", "a"]);
        result.rows.push(vec![Some("10".to_owned()), None]);
        result
    }

    #[test]
    fn a_table_aligns_numbers_right_and_leaves_room_for_null() {
        assert_eq!(
            result_set(&sample(), false, 0, Duration::ZERO),
            "+----+------+\n\
             | id | v    |\n\
             +----+------+\n\
             |  1 | a    |\n\
             | 10 | NULL |\n\
             +----+------+\n\
             2 rows in set (0.00 sec)\n\n"
        );
    }

    #[test]
    fn vertical_rows_align_names_right() {
        let mut result = sample();
        result.columns[1].name = "long_name".to_owned();
        assert_eq!(
            result_set(&result, true, 1, Duration::ZERO),
            "*************************** 1. row ***************************\n\
             \x20      id: 1\n\
             long_name: a\n\
             *************************** 2. row ***************************\n\
             \x20      id: 10\n\
             long_name: NULL\n\
             2 rows in set, 1 warning (0.00 sec)\n\n"
        );
    }

    #[test]
    fn an_empty_set_has_no_table() {
        let empty = ResultSet::new(vec![ResultColumn::text("x")]);
        assert_eq!(
            result_set(&empty, false, 2, Duration::from_millis(10_012)),
            "Empty set, 2 warnings (10.01 sec)\n\n"
        );
    }

    #[test]
    fn an_unset_variable_is_as_wide_as_hexadecimal() {
        let mut result = ResultSet::new(vec![ResultColumn {
            is_binary: true,
            ..ResultColumn::text("@c").nullable()
        }]);
        result.rows.push(vec![None]);
        assert!(
            result_set(&result, false, 0, Duration::ZERO)
                .starts_with("+------------+\n| @c         |\n")
        );
    }

    #[test]
    fn ok_lines_count_rows_and_warnings() {
        let mut packet = OkPacket {
            affected_rows: 1,
            ..OkPacket::default()
        };
        assert_eq!(
            ok(&packet, Duration::from_micros(1_994_999)),
            "Query OK, 1 row affected (1.99 sec)\n\n"
        );
        packet.info = Some("Rows matched: 1  Changed: 1  Warnings: 0".to_owned());
        packet.affected_rows = 0;
        packet.warnings = vec![
            Warning {
                level: WarningLevel::Note,
                code: 1050,
                message: "Table 't' already exists".to_owned(),
            };
            2
        ];
        assert_eq!(
            ok(&packet, Duration::ZERO),
            "Query OK, 0 rows affected, 2 warnings (0.00 sec)\nRows matched: 1  Changed: 1  Warnings: 0\n\n"
        );
        assert_eq!(
            warnings(&packet.warnings[..1]),
            "Note (Code 1050): Table 't' already exists\n"
        );
    }

    #[test]
    fn long_times_are_spelled_out() {
        let time = |seconds: u64| elapsed_time(Duration::from_secs(seconds));
        assert_eq!(time(59), "59.00 sec");
        assert_eq!(time(65), "1 min 5.00 sec");
        assert_eq!(time(3_600), "1 hour 0 min 0.00 sec");
        assert_eq!(time(2 * 86_400 + 3_661), "2 days 1 hour 1 min 1.00 sec");
    }
}
