//! Expressions, by precedence from the weakest operator to the strongest.

use semisync_sim::expr::{BinaryOp, UnaryOp};

use super::cursor::{Cursor, Result};
use crate::deprecated::DeprecatedOperator;
use crate::lexer::TokenKind;
use crate::statement::{Expr, SystemScope};

/// Reads an expression.
pub(super) fn expression(c: &mut Cursor<'_>) -> Result<Expr> {
    c.nested(disjunction)
}

fn disjunction(c: &mut Cursor<'_>) -> Result<Expr> {
    let mut left = conjunction_or_xor(c)?;
    while c.accept("OR") || c.accept_deprecated(DeprecatedOperator::Or) {
        c.count_operator()?;
        left = binary(BinaryOp::Or, left, conjunction_or_xor(c)?);
    }
    Ok(left)
}

fn conjunction_or_xor(c: &mut Cursor<'_>) -> Result<Expr> {
    let mut left = conjunction(c)?;
    while c.accept("XOR") {
        c.count_operator()?;
        left = binary(BinaryOp::Xor, left, conjunction(c)?);
    }
    Ok(left)
}

fn conjunction(c: &mut Cursor<'_>) -> Result<Expr> {
    let mut left = negation(c)?;
    while c.accept("AND") || c.accept_deprecated(DeprecatedOperator::And) {
        c.count_operator()?;
        left = binary(BinaryOp::And, left, negation(c)?);
    }
    Ok(left)
}

fn negation(c: &mut Cursor<'_>) -> Result<Expr> {
    if c.accept("NOT") {
        c.count_operator()?;
        return Ok(Expr::Unary(UnaryOp::Not, Box::new(c.nested(negation)?)));
    }
    comparison(c)
}

fn comparison(c: &mut Cursor<'_>) -> Result<Expr> {
    let mut left = sum(c)?;
    loop {
        if let Some(op) = comparison_operator(c) {
            c.count_operator()?;
            left = binary(op, left, sum(c)?);
        } else if c.accept("IS") {
            c.count_operator()?;
            left = is_predicate(c, left)?;
        } else {
            let start = c.position();
            let negated = c.accept("NOT");
            match predicate(c, left, negated)? {
                Ok(found) => {
                    c.count_operator()?;
                    left = found;
                }
                Err(same) => {
                    if negated {
                        c.rewind(start);
                    }
                    return Ok(same);
                }
            }
        }
    }
}

fn comparison_operator(c: &mut Cursor<'_>) -> Option<BinaryOp> {
    const OPERATORS: &[(&str, BinaryOp)] = &[
        ("<=>", BinaryOp::NullSafeEqual),
        ("<=", BinaryOp::LessOrEqual),
        (">=", BinaryOp::GreaterOrEqual),
        ("<>", BinaryOp::NotEqual),
        ("!=", BinaryOp::NotEqual),
        ("=", BinaryOp::Equal),
        ("<", BinaryOp::Less),
        (">", BinaryOp::Greater),
    ];
    OPERATORS
        .iter()
        .find(|(symbol, _)| c.accept_symbol(symbol))
        .map(|(_, op)| *op)
}

fn is_predicate(c: &mut Cursor<'_>, left: Expr) -> Result<Expr> {
    let negated = c.accept("NOT");
    if c.accept("NULL") || c.accept("UNKNOWN") {
        return Ok(Expr::IsNull {
            operand: Box::new(left),
            negated,
        });
    }
    let truth = match c.accept_any(&["TRUE", "FALSE"]) {
        Some(word) => word == "TRUE",
        None => return Err(c.unexpected()),
    };
    // `x IS TRUE` is never NULL.
    let known = call("IFNULL", vec![left, Expr::Integer(i128::from(!truth))]);
    let op = if truth != negated {
        BinaryOp::NotEqual
    } else {
        BinaryOp::Equal
    };
    let is = binary(op, known, Expr::Integer(0));
    Ok(is)
}

/// LIKE, IN, BETWEEN; the left side comes back when none of them is next.
fn predicate(
    c: &mut Cursor<'_>,
    left: Expr,
    negated: bool,
) -> Result<std::result::Result<Expr, Expr>> {
    if c.accept("LIKE") {
        let pattern = Box::new(sum(c)?);
        let text = Box::new(left);
        return Ok(Ok(Expr::Like {
            text,
            pattern,
            negated,
        }));
    }
    if c.accept("IN") {
        c.expect_symbol("(")?;
        let list = c.list(expression)?;
        c.expect_symbol(")")?;
        let needle = Box::new(left);
        return Ok(Ok(Expr::In {
            needle,
            list,
            negated,
        }));
    }
    if c.accept("BETWEEN") {
        let low = Box::new(sum(c)?);
        c.expect("AND")?;
        let high = Box::new(sum(c)?);
        let value = Box::new(left);
        return Ok(Ok(Expr::Between {
            value,
            low,
            high,
            negated,
        }));
    }
    Ok(Err(left))
}

fn sum(c: &mut Cursor<'_>) -> Result<Expr> {
    let mut left = product(c)?;
    loop {
        let op = if c.accept_symbol("+") {
            BinaryOp::Add
        } else if c.accept_symbol("-") {
            BinaryOp::Subtract
        } else {
            return Ok(left);
        };
        c.count_operator()?;
        left = binary(op, left, product(c)?);
    }
}

fn product(c: &mut Cursor<'_>) -> Result<Expr> {
    let mut left = unary(c)?;
    loop {
        let op = if c.accept_symbol("*") {
            BinaryOp::Multiply
        } else if c.accept_symbol("/") {
            BinaryOp::Quotient
        } else if c.accept("DIV") {
            BinaryOp::Divide
        } else if c.accept_symbol("%") || c.accept("MOD") {
            BinaryOp::Modulo
        } else {
            return Ok(left);
        };
        c.count_operator()?;
        left = binary(op, left, unary(c)?);
    }
}

fn unary(c: &mut Cursor<'_>) -> Result<Expr> {
    if c.accept_symbol("-") {
        c.count_operator()?;
        return Ok(match c.nested(unary)? {
            Expr::Integer(number) => Expr::Integer(-number),
            Expr::Decimal(number) if !number.starts_with('-') => {
                Expr::Decimal(format!("-{number}"))
            }
            operand => Expr::Unary(UnaryOp::Minus, Box::new(operand)),
        });
    }
    if c.accept_symbol("+") {
        c.count_operator()?;
        return c.nested(unary);
    }
    if c.accept_deprecated(DeprecatedOperator::Not) {
        c.count_operator()?;
        return Ok(Expr::Unary(UnaryOp::Not, Box::new(c.nested(unary)?)));
    }
    if c.accept("BINARY") {
        c.count_operator()?;
        return c.nested(unary);
    }
    primary(c)
}

fn primary(c: &mut Cursor<'_>) -> Result<Expr> {
    match c.peek_kind().clone() {
        TokenKind::Number(number) => {
            c.advance();
            Ok(match number.parse() {
                Ok(integer) => Expr::Integer(integer),
                Err(_) => Expr::Decimal(number),
            })
        }
        TokenKind::Text(mut text) => {
            c.advance();
            // Literals side by side are one literal.
            while let TokenKind::Text(more) = c.peek_kind().clone() {
                text.push_str(&more);
                c.advance();
            }
            Ok(Expr::Text(text))
        }
        TokenKind::UserVariable(name) => {
            c.advance();
            if c.accept_symbol(":=") {
                c.count_operator()?;
                let value = Box::new(expression(c)?);
                return Ok(Expr::AssignUser { name, value });
            }
            Ok(Expr::UserVariable(name))
        }
        TokenKind::SystemVariable => {
            c.advance();
            let (scope, name) = system_variable(c)?;
            Ok(Expr::SystemVariable { scope, name })
        }
        TokenKind::Symbol("(") => {
            c.advance();
            let inner = expression(c)?;
            c.expect_symbol(")")?;
            Ok(inner)
        }
        TokenKind::Symbol("?") => {
            c.advance();
            Ok(Expr::Placeholder(c.next_placeholder()))
        }
        TokenKind::Word(_) | TokenKind::Quoted(_) => word(c),
        _ => Err(c.unexpected()),
    }
}

/// The scope and name after `@@`.
pub(super) fn system_variable(c: &mut Cursor<'_>) -> Result<(SystemScope, String)> {
    for (word, scope) in [
        ("GLOBAL", SystemScope::Global),
        ("SESSION", SystemScope::Session),
        ("LOCAL", SystemScope::Session),
    ] {
        if c.is_word(word) && *c.peek_second() == TokenKind::Symbol(".") {
            c.advance();
            c.advance();
            return Ok((scope, c.any_name()?));
        }
    }
    Ok((SystemScope::Either, c.any_name()?))
}

/// A constant, a function call, or a column.
fn word(c: &mut Cursor<'_>) -> Result<Expr> {
    if c.accept("CASE") {
        c.count_operator()?;
        return case(c);
    }
    if let TokenKind::Word(word) = c.peek_kind().clone() {
        let is_call = *c.peek_second() == TokenKind::Symbol("(");
        let upper = word.to_ascii_uppercase();
        match (upper.as_str(), is_call) {
            ("NULL", _) => {
                c.advance();
                return Ok(Expr::Null);
            }
            ("TRUE" | "FALSE", _) => {
                c.advance();
                return Ok(Expr::Integer(i128::from(upper == "TRUE")));
            }
            ("CURRENT_TIMESTAMP" | "CURRENT_USER" | "LOCALTIME" | "LOCALTIMESTAMP", false) => {
                c.advance();
                return Ok(call(&word, Vec::new()));
            }
            ("INTERVAL" | "EXISTS" | "CAST" | "CONVERT", _) => return Err(c.unexpected()),
            (_, true) if CALLABLE.contains(&upper.as_str()) || !is_keyword(&upper) => {
                return function(c, word);
            }
            _ => {}
        }
    }
    column(c)
}

fn is_keyword(upper: &str) -> bool {
    super::cursor::is_reserved(upper)
}

/// Reserved words that are functions too.
const CALLABLE: &[&str] = &[
    "CHAR",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DATABASE",
    "IF",
    "INSERT",
    "LEFT",
    "LOCALTIME",
    "MOD",
    "REPEAT",
    "REPLACE",
    "RIGHT",
    "SCHEMA",
    "TRUNCATE",
    "VALUES",
];

fn function(c: &mut Cursor<'_>, name: String) -> Result<Expr> {
    let stands_apart = c.is_apart_from_next();
    c.advance();
    c.expect_symbol("(")?;
    let upper = name.to_ascii_uppercase();
    if stands_apart && NEVER_APART.contains(&upper.as_str()) {
        if !c.is_symbol(")") {
            c.list(expression)?;
        }
        c.expect_symbol(")")?;
        return Ok(Expr::StoredCall(name));
    }
    if upper == "IF" {
        return condition(c, name);
    }
    if name.eq_ignore_ascii_case("COUNT") && c.accept_symbol("*") {
        c.expect_symbol(")")?;
        return Ok(Expr::CountAll);
    }
    let takes_one = ["COUNT", "SUM", "MIN", "MAX", "AVG"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    let arguments = if takes_one {
        let is_distinct = c.accept_any(&["DISTINCT", "ALL"]) == Some("DISTINCT");
        let argument = expression(c)?;
        vec![match is_distinct {
            true => call(DISTINCT, vec![argument]),
            false => argument,
        }]
    } else if c.is_symbol(")") {
        Vec::new()
    } else if ["NOW", "CURTIME", "CURRENT_TIMESTAMP", "LOCALTIME"].contains(&upper.as_str()) {
        vec![Expr::Integer(c.integer()?.into())]
    } else {
        c.list(expression)?
    };
    c.expect_symbol(")")?;
    Ok(Expr::Call { name, arguments })
}

/// The rest of `IF(condition, yes, no)`, which the grammar knows.
fn condition(c: &mut Cursor<'_>, name: String) -> Result<Expr> {
    let condition = expression(c)?;
    c.expect_symbol(",")?;
    let yes = expression(c)?;
    c.expect_symbol(",")?;
    let no = expression(c)?;
    c.expect_symbol(")")?;
    let arguments = vec![condition, yes, no];
    Ok(Expr::Call { name, arguments })
}

/// Native functions whose parenthesis follows at once; else a stored function is meant.
const NEVER_APART: &[&str] = &[
    "COUNT",
    "CURDATE",
    "CURTIME",
    "GROUP_CONCAT",
    "MAX",
    "MID",
    "MIN",
    "NOW",
    "SUBSTR",
    "SUBSTRING",
    "SUM",
    "SYSDATE",
    "TRIM",
];

/// Stands around the argument of an aggregate that counts equal values once.
pub(crate) const DISTINCT: &str = "DISTINCT";

fn case(c: &mut Cursor<'_>) -> Result<Expr> {
    let subject = if c.is_word("WHEN") {
        None
    } else {
        Some(expression(c)?)
    };
    let mut arguments = Vec::new();
    while c.accept("WHEN") {
        let condition = expression(c)?;
        arguments.push(match &subject {
            Some(subject) => binary(BinaryOp::Equal, subject.clone(), condition),
            None => condition,
        });
        c.expect("THEN")?;
        arguments.push(expression(c)?);
    }
    if arguments.is_empty() {
        return Err(c.unexpected());
    }
    if c.accept("ELSE") {
        arguments.push(expression(c)?);
    }
    c.expect("END")?;
    Ok(call("CASE", arguments))
}

fn column(c: &mut Cursor<'_>) -> Result<Expr> {
    let mut name = c.name()?;
    let mut qualifier: Option<String> = None;
    while c.is_symbol(".") {
        if *c.peek_second() == TokenKind::Symbol("*") {
            return Err(c.unexpected());
        }
        c.advance();
        qualifier = Some(match qualifier {
            Some(outer) => format!("{outer}.{name}"),
            None => name,
        });
        name = c.any_name()?;
    }
    Ok(Expr::Column { qualifier, name })
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    Expr::Call {
        name: name.to_owned(),
        arguments,
    }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary(op, Box::new(left), Box::new(right))
}
