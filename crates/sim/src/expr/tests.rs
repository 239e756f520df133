//! Expressions on one row.

use super::*;

struct OneRow;

impl Row for OneRow {
    fn column(&self, name: &str) -> Option<Value> {
        match name.to_ascii_lowercase().as_str() {
            "id" => Some(Value::Int(7)),
            "v" => Some(text("Seven")),
            "nothing" => Some(Value::Null),
            _ => None,
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn lit(value: impl Into<Value>) -> Expr {
    Expr::Literal(value.into())
}

fn null() -> Expr {
    Expr::Literal(Value::Null)
}

#[track_caller]
fn check(expr: &Expr, expected: impl Into<Value>) {
    assert_eq!(expr.evaluate(&OneRow), Ok(expected.into()));
}

fn op(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary(op, Box::new(left), Box::new(right))
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    Expr::Call(name.to_owned(), arguments)
}

#[test]
fn columns_are_found_without_case_and_unknown_ones_are_1054() {
    check(&Expr::Column("ID".to_owned()), 7);
    let error = Expr::Column("x".to_owned()).evaluate(&OneRow).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ERROR 1054 (42S22): Unknown column 'x' in 'where clause'"
    );
}

#[test]
fn logic_knows_three_values() {
    check(&op(BinaryOp::And, null(), lit(0)), 0);
    check(&op(BinaryOp::And, null(), lit(1)), Value::Null);
    check(&op(BinaryOp::Or, null(), lit(1)), 1);
    check(&op(BinaryOp::Or, null(), lit(0)), Value::Null);
    check(&op(BinaryOp::Xor, lit(1), lit(0)), 1);
    check(&op(BinaryOp::Xor, lit(1), null()), Value::Null);
    check(&Expr::Unary(UnaryOp::Not, Box::new(null())), Value::Null);
    check(&op(BinaryOp::Equal, null(), null()), Value::Null);
    check(&op(BinaryOp::NullSafeEqual, null(), null()), 1);
    check(&op(BinaryOp::NullSafeEqual, null(), lit(1)), 0);
}

#[test]
fn in_is_unknown_when_only_null_could_match() {
    let list = vec![lit(1), null()];
    let is_in = |needle: i128, negated| Expr::In(Box::new(lit(needle)), list.clone(), negated);
    check(&is_in(1, false), 1);
    check(&is_in(3, false), Value::Null);
    check(&is_in(3, true), Value::Null);
}

#[test]
fn like_ignores_case_and_knows_its_wildcards() {
    for (subject, pattern, expected) in [
        ("rpl_semi_sync_source_status", "Rpl_semi%", true),
        ("abc", "a_c", true),
        ("abc", "a_", false),
        ("a_c", "a\\_c", true),
        ("abc", "a\\_c", false),
        ("", "%", true),
        ("KILL", "kill", true),
        ("aab", "%ab", true),
        ("abcbc", "a%bc", true),
        ("abcbd", "a%bc", false),
        ("abc", "%%%", true),
        ("ab", "a%b%c", false),
        ("a\\", "a\\", true),
    ] {
        assert_eq!(is_like(subject, pattern), expected, "{subject} {pattern}");
    }
    check(
        &Expr::Like(Box::new(null()), Box::new(lit("x")), true),
        Value::Null,
    );
}

#[test]
fn arithmetic_takes_texts_as_numbers() {
    let double = |text| Value::Double(Number::leading(text));
    let decimal = |text| Value::Decimal(Number::leading(text));
    check(&op(BinaryOp::Add, lit("1abc"), lit(1)), double("2"));
    check(&op(BinaryOp::Quotient, lit(1), lit(3)), decimal("0.3333"));
    let product = op(BinaryOp::Multiply, lit(2), Expr::Literal(decimal("1.25")));
    check(&product, decimal("2.50"));
    check(&op(BinaryOp::Quotient, lit(1), lit(0)), Value::Null);
    check(&op(BinaryOp::Divide, lit(7), lit(2)), 3);
    check(&op(BinaryOp::Modulo, lit(-7), lit(2)), -1);
    check(&op(BinaryOp::Multiply, lit("1.5"), lit(2)), double("3"));
}

#[test]
fn functions_compute_and_refuse_what_they_cannot() {
    let v = || Expr::Column("v".to_owned());
    check(
        &call("concat", vec![lit("KILL QUERY "), lit(12)]),
        "KILL QUERY 12",
    );
    check(&call("CONCAT", vec![lit("a"), null()]), Value::Null);
    check(
        &call("CONCAT_WS", vec![lit(","), lit("a"), null(), lit("b")]),
        "a,b",
    );
    check(&call("UPPER", vec![v()]), "SEVEN");
    check(&call("IF", vec![lit(0), lit(1), lit("no")]), "no");
    check(&call("IFNULL", vec![null(), lit(2)]), 2);
    check(&call("COALESCE", vec![null(), null(), lit(3)]), 3);
    check(&call("SUBSTRING", vec![v(), lit(-3), lit(2)]), "ve");
    check(
        &call("SUBSTRING_INDEX", vec![lit("a:b:c"), lit(":"), lit(-2)]),
        "b:c",
    );
    check(&call("LPAD", vec![lit(7), lit(3), lit("0")]), "007");
    check(&call("GREATEST", vec![lit(3), lit(9), lit(4)]), 9);
    check(&call("CASE", vec![lit(0), lit("a"), lit("b")]), "b");
    let code = |expr: Expr| expr.evaluate(&OneRow).unwrap_err().code;
    assert_eq!(code(call("NOSUCH", vec![])), 1305);
    assert_eq!(code(call("UPPER", vec![])), 1582);
}

#[test]
fn gtid_sets_are_compared_and_subtracted() {
    let uuid = "11111111-1111-1111-1111-111111111111";
    let set = |numbers: &str| lit(format!("{uuid}:{numbers}").as_str());
    check(&call("GTID_SUBSET", vec![set("1-3"), set("1-5")]), 1);
    check(&call("GTID_SUBSET", vec![set("1-6"), set("1-5")]), 0);
    check(&call("GTID_SUBSET", vec![lit(""), set("1")]), 1);
    check(
        &call("GTID_SUBTRACT", vec![set("1-5"), set("2")]),
        format!("{uuid}:1:3-5").as_str(),
    );
    check(&call("GTID_SUBSET", vec![null(), set("1")]), Value::Null);
    let error = call("GTID_SUBSET", vec![lit("x"), set("1")]).evaluate(&OneRow);
    assert_eq!(error.unwrap_err().code, 1772);
}
