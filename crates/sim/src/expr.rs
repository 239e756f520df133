//! Scalar expressions, evaluated on rows.
//!
//! The console parses them and replaces user and system variables by their values before it hands
//! them over, so an expression depends on the row alone.

mod functions;

use std::cell::RefCell;
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

pub use functions::is_function;

use crate::operation::SqlError;
use crate::value::{Number, Value, fold};

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expr {
    /// A value.
    Literal(Value),
    /// A column by name, as written (matched without case).
    Column(String),
    /// NOT, unary minus.
    Unary(UnaryOp, Box<Expr>),
    /// Comparison, logic, arithmetic.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// LIKE with `%` and `_`; the flag is NOT LIKE.
    Like(Box<Expr>, Box<Expr>, bool),
    /// IN a list; the flag is NOT IN.
    In(Box<Expr>, Vec<Expr>, bool),
    /// IS NULL; the flag is IS NOT NULL.
    IsNull(Box<Expr>, bool),
    /// A function call by name.
    Call(String, Vec<Expr>),
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOp {
    /// NOT
    Not,
    /// -
    Minus,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOp {
    /// =
    Equal,
    /// <=>
    NullSafeEqual,
    /// <> or !=
    NotEqual,
    /// <
    Less,
    /// <=
    LessOrEqual,
    /// >
    Greater,
    /// >=
    GreaterOrEqual,
    /// AND or &&
    And,
    /// OR or ||
    Or,
    /// +
    Add,
    /// -
    Subtract,
    /// *
    Multiply,
    /// XOR
    Xor,
    /// DIV: the integer part of the quotient
    Divide,
    /// /
    Quotient,
    /// % or MOD
    Modulo,
}

/// Where an expression finds its columns.
pub trait Row {
    /// The value of the column with this name (without case), or `None` if there is no such column.
    fn column(&self, name: &str) -> Option<Value>;

    /// Told of what goes wrong without ending the evaluation.
    fn met(&self, _mistake: Mistake) {}
}

/// What gives a warning where rows are read, and an error where they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The result is NULL.
    DivisionByZero,
    /// A text that is used as a number, and how much of it is one decides.
    NotANumber {
        /// The text.
        text: String,
        /// It stands in the statement, and is converted once for all rows.
        is_literal: bool,
    },
}

impl Mistake {
    /// Number, SQLSTATE and text.
    pub fn error(&self) -> SqlError {
        match self {
            Mistake::DivisionByZero => SqlError::new(1365, "22012", "Division by 0"),
            Mistake::NotANumber { text, .. } => {
                let text = format!("Truncated incorrect DOUBLE value: '{text}'");
                SqlError::new(1292, "22007", text)
            }
        }
    }
}

/// A row of a statement that writes: the first mistake is its error.
pub(crate) struct StrictRow<'a> {
    row: &'a dyn Row,
    met: RefCell<Vec<Mistake>>,
}

impl Row for StrictRow<'_> {
    fn column(&self, name: &str) -> Option<Value> {
        self.row.column(name)
    }

    fn met(&self, mistake: Mistake) {
        self.met.borrow_mut().push(mistake);
    }
}

impl Expr {
    /// The value on a row, and the mistakes met on the way.
    ///
    /// # Errors
    /// As [`Expr::evaluate`].
    pub(crate) fn evaluate_strictly(
        &self,
        row: &dyn Row,
    ) -> Result<(Value, Vec<Mistake>), SqlError> {
        let row = StrictRow {
            row,
            met: RefCell::default(),
        };
        let value = self.evaluate(&row)?;
        Ok((value, row.met.into_inner()))
    }

    /// The value on `row`.
    ///
    /// # Errors
    /// 1054 for an unknown column, 1305 for an unknown function.
    pub fn evaluate(&self, row: &dyn Row) -> Result<Value, SqlError> {
        match self {
            Expr::Literal(value) => Ok(value.clone()),
            Expr::Column(name) => row.column(name).ok_or_else(|| {
                SqlError::new(
                    1054,
                    "42S22",
                    format!("Unknown column '{name}' in 'where clause'"),
                )
            }),
            Expr::Unary(op, operand) => Ok(unary(*op, &operand.evaluate(row)?)),
            Expr::Binary(op, left, right) => binary(*op, left, right, row),
            Expr::Like(text, pattern, negated) => {
                let (text, pattern) = (text.evaluate(row)?, pattern.evaluate(row)?);
                Ok(match (text.to_text(), pattern.to_text()) {
                    (Some(text), Some(pattern)) => {
                        Value::of_bool(is_like(&text, &pattern) != *negated)
                    }
                    _ => Value::Null,
                })
            }
            Expr::In(needle, list, negated) => is_in(needle, list, *negated, row),
            Expr::IsNull(operand, negated) => {
                Ok(Value::of_bool(operand.evaluate(row)?.is_null() != *negated))
            }
            Expr::Call(name, arguments) => functions::call(name, arguments, row),
        }
    }

    /// The first column it names.
    pub fn first_column(&self) -> Option<&str> {
        self.find_column(&|_| true)
    }

    /// The first column that is wanted, of those it names.
    pub fn find_column(&self, wanted: &dyn Fn(&str) -> bool) -> Option<&str> {
        match self {
            Expr::Literal(_) => None,
            Expr::Column(name) => wanted(name).then_some(name.as_str()),
            Expr::Unary(_, operand) | Expr::IsNull(operand, _) => operand.find_column(wanted),
            Expr::Binary(_, left, right) | Expr::Like(left, right, _) => left
                .find_column(wanted)
                .or_else(|| right.find_column(wanted)),
            Expr::In(needle, list, _) => {
                let mut list = list.iter();
                let in_list = || list.find_map(|item| item.find_column(wanted));
                needle.find_column(wanted).or_else(in_list)
            }
            Expr::Call(_, arguments) => arguments
                .iter()
                .find_map(|argument| argument.find_column(wanted)),
        }
    }

    /// Whether a WHERE clause with this expression keeps `row`.
    ///
    /// # Errors
    /// As [`Expr::evaluate`].
    pub fn holds(&self, row: &dyn Row) -> Result<bool, SqlError> {
        Ok(self.evaluate(row)?.to_truth() == Some(true))
    }
}

/// Whether `text` matches the LIKE pattern: `%` any characters, `_` one, `\\` takes the next one
/// literally; without case.
pub fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().map(fold).collect();
    let pattern: Vec<char> = pattern.chars().map(fold).collect();
    matches_like(&text, &pattern)
}

/// LIKE where upper and lower case differ.
pub fn is_like_exactly(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    matches_like(&text, &pattern)
}

/// Goes back to the last `%` only: what an earlier one could take, the last one can take too.
fn matches_like(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match &pattern[next..] {
            ['%', ..] => {
                retry = Some((at, next + 1));
                next += 1;
                continue;
            }
            [] if at == text.len() => return true,
            [] => None,
            ['_', ..] => (at < text.len()).then_some(1),
            ['\\', literal, ..] => (text.get(at) == Some(literal)).then_some(2),
            [literal, ..] => (text.get(at) == Some(literal)).then_some(1),
        };
        match (step, retry) {
            (Some(width), _) => {
                at += 1;
                next += width;
            }
            (None, Some((from, after))) if from < text.len() => {
                retry = Some((from + 1, after));
                at = from + 1;
                next = after;
            }
            (None, _) => return false,
        }
    }
}

fn unary(op: UnaryOp, operand: &Value) -> Value {
    match op {
        UnaryOp::Not => operand
            .to_truth()
            .map_or(Value::Null, |truth| Value::of_bool(!truth)),
        UnaryOp::Minus => operand
            .to_number()
            .map_or(Value::Null, |number| number.negated().to_value()),
    }
}

fn binary(op: BinaryOp, left: &Expr, right: &Expr, row: &dyn Row) -> Result<Value, SqlError> {
    let operands = (left, right);
    let left = left.evaluate(row)?;
    if let Some(decided) = short_circuit(op, &left) {
        return Ok(decided);
    }
    let right = right.evaluate(row)?;
    tell_of_texts(op, operands, (&left, &right), row);
    Ok(match op {
        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => logic(op, &left, &right),
        BinaryOp::NullSafeEqual => Value::of_bool(match left.compare(&right) {
            Some(order) => order == Ordering::Equal,
            None => left.is_null() && right.is_null(),
        }),
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessOrEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterOrEqual => match left.compare(&right) {
            Some(order) => Value::of_bool(comparison(op, order)),
            None => Value::Null,
        },
        BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::Quotient
        | BinaryOp::Modulo => match (left.to_number(), right.to_number()) {
            (Some(left_number), Some(right_number)) => {
                let result = arithmetic(op, left_number, right_number);
                let is_double = |value| matches!(value, &Value::Text(_) | &Value::Double(_));
                match result {
                    Some(number) if op == BinaryOp::Divide => number.to_value(),
                    Some(number) if is_double(&left) || is_double(&right) => {
                        Value::Double(number.shortest())
                    }
                    Some(number) => number.to_value(),
                    None => {
                        row.met(Mistake::DivisionByZero);
                        Value::Null
                    }
                }
            }
            _ => Value::Null,
        },
    })
}

/// Tells of texts that are used as numbers and are none.
fn tell_of_texts(op: BinaryOp, exprs: (&Expr, &Expr), values: (&Value, &Value), row: &dyn Row) {
    let (left, right) = values;
    if left.is_null() || right.is_null() {
        return;
    }
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    let as_numbers = match op {
        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => false,
        BinaryOp::Equal
        | BinaryOp::NullSafeEqual
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessOrEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterOrEqual => is_text(left) != is_text(right),
        BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::Quotient
        | BinaryOp::Modulo => true,
    };
    for (expr, value) in [(exprs.0, left), (exprs.1, right)] {
        if let (true, Value::Text(text)) = (as_numbers, value)
            && !Number::is_text_of_one(text)
            && !is_time(text)
        {
            row.met(Mistake::NotANumber {
                text: text.clone(),
                is_literal: matches!(expr, Expr::Literal(_)),
            });
        }
    }
}

/// Dates and times are texts here, and numbers of their own kind on a server.
fn is_time(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['-', ':'])
}

/// AND and OR do not look at their right side when the left one decides.
fn short_circuit(op: BinaryOp, left: &Value) -> Option<Value> {
    match (op, left.to_truth()) {
        (BinaryOp::And, Some(false)) => Some(Value::of_bool(false)),
        (BinaryOp::Or, Some(true)) => Some(Value::of_bool(true)),
        _ => None,
    }
}

fn logic(op: BinaryOp, left: &Value, right: &Value) -> Value {
    let truth = match (op, left.to_truth(), right.to_truth()) {
        (BinaryOp::Xor, Some(left), Some(right)) => Some(left != right),
        (BinaryOp::Xor, _, _) => None,
        (BinaryOp::And, Some(false), _) | (BinaryOp::And, _, Some(false)) => Some(false),
        (BinaryOp::And, Some(true), Some(true)) => Some(true),
        (BinaryOp::Or, Some(true), _) | (BinaryOp::Or, _, Some(true)) => Some(true),
        (BinaryOp::Or, Some(false), Some(false)) => Some(false),
        _ => None,
    };
    truth.map_or(Value::Null, Value::of_bool)
}

fn comparison(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Equal => order == Ordering::Equal,
        BinaryOp::NotEqual => order != Ordering::Equal,
        BinaryOp::Less => order == Ordering::Less,
        BinaryOp::LessOrEqual => order != Ordering::Greater,
        BinaryOp::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }
}

fn arithmetic(op: BinaryOp, left: Number, right: Number) -> Option<Number> {
    match op {
        BinaryOp::Add => Some(left.plus(right)),
        BinaryOp::Subtract => Some(left.plus(right.negated())),
        BinaryOp::Multiply => Some(left.times(right)),
        BinaryOp::Divide => left
            .divided_by(right)
            .map(|quotient| Number::from(quotient.truncated())),
        BinaryOp::Modulo => left.remainder(right),
        _ => left.divided_by(right),
    }
}

fn is_in(needle: &Expr, list: &[Expr], negated: bool, row: &dyn Row) -> Result<Value, SqlError> {
    let needle = needle.evaluate(row)?;
    let mut unknown = needle.is_null();
    for item in list {
        match needle.compare(&item.evaluate(row)?) {
            Some(Ordering::Equal) => return Ok(Value::of_bool(!negated)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown {
        Value::Null
    } else {
        Value::of_bool(negated)
    })
}

#[cfg(test)]
mod tests;
