//! From an expression as written to one that depends on a row alone.
//!
//! Variables and functions of the session become values; columns are checked against the table.

use semisync_sim::expr::{BinaryOp, Expr as RowExpr, UnaryOp, is_function};
use semisync_sim::value::Number;
use semisync_sim::{SqlError, Value};

use crate::calendar;
use crate::environment::{Environment, no_database};
use crate::statement::{Count, Expr, SystemScope};

/// What an expression may name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// Columns of the table; `None` leaves the check to the server.
    pub(crate) columns: Option<&'a [String]>,
    /// What a qualifier may be: the table's name or alias, and `db.table`.
    pub(crate) qualifiers: &'a [String],
    /// The clause, as error 1054 names it.
    pub(crate) clause: &'static str,
}

impl Scope<'_> {
    /// No table at all.
    pub(crate) const NO_TABLE: Scope<'static> = Scope {
        columns: Some(&[]),
        qualifiers: &[],
        clause: "field list",
    };
}

/// Lowers an expression.
///
/// # Errors
/// 1054, 1193, 1238, 1305 for names that do not exist.
pub(crate) fn lower(
    expr: &Expr,
    env: &Environment<'_>,
    scope: Scope<'_>,
) -> Result<RowExpr, SqlError> {
    let sub = |expr: &Expr| lower(expr, env, scope);
    let boxed = |expr: &Expr| sub(expr).map(Box::new);
    Ok(match expr {
        Expr::Null => RowExpr::Literal(Value::Null),
        Expr::Integer(number) => RowExpr::Literal(Value::Int(*number)),
        Expr::Decimal(text) => {
            let number = Number::leading(text);
            RowExpr::Literal(match text.contains(['e', 'E']) {
                true => Value::Double(number.shortest()),
                false => Value::Decimal(number),
            })
        }
        Expr::Text(text) => RowExpr::Literal(Value::Text(text.clone())),
        Expr::Column { qualifier, name } => column(qualifier.as_deref(), name, scope)?,
        Expr::UserVariable(name) => RowExpr::Literal(env.memory.user_variable(name)),
        Expr::AssignUser { value, .. } => sub(value)?,
        Expr::SystemVariable { scope, name } => {
            RowExpr::Literal(env.system_variable(*scope, name)?)
        }
        Expr::Placeholder(index) => match env.arguments.get(*index) {
            Some(value) => RowExpr::Literal(value.clone()),
            None => return Err(wrong_arguments()),
        },
        Expr::Unary(op, operand) => RowExpr::Unary(*op, boxed(operand)?),
        Expr::Binary(op, left, right) => RowExpr::Binary(*op, boxed(left)?, boxed(right)?),
        Expr::Like {
            text,
            pattern,
            negated,
        } => RowExpr::Like(boxed(text)?, boxed(pattern)?, *negated),
        Expr::In {
            needle,
            list,
            negated,
        } => {
            let list = list.iter().map(sub).collect::<Result<_, _>>()?;
            RowExpr::In(boxed(needle)?, list, *negated)
        }
        Expr::Between {
            value,
            low,
            high,
            negated,
        } => {
            let value = boxed(value)?;
            let above = RowExpr::Binary(BinaryOp::GreaterOrEqual, value.clone(), boxed(low)?);
            let below = RowExpr::Binary(BinaryOp::LessOrEqual, value, boxed(high)?);
            let within = RowExpr::Binary(BinaryOp::And, Box::new(above), Box::new(below));
            if *negated {
                RowExpr::Unary(UnaryOp::Not, Box::new(within))
            } else {
                within
            }
        }
        Expr::IsNull { operand, negated } => RowExpr::IsNull(boxed(operand)?, *negated),
        Expr::Call { name, arguments } => call(name, arguments, env, scope)?,
        Expr::StoredCall(name) => return Err(no_stored_function(name, env)),
        Expr::CountAll => return Err(misplaced_aggregate()),
    })
}

/// The value of an expression without columns.
///
/// # Errors
/// As [`lower`], and those of evaluating.
pub(crate) fn constant(expr: &Expr, env: &Environment<'_>) -> Result<Value, SqlError> {
    lower(expr, env, Scope::NO_TABLE)?.evaluate(&NoRow)
}

/// A row without columns.
pub(crate) struct NoRow;

impl semisync_sim::expr::Row for NoRow {
    fn column(&self, _name: &str) -> Option<Value> {
        None
    }
}

/// A number of rows; 1210 for an argument that is none.
pub(crate) fn count_of(count: Count, env: &Environment<'_>) -> Result<u64, SqlError> {
    match count {
        Count::Number(number) => Ok(number),
        Count::Placeholder(index) => match env.arguments.get(index) {
            Some(Value::Int(number)) => u64::try_from(*number).map_err(|_| wrong_arguments()),
            _ => Err(wrong_arguments()),
        },
    }
}

/// 1582
pub(crate) fn parameter_count(name: &str) -> SqlError {
    SqlError::new(
        1582,
        "42000",
        format!("Incorrect parameter count in the call to native function '{name}'"),
    )
}

/// 1210
pub(crate) fn wrong_arguments() -> SqlError {
    SqlError::new(1210, "HY000", "Incorrect arguments to EXECUTE")
}

/// 1111
pub(crate) fn misplaced_aggregate() -> SqlError {
    SqlError::new(1111, "HY000", "Invalid use of group function")
}

/// Names of functions over groups of rows.
pub(crate) const AGGREGATES: &[&str] = &["COUNT", "SUM", "MIN", "MAX", "AVG", "GROUP_CONCAT"];

fn column(qualifier: Option<&str>, name: &str, scope: Scope<'_>) -> Result<RowExpr, SqlError> {
    let known_qualifier = qualifier.is_none_or(|written| {
        let unchecked = scope.columns.is_none() && scope.qualifiers.is_empty();
        unchecked || scope.qualifiers.iter().any(|known| known == written)
    });
    let known = scope.columns.is_none_or(|columns| {
        columns
            .iter()
            .any(|column| column.eq_ignore_ascii_case(name))
    });
    if known_qualifier && known {
        return Ok(RowExpr::Column(name.to_owned()));
    }
    let written = match qualifier {
        Some(qualifier) => format!("{qualifier}.{name}"),
        None => name.to_owned(),
    };
    if scope.columns.is_none() {
        // The server has no column of such a name.
        return Ok(RowExpr::Column(written));
    }
    Err(SqlError::new(
        1054,
        "42S22",
        format!("Unknown column '{written}' in '{}'", scope.clause),
    ))
}

fn call(
    name: &str,
    arguments: &[Expr],
    env: &Environment<'_>,
    scope: Scope<'_>,
) -> Result<RowExpr, SqlError> {
    let upper = name.to_ascii_uppercase();
    if AGGREGATES.contains(&upper.as_str()) {
        return Err(misplaced_aggregate());
    }
    if let Some(value) = of_session(&upper, arguments, env)? {
        return Ok(RowExpr::Literal(value));
    }
    if !is_function(name) {
        return Err(match env.database() {
            Some(db) => SqlError::new(
                1305,
                "42000",
                format!("FUNCTION {db}.{name} does not exist"),
            ),
            None => no_database(),
        });
    }
    let arguments = arguments
        .iter()
        .map(|argument| lower(argument, env, scope))
        .collect::<Result<_, _>>()?;
    Ok(RowExpr::Call(name.to_owned(), arguments))
}

/// 1630
fn no_stored_function(name: &str, env: &Environment<'_>) -> SqlError {
    match env.database() {
        Some(db) => SqlError::new(
            1630,
            "42000",
            format!(
                "FUNCTION {db}.{name} does not exist. Check the 'Function Name Parsing and \
                 Resolution' section in the Reference Manual"
            ),
        ),
        None => no_database(),
    }
}

/// Functions that ask the session, the server, or the clock.
fn of_session(
    upper: &str,
    arguments: &[Expr],
    env: &Environment<'_>,
) -> Result<Option<Value>, SqlError> {
    let text = |text: String| Some(Value::Text(text));
    let now = env.now();
    let value = match upper {
        "NOW" | "CURRENT_TIMESTAMP" | "SYSDATE" | "LOCALTIME" | "LOCALTIMESTAMP" => match arguments
        {
            [] => text(calendar::date_time(now)),
            _ => text(calendar::date_time_micros(now)),
        },
        "UTC_TIMESTAMP" => text(calendar::date_time(now)),
        "CURDATE" | "CURRENT_DATE" => text(calendar::date(now)),
        "CURTIME" | "CURRENT_TIME" => text(calendar::time(now)),
        "UNIX_TIMESTAMP" if arguments.is_empty() => {
            Some(Value::Int(calendar::unix_time(now).into()))
        }
        "VERSION" => Some(env.system_variable(SystemScope::Global, "version")?),
        "DATABASE" | "SCHEMA" => Some(env.database().map_or(Value::Null, Value::Text)),
        "USER" | "SESSION_USER" | "SYSTEM_USER" => {
            let (user, _) = env.cluster.session_account(env.session);
            text(format!("{user}@localhost"))
        }
        "CURRENT_USER" => {
            let (_, account) = env.cluster.session_account(env.session);
            text(format!("{}@{}", account.user, account.host))
        }
        "CONNECTION_ID" => env
            .cluster
            .connection(env.session)
            .map(|connection| Value::Int(connection.processlist_id.into())),
        "LAST_INSERT_ID" if arguments.is_empty() => {
            Some(env.system_variable(SystemScope::Session, "last_insert_id")?)
        }
        "ROW_COUNT" => Some(Value::Int(env.memory.row_count)),
        "FOUND_ROWS" => Some(Value::Int(env.memory.found_rows)),
        // The statement has slept or waited already when its result is computed.
        "SLEEP" | "WAIT_FOR_EXECUTED_GTID_SET" | "SOURCE_POS_WAIT" | "MASTER_POS_WAIT" => {
            match env.waited {
                Some(value) => Some(value.clone()),
                None => return Err(parameter_count(upper)),
            }
        }
        _ => None,
    };
    Ok(value)
}

/// How a column of a result looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) is_numeric: bool,
    pub(crate) is_nullable: bool,
    pub(crate) is_binary: bool,
    /// BLOB: printed as hexadecimal.
    pub(crate) is_blob: bool,
}

impl Shape {
    pub(crate) const fn number() -> Shape {
        Shape {
            is_numeric: true,
            is_nullable: false,
            is_binary: false,
            is_blob: false,
        }
    }

    pub(crate) const fn text() -> Shape {
        Shape {
            is_numeric: false,
            is_nullable: false,
            is_binary: false,
            is_blob: false,
        }
    }

    pub(crate) const fn nullable(self) -> Shape {
        Shape {
            is_nullable: true,
            ..self
        }
    }

    fn or_null_of(self, other: Shape) -> Shape {
        Shape {
            is_nullable: self.is_nullable || other.is_nullable,
            ..self
        }
    }
}

/// How the result of an expression looks; `column` knows the columns of the table.
pub(crate) fn shape(
    expr: &Expr,
    env: &Environment<'_>,
    column: &dyn Fn(&str) -> Option<Shape>,
) -> Shape {
    let sub = |expr: &Expr| shape(expr, env, column);
    let value_shape = |value: &Value| match value {
        Value::Int(_) | Value::Decimal(_) | Value::Double(_) => Shape::number().nullable(),
        Value::Text(_) => Shape::text().nullable(),
        Value::Null => Shape {
            is_binary: true,
            ..Shape::text().nullable()
        },
    };
    match expr {
        Expr::Null => Shape::text().nullable(),
        Expr::Integer(_) | Expr::Decimal(_) | Expr::CountAll | Expr::StoredCall(_) => {
            Shape::number()
        }
        Expr::Text(_) => Shape::text(),
        Expr::Column { name, .. } => column(name).unwrap_or(Shape::text()),
        Expr::UserVariable(name) => value_shape(&env.memory.user_variable(name)),
        Expr::AssignUser { value, .. } => sub(value),
        Expr::SystemVariable { scope, name } => match env.system_variable(*scope, name) {
            Ok(Value::Int(_)) => Shape::number(),
            _ => Shape::text().nullable(),
        },
        Expr::Placeholder(index) => env.arguments.get(*index).map_or(Shape::text(), value_shape),
        Expr::Unary(_, operand) => Shape::number().or_null_of(sub(operand)),
        Expr::Binary(op, left, right) => {
            let shape = Shape::number().or_null_of(sub(left)).or_null_of(sub(right));
            match op {
                BinaryOp::Quotient | BinaryOp::Divide | BinaryOp::Modulo => shape.nullable(),
                BinaryOp::NullSafeEqual => Shape::number(),
                _ => shape,
            }
        }
        Expr::Like { text, pattern, .. } => Shape::number()
            .or_null_of(sub(text))
            .or_null_of(sub(pattern)),
        Expr::In { .. } | Expr::Between { .. } => Shape::number().nullable(),
        Expr::IsNull { .. } => Shape::number(),
        Expr::Call { name, arguments } => call_shape(name, arguments, &sub),
    }
}

fn call_shape(name: &str, arguments: &[Expr], sub: &dyn Fn(&Expr) -> Shape) -> Shape {
    let upper = name.to_ascii_uppercase();
    let of = |indexes: &[usize]| {
        let shapes: Vec<Shape> = indexes
            .iter()
            .filter_map(|index| arguments.get(*index))
            .filter(|argument| **argument != Expr::Null)
            .map(sub)
            .collect();
        Shape {
            is_numeric: !shapes.is_empty() && shapes.iter().all(|shape| shape.is_numeric),
            is_nullable: true,
            is_binary: false,
            is_blob: false,
        }
    };
    match upper.as_str() {
        "COUNT" | "CONNECTION_ID" | "SLEEP" | "ROW_COUNT" | "LAST_INSERT_ID" | "FOUND_ROWS"
        | "UNIX_TIMESTAMP" | "ISNULL" => Shape::number(),
        "SUM"
        | "AVG"
        | "ABS"
        | "SIGN"
        | "CEIL"
        | "CEILING"
        | "FLOOR"
        | "ROUND"
        | "TRUNCATE"
        | "MOD"
        | "STRCMP"
        | "LENGTH"
        | "OCTET_LENGTH"
        | "CHAR_LENGTH"
        | "CHARACTER_LENGTH"
        | "ASCII"
        | "INSTR"
        | "LOCATE"
        | "GTID_SUBSET"
        | "WAIT_FOR_EXECUTED_GTID_SET"
        | "SOURCE_POS_WAIT"
        | "MASTER_POS_WAIT" => Shape::number().nullable(),
        "MIN" | "MAX" => of(&[0]),
        "IF" => of(&[1, 2]),
        "IFNULL" | "NULLIF" => of(&[0, 1]),
        "COALESCE" | "GREATEST" | "LEAST" => of(&(0..arguments.len()).collect::<Vec<_>>()),
        "CASE" => {
            let results: Vec<usize> = (0..arguments.len())
                .filter(|index| index % 2 == 1 || index + 1 == arguments.len())
                .collect();
            of(&results)
        }
        "NOW" | "CURRENT_TIMESTAMP" | "VERSION" | "USER" => Shape::text(),
        _ => Shape::text().nullable(),
    }
}
