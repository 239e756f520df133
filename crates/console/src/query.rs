//! SELECT: filter, group, order, limit, project.

mod grouping;

use std::cell::RefCell;
use std::cmp::Ordering;

use semisync_core::Generation;
use semisync_sim::expr::{Expr as RowExpr, Mistake, Row};
use semisync_sim::operation::{OkPacket, Warning, WarningLevel};
use semisync_sim::value::Number;
use semisync_sim::{SqlError, Value};

use crate::deprecated;
use crate::environment::{Environment, SessionMemory};
use crate::layout::{ResultColumn, ResultSet};
use crate::lowering::{AGGREGATES, Scope, Shape, count_of, lower, parameter_count, shape};
use crate::parser::DISTINCT;
use crate::statement::{Direction, Expr, Item, Select};
use crate::tables::{self, TableContents};

/// What a reading statement answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Rows {
        result: ResultSet,
        warnings: Vec<Warning>,
    },
    /// Lines the client prints as they are.
    Lines(String),
    /// An error, after variables were set.
    Failed(SqlError),
    Ok(OkPacket),
}

/// What a SELECT comes to, with the user variables it sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) answer: Answer,
    pub(crate) variables: Vec<(String, Value)>,
    pub(crate) found_rows: i128,
}

/// Runs a SELECT.
///
/// # Errors
/// Those of its tables, columns and functions; 1172 and 1222 for INTO.
pub(crate) fn select(select: &Select, env: &Environment<'_>) -> Result<Selected, SqlError> {
    let source = Source::open(select, env)?;
    let items = expand(select, &source);
    let mut variables = Vec::new();
    let rows = source.rows(select, env, &items, &mut variables)?;
    let columns = items
        .iter()
        .map(|(expr, heading)| result_column(expr, heading, env, &source))
        .collect();
    let found_rows = rows.len() as i128;
    let mut warnings = source.contents.warnings.clone();
    // Older series do not warn.
    if env.generation() == Generation::V9_7 {
        let operators = select.deprecated.iter();
        warnings.extend(operators.map(|operator| operator.warning()));
    }
    for (expr, _) in &items {
        warnings.extend(deprecated::warnings_of(expr, env.generation()));
    }
    warnings.extend(mistakes(&source.mistakes.borrow()));
    if !variables.is_empty() {
        warnings.push(assignment_is_deprecated());
    }
    let answer = if select.into.is_empty() {
        let is_blob = items
            .iter()
            .map(|(expr, _)| source.shape(expr, env).is_blob);
        let is_blob: Vec<bool> = is_blob.collect();
        let cell = |(value, is_blob): (&Value, &bool)| match is_blob {
            true => value.to_text().map(|text| hexadecimal(&text)),
            false => value.to_text(),
        };
        let rows = rows
            .iter()
            .map(|row| row.iter().zip(&is_blob).map(cell).collect());
        Answer::Rows {
            result: ResultSet {
                columns,
                rows: rows.collect(),
            },
            warnings,
        }
    } else {
        into_variables(select, &items, rows, &mut variables, warnings)?
    };
    Ok(Selected {
        answer,
        variables,
        found_rows,
    })
}

/// The rows of a SELECT, as values.
///
/// # Errors
/// Those of the statement.
pub(crate) fn rows(select: &Select, env: &Environment<'_>) -> Result<Vec<Vec<Value>>, SqlError> {
    let source = Source::open(select, env)?;
    let items = expand(select, &source);
    source.rows(select, env, &items, &mut Vec::new())
}

/// The table a SELECT reads.
struct Source {
    contents: TableContents,
    names: Vec<String>,
    /// The columns of its primary key.
    key: Vec<String>,
    /// The words of its ENUM columns.
    words: Vec<(String, Vec<String>)>,
    db: String,
    qualifiers: Vec<String>,
    has_table: bool,
    mistakes: RefCell<Vec<Mistake>>,
}

impl Source {
    fn open(select: &Select, env: &Environment<'_>) -> Result<Source, SqlError> {
        let Some(from) = &select.from else {
            return Ok(Source {
                contents: TableContents::one_empty_row(),
                names: Vec::new(),
                key: Vec::new(),
                words: Vec::new(),
                db: String::new(),
                qualifiers: Vec::new(),
                has_table: false,
                mistakes: RefCell::default(),
            });
        };
        let db = env.database_of(from.table.db.as_deref())?;
        let contents = tables::open(&db, &from.table.name, env)?;
        let names = contents.columns.iter().map(|(name, _)| name.clone());
        let qualifiers = match &from.alias {
            Some(alias) => vec![alias.clone()],
            None => vec![from.table.name.clone(), format!("{db}.{}", from.table.name)],
        };
        let definition = env
            .cluster
            .table_definition(env.server, &db, &from.table.name);
        let columns = definition.as_ref().map_or(&[][..], |table| &table.columns);
        let words = columns
            .iter()
            .filter(|column| !column.words.is_empty())
            .map(|column| (column.name.clone(), column.words.clone()));
        let key = definition.iter().flat_map(|table| {
            let name = |index: &usize| table.columns[*index].name.clone();
            table.primary_key.iter().map(name)
        });
        Ok(Source {
            names: names.collect(),
            key: key.collect(),
            words: words.collect(),
            db,
            contents,
            qualifiers,
            has_table: true,
            mistakes: RefCell::default(),
        })
    }

    fn shape(&self, expr: &Expr, env: &Environment<'_>) -> Shape {
        let find = |name: &str| {
            let mut columns = self.contents.columns.iter();
            let found = columns.find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, shape)| *shape)
        };
        shape(expr, env, &find)
    }

    fn scope(&self, clause: &'static str) -> Scope<'_> {
        Scope {
            columns: Some(&self.names),
            qualifiers: &self.qualifiers,
            clause,
        }
    }

    /// The rows of the result, before INTO.
    fn rows(
        &self,
        select: &Select,
        env: &Environment<'_>,
        items: &[(Expr, String)],
        variables: &mut Vec<(String, Value)>,
    ) -> Result<Vec<Vec<Value>>, SqlError> {
        // Names are checked even when no row is left to evaluate them on.
        let is_grouped = !select.group.is_empty()
            || select.having.as_ref().is_some_and(has_aggregate)
            || items.iter().any(|(expr, _)| has_aggregate(expr));
        if !is_grouped {
            for (expr, _) in items {
                lower(expr, env, self.scope("field list"))?;
            }
        }
        self.check_groups(select, env, items)?;
        let filter = match &select.filter {
            Some(filter) => Some(lower(filter, env, self.scope("where clause"))?),
            None => None,
        };
        let mut kept: Vec<&Vec<Value>> = Vec::new();
        for row in &self.contents.rows {
            let keeps = match &filter {
                Some(filter) => filter.holds(&self.named(row))?,
                None => true,
            };
            if keeps {
                kept.push(row);
            }
        }
        let groups: Vec<Vec<&Vec<Value>>> = if is_grouped {
            self.groups(select, env, items, kept)?
        } else {
            kept.into_iter().map(|row| vec![row]).collect()
        };
        let mut projected = Vec::with_capacity(groups.len());
        for group in &groups {
            if self.passes_having(select, env, items, group)? {
                projected.push(self.project(select, env, items, group, variables)?);
            }
        }
        projected.sort_by(|(left, _), (right, _)| by_keys(left, right, &select.order));
        let mut rows: Vec<Vec<Value>> = projected.into_iter().map(|(_, row)| row).collect();
        if select.distinct {
            let mut seen = std::collections::BTreeSet::new();
            rows.retain(|row| seen.insert(row.clone()));
        }
        if let Some(limit) = select.limit {
            let bound = |bound| count_of(bound, env);
            let skip = usize::try_from(bound(limit.offset)?).unwrap_or(usize::MAX);
            let take = usize::try_from(bound(limit.count)?).unwrap_or(usize::MAX);
            rows = rows.into_iter().skip(skip).take(take).collect();
        }
        Ok(rows)
    }

    fn named<'a>(&'a self, row: &'a [Value]) -> NamedRow<'a> {
        NamedRow {
            names: &self.names,
            values: row,
            mistakes: Some(&self.mistakes),
        }
    }

    fn groups<'a>(
        &self,
        select: &Select,
        env: &Environment<'_>,
        items: &[(Expr, String)],
        rows: Vec<&'a Vec<Value>>,
    ) -> Result<Vec<Vec<&'a Vec<Value>>>, SqlError> {
        if select.group.is_empty() {
            return Ok(vec![rows]);
        }
        let keys = select
            .group
            .iter()
            .map(|expr| {
                let expr = self.grouped_by(expr, items);
                lower(expr, env, self.scope("group statement"))
            })
            .collect::<Result<Vec<RowExpr>, _>>()?;
        let mut groups: Vec<(Vec<Value>, Vec<&Vec<Value>>)> = Vec::new();
        for row in rows {
            let mut key = Vec::new();
            for expr in &keys {
                key.push(expr.evaluate(&self.named(row))?);
            }
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push(row),
                None => groups.push((key, vec![row])),
            }
        }
        // Aggregates that need all rows of a group together have them sorted.
        if items.iter().any(|(expr, _)| grouping::gathers_rows(expr)) {
            groups.sort_by(|(left, _), (right, _)| {
                let mut pairs = left.iter().zip(right);
                let different = pairs.find_map(|(left, right)| match left.order(right) {
                    Ordering::Equal => None,
                    order => Some(order),
                });
                different.unwrap_or(Ordering::Equal)
            });
        }
        Ok(groups.into_iter().map(|(_, members)| members).collect())
    }

    /// What GROUP BY means: a column of the table, else a name of the select list or a place in it.
    fn grouped_by<'a>(&self, expr: &'a Expr, items: &'a [(Expr, String)]) -> &'a Expr {
        let is_column = matches!(expr, Expr::Column { name, .. } if self
            .names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name)));
        match output_position(expr, items) {
            Some(index) if !is_column => &items[index].0,
            _ => expr,
        }
    }

    /// Whether a group is kept. HAVING sees the names of the select list first.
    fn passes_having(
        &self,
        select: &Select,
        env: &Environment<'_>,
        items: &[(Expr, String)],
        group: &[&Vec<Value>],
    ) -> Result<bool, SqlError> {
        let Some(having) = &select.having else {
            return Ok(true);
        };
        let nothing = vec![Value::Null; self.names.len()];
        let first = group.first().copied().unwrap_or(&nothing);
        let named = with_items(having, items);
        let folded = self.fold_aggregates(&named, env, group)?;
        lower(&folded, env, self.scope("having clause"))?.holds(&self.named(first))
    }

    /// One row of the result and its ORDER BY keys.
    fn project(
        &self,
        select: &Select,
        env: &Environment<'_>,
        items: &[(Expr, String)],
        group: &[&Vec<Value>],
        variables: &mut Vec<(String, Value)>,
    ) -> Result<(Vec<Value>, Vec<Value>), SqlError> {
        let nothing = vec![Value::Null; self.names.len()];
        let first = group.first().copied().unwrap_or(&nothing);
        let row = self.named(first);
        // What `@x := …` sets is seen by the items after it.
        let mut memory = env.memory.clone();
        for (name, value) in variables.iter() {
            memory.set_user_variable(name, value.clone());
        }
        let value = |expr: &Expr, clause, memory: &SessionMemory| -> Result<Value, SqlError> {
            let env = Environment { memory, ..*env };
            let folded = self.fold_aggregates(expr, &env, group)?;
            lower(&folded, &env, self.scope(clause))?.evaluate(&row)
        };
        let mut values = Vec::with_capacity(items.len());
        for (expr, _) in items {
            let result = value(expr, "field list", &memory)?;
            if let Expr::AssignUser { name, .. } = expr {
                memory.set_user_variable(name, result.clone());
                variables.push((name.clone(), result.clone()));
            }
            values.push(result);
        }
        let mut keys = Vec::with_capacity(select.order.len());
        for (expr, _) in &select.order {
            let (meant, key) = match output_position(expr, items) {
                Some(index) => (&items[index].0, values[index].clone()),
                None => (expr, value(expr, "order clause", &memory)?),
            };
            keys.push(self.place_of_word(meant, key));
        }
        Ok((keys, values))
    }

    /// A word of an ENUM column sorts by its place among the words.
    fn place_of_word(&self, expr: &Expr, value: Value) -> Value {
        let Expr::Column { name, .. } = expr else {
            return value;
        };
        let mut columns = self.words.iter();
        let words = columns.find(|(column, _)| column.eq_ignore_ascii_case(name));
        let (Some((_, words)), Value::Text(text)) = (words, &value) else {
            return value;
        };
        match words.iter().position(|word| word == text) {
            Some(place) => Value::Int(1 + place as i128),
            None => value,
        }
    }

    /// The expression with its aggregates replaced by their values over `group`.
    fn fold_aggregates(
        &self,
        expr: &Expr,
        env: &Environment<'_>,
        group: &[&Vec<Value>],
    ) -> Result<Expr, SqlError> {
        if !has_aggregate(expr) {
            return Ok(expr.clone());
        }
        match expr {
            Expr::CountAll => Ok(Expr::Integer(group.len() as i128)),
            Expr::Call { name, arguments } if is_aggregate(name) => {
                let [argument, ..] = &arguments[..] else {
                    return Err(parameter_count(name));
                };
                let (argument, is_distinct) = match argument {
                    Expr::Call { name, arguments } if name == DISTINCT => (&arguments[0], true),
                    argument => (argument, false),
                };
                let lowered = lower(argument, env, self.scope("field list"))?;
                let mut values: Vec<Value> = Vec::new();
                for row in group {
                    let value = lowered.evaluate(&self.named(row))?;
                    let is_same = |known: &Value| known.order(&value) == Ordering::Equal;
                    let is_known = is_distinct && values.iter().any(is_same);
                    if !value.is_null() && !is_known {
                        values.push(value);
                    }
                }
                Ok(literal(aggregate(name, &values)))
            }
            Expr::Call { name, arguments } => Ok(Expr::Call {
                name: name.clone(),
                arguments: arguments
                    .iter()
                    .map(|argument| self.fold_aggregates(argument, env, group))
                    .collect::<Result<_, _>>()?,
            }),
            Expr::Unary(op, operand) => Ok(Expr::Unary(
                *op,
                Box::new(self.fold_aggregates(operand, env, group)?),
            )),
            Expr::Binary(op, left, right) => Ok(Expr::Binary(
                *op,
                Box::new(self.fold_aggregates(left, env, group)?),
                Box::new(self.fold_aggregates(right, env, group)?),
            )),
            other => Ok(other.clone()),
        }
    }
}

/// Values under the names of their columns.
pub(crate) struct NamedRow<'a> {
    pub(crate) names: &'a [String],
    pub(crate) values: &'a [Value],
    /// Keeps what went wrong.
    pub(crate) mistakes: Option<&'a RefCell<Vec<Mistake>>>,
}

impl Row for NamedRow<'_> {
    fn column(&self, name: &str) -> Option<Value> {
        let index = self
            .names
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name))?;
        self.values.get(index).cloned()
    }

    fn met(&self, mistake: Mistake) {
        if let Some(mistakes) = self.mistakes {
            mistakes.borrow_mut().push(mistake);
        }
    }
}

/// Warnings of mistakes; what stands in the statement itself is told once.
fn mistakes(met: &[Mistake]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, mistake) in met.iter().enumerate() {
        let is_literal = matches!(
            mistake,
            Mistake::NotANumber {
                is_literal: true,
                ..
            }
        );
        if is_literal && met[..index].contains(mistake) {
            continue;
        }
        let SqlError { code, message, .. } = mistake.error();
        warnings.push(Warning {
            level: WarningLevel::Warning,
            code,
            message,
        });
    }
    warnings
}

/// The select list with `*` replaced by all columns.
fn expand(select: &Select, source: &Source) -> Vec<(Expr, String)> {
    let mut items = Vec::new();
    for item in &select.items {
        match item {
            Item::Expr { expr, heading } => items.push((expr.clone(), heading.clone())),
            Item::All => {
                for name in source.names.iter().filter(|_| source.has_table) {
                    let expr = Expr::Column {
                        qualifier: None,
                        name: name.clone(),
                    };
                    items.push((expr, name.clone()));
                }
            }
        }
    }
    items
}

fn result_column(
    expr: &Expr,
    heading: &str,
    env: &Environment<'_>,
    source: &Source,
) -> ResultColumn {
    let Shape {
        is_numeric,
        is_nullable,
        is_binary,
        is_blob: _,
    } = source.shape(expr, env);
    ResultColumn {
        name: heading.to_owned(),
        is_numeric,
        is_nullable,
        is_binary,
    }
}

/// The expression with names of the select list replaced by what they stand for.
fn with_items(expr: &Expr, items: &[(Expr, String)]) -> Expr {
    match expr {
        Expr::Column {
            qualifier: None,
            name,
        } => {
            let mut named = items
                .iter()
                .filter(|(_, heading)| heading.eq_ignore_ascii_case(name));
            named
                .next()
                .map_or_else(|| expr.clone(), |(item, _)| item.clone())
        }
        Expr::Unary(op, operand) => Expr::Unary(*op, Box::new(with_items(operand, items))),
        Expr::Binary(op, left, right) => Expr::Binary(
            *op,
            Box::new(with_items(left, items)),
            Box::new(with_items(right, items)),
        ),
        other => other.clone(),
    }
}

/// ORDER BY an alias, a column of the select list, or a position.
fn output_position(expr: &Expr, items: &[(Expr, String)]) -> Option<usize> {
    match expr {
        Expr::Integer(position) => usize::try_from(*position)
            .ok()
            .and_then(|position| position.checked_sub(1))
            .filter(|index| *index < items.len()),
        Expr::Column {
            qualifier: None,
            name,
        } => items
            .iter()
            .position(|(_, heading)| heading.eq_ignore_ascii_case(name)),
        _ => None,
    }
}

fn by_keys(left: &[Value], right: &[Value], order: &[(Expr, Direction)]) -> Ordering {
    for ((left, right), (_, direction)) in left.iter().zip(right).zip(order) {
        let compared = match direction {
            Direction::Ascending => left.order(right),
            Direction::Descending => right.order(left),
        };
        if compared != Ordering::Equal {
            return compared;
        }
    }
    Ordering::Equal
}

fn is_aggregate(name: &str) -> bool {
    AGGREGATES
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

fn has_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::CountAll => true,
        Expr::Call { name, arguments } => is_aggregate(name) || arguments.iter().any(has_aggregate),
        Expr::Unary(_, operand) => has_aggregate(operand),
        Expr::Binary(_, left, right) => has_aggregate(left) || has_aggregate(right),
        _ => false,
    }
}

/// An aggregate over the values that are not NULL.
fn aggregate(name: &str, values: &[Value]) -> Value {
    let sum = || {
        let numbers = values.iter().filter_map(Value::to_number);
        numbers.fold(Number::ZERO, Number::plus)
    };
    match name.to_ascii_uppercase().as_str() {
        "COUNT" => Value::Int(values.len() as i128),
        _ if values.is_empty() => Value::Null,
        "SUM" => sum().to_value(),
        "AVG" => sum()
            .divided_by(Number::from(values.len() as i128))
            .map_or(Value::Null, Number::to_value),
        "MIN" => extreme(values, Ordering::Less),
        "MAX" => extreme(values, Ordering::Greater),
        _ => {
            let texts: Vec<String> = values.iter().filter_map(Value::to_text).collect();
            Value::Text(texts.join(","))
        }
    }
}

fn extreme(values: &[Value], wanted: Ordering) -> Value {
    let mut best = &values[0];
    for value in values {
        if value.compare(best) == Some(wanted) {
            best = value;
        }
    }
    best.clone()
}

fn literal(value: Value) -> Expr {
    match value {
        Value::Null => Expr::Null,
        Value::Int(number) => Expr::Integer(number),
        Value::Decimal(number) => Expr::Decimal(number.to_string()),
        Value::Double(number) => Expr::Decimal(format!("{number}e0")),
        Value::Text(text) => Expr::Text(text),
    }
}

fn hexadecimal(text: &str) -> String {
    let digits = text.bytes().map(|byte| format!("{byte:02X}"));
    format!("0x{}", digits.collect::<String>())
}

fn into_variables(
    select: &Select,
    items: &[(Expr, String)],
    rows: Vec<Vec<Value>>,
    variables: &mut Vec<(String, Value)>,
    mut warnings: Vec<Warning>,
) -> Result<Answer, SqlError> {
    if items.len() != select.into.len() {
        return Err(SqlError::new(
            1222,
            "21000",
            "The used SELECT statements have a different number of columns",
        ));
    }
    let affected_rows = rows.len() as u64;
    match &rows[..] {
        [] => warnings.push(Warning {
            level: WarningLevel::Warning,
            code: 1329,
            message: "No data - zero rows fetched, selected, or processed".to_owned(),
        }),
        [row] => variables.extend(select.into.iter().cloned().zip(row.iter().cloned())),
        [row, ..] => {
            // The first row is there by then.
            variables.extend(select.into.iter().cloned().zip(row.iter().cloned()));
            return Ok(Answer::Failed(SqlError::new(
                1172,
                "42000",
                "Result consisted of more than one row",
            )));
        }
    }
    Ok(Answer::Ok(OkPacket {
        affected_rows,
        info: None,
        warnings,
    }))
}

fn assignment_is_deprecated() -> Warning {
    Warning {
        level: WarningLevel::Warning,
        code: 1287,
        message: "Setting user variables within expressions is deprecated and will be removed in a future release. Consider alternatives: 'SET variable=expression, ...', or 'SELECT expression(s) INTO variables(s)'.".to_owned(),
    }
}
