//! SQL values, as much as the cluster needs.
//!
//! Numbers that are no integers are computed exactly, those of type DOUBLE too, which print without
//! zeros at their end. Texts compare as in `utf8mb4_0900_ai_ci`, without case.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// Any integer type.
    Int(i128),
    /// DECIMAL: a number with so many digits behind the point.
    Decimal(Number),
    /// FLOAT, DOUBLE, and numbers made of texts.
    Double(Number),
    /// Any string type.
    Text(String),
}

impl Value {
    /// A truth value: 1 or 0.
    pub fn of_bool(value: bool) -> Value {
        Value::Int(i128::from(value))
    }

    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// As a string function sees it; `None` for NULL.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Value::Null => None,
            Value::Int(value) => Some(value.to_string()),
            Value::Decimal(number) | Value::Double(number) => Some(number.to_string()),
            Value::Text(text) => Some(text.clone()),
        }
    }

    /// As arithmetic sees it: a text counts as the number it begins with; `None` for NULL.
    pub fn to_number(&self) -> Option<Number> {
        match self {
            Value::Null => None,
            Value::Int(value) => Some(Number::from(*value)),
            Value::Decimal(number) | Value::Double(number) => Some(*number),
            Value::Text(text) => Some(Number::leading(text)),
        }
    }

    /// As a condition sees it; `None` for NULL.
    pub fn to_truth(&self) -> Option<bool> {
        self.to_number().map(|number| !number.is_zero())
    }

    /// Compares as `=` and `<` do: two texts by collation, everything else by number; `None` when
    /// one of them is NULL.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Null, _) | (_, Value::Null) => None,
            (Value::Text(left), Value::Text(right)) => Some(collate(left, right)),
            (left, right) => Some(left.to_number()?.compare(right.to_number()?)),
        }
    }

    /// Compares as ORDER BY does: NULL first.
    pub fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            _ => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<i128> for Value {
    fn from(value: i128) -> Value {
        Value::Int(value)
    }
}

/// As the client prints it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("NULL"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Decimal(number) | Value::Double(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// Compares two texts as `utf8mb4_0900_ai_ci` does, for what people type into labs: punctuation
/// before digits before letters, without case.
pub fn collate(left: &str, right: &str) -> Ordering {
    let weights = |text| {
        str::chars(text)
            .filter(|c| !is_ignored(*c))
            .flat_map(weight)
    };
    weights(left).cmp(weights(right))
}

/// Control characters beside blanks have no weight.
fn is_ignored(c: char) -> bool {
    c.is_ascii_control() && !c.is_ascii_whitespace() && c != '\u{b}'
}

/// The character without case, for LIKE.
pub(crate) fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn weight(c: char) -> impl Iterator<Item = u32> {
    c.to_lowercase().map(|lower| {
        match ASCII_BEFORE_DIGITS.chars().position(|other| other == lower) {
            Some(index) => index as u32,
            None => 0x100 + u32::from(lower),
        }
    })
}

/// Characters that sort before digits and letters, in their order.
const ASCII_BEFORE_DIGITS: &str = "\t\n\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/// A decimal number: `digits` divided by ten to the power `scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    digits: i128,
    scale: u32,
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number {
        digits: 0,
        scale: 0,
    };

    /// The number a text begins with; zero when it begins with none.
    pub fn leading(text: &str) -> Number {
        let text = text.trim_start();
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let mut number = Number::ZERO;
        let mut after_point = false;
        for byte in rest.bytes() {
            match byte {
                b'0'..=b'9' if number.scale < MAX_SCALE => {
                    let Some(digits) = number
                        .digits
                        .checked_mul(10)
                        .and_then(|digits| digits.checked_add(i128::from(byte - b'0')))
                    else {
                        break;
                    };
                    number.digits = digits;
                    number.scale += u32::from(after_point);
                }
                b'0'..=b'9' => {}
                b'.' if !after_point => after_point = true,
                _ => break,
            }
        }
        let number = number.with_exponent(exponent(rest));
        if negative { number.negated() } else { number }
    }

    /// Whether all of `text` is one number.
    pub fn is_whole_text(text: &str) -> bool {
        let text = text.trim();
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && digits.bytes().any(|b| b.is_ascii_digit())
            && digits.bytes().filter(|b| *b == b'.').count() <= 1
    }

    /// Whether a text is a number, with or without an exponent.
    pub fn is_text_of_one(text: &str) -> bool {
        let mut parts = text.trim().splitn(2, ['e', 'E']);
        parts.next().is_some_and(Number::is_whole_text)
            && parts.next().is_none_or(Number::is_whole_text)
    }

    fn with_exponent(self, exponent: i32) -> Number {
        let mut number = self;
        for _ in 0..exponent.min(30) {
            if number.scale > 0 {
                number.scale -= 1;
            } else {
                number.digits = number.digits.saturating_mul(10);
            }
        }
        if exponent < 0 {
            number.scale = (number.scale + exponent.unsigned_abs()).min(MAX_SCALE);
        }
        number
    }

    /// How many digits it has behind the point.
    pub fn scale(self) -> u32 {
        self.scale
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// Its negative.
    pub fn negated(self) -> Number {
        Number {
            digits: self.digits.saturating_neg(),
            scale: self.scale,
        }
    }

    /// The integer part, rounded half away from zero.
    pub fn rounded(self) -> i128 {
        let unit = power_of_ten(self.scale);
        let half = unit / 2 * self.digits.signum();
        (self.digits.saturating_add(half)) / unit
    }

    /// The integer part, cut off.
    pub fn truncated(self) -> i128 {
        self.digits / power_of_ten(self.scale)
    }

    /// Compares by value.
    pub fn compare(self, other: Number) -> Ordering {
        let (left, right, _) = Number::aligned(self, other);
        left.cmp(&right)
    }

    /// Sum.
    pub fn plus(self, other: Number) -> Number {
        let (left, right, scale) = Number::aligned(self, other);
        Number {
            digits: left.saturating_add(right),
            scale,
        }
    }

    /// Product.
    pub fn times(self, other: Number) -> Number {
        Number {
            digits: self.digits.saturating_mul(other.digits),
            scale: self.scale + other.scale,
        }
    }

    /// Quotient with four more digits than the dividend, as `/` gives; `None` for a zero divisor.
    pub fn divided_by(self, other: Number) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        let scale = self.scale + 4;
        let dividend = self
            .digits
            .saturating_mul(power_of_ten(4 + other.scale + 1));
        let quotient = Number {
            digits: dividend.saturating_div(other.digits),
            scale: scale + 1,
        };
        Some(Number {
            digits: quotient.with_scale_reduced_by_one(),
            scale,
        })
    }

    fn with_scale_reduced_by_one(self) -> i128 {
        (self.digits + 5 * self.digits.signum()) / 10
    }

    /// Remainder with the sign of the dividend; `None` for a zero divisor.
    pub fn remainder(self, other: Number) -> Option<Number> {
        let (left, right, scale) = Number::aligned(self, other);
        Some(Number {
            digits: left.checked_rem(right)?,
            scale,
        })
    }

    /// The value: an integer where it has no digits behind the point.
    pub fn to_value(self) -> Value {
        if self.scale == 0 {
            Value::Int(self.digits)
        } else {
            Value::Decimal(self)
        }
    }

    /// With so many digits behind the point, rounded half away from zero.
    pub fn with_scale(self, scale: u32) -> Number {
        if self.scale <= scale {
            let digits = self.digits.saturating_mul(power_of_ten(scale - self.scale));
            return Number { digits, scale };
        }
        let unit = power_of_ten(self.scale - scale);
        let half = unit / 2 * self.digits.signum();
        Number {
            digits: self.digits.saturating_add(half) / unit,
            scale,
        }
    }

    /// How many digits it has in all.
    pub fn digit_count(self) -> u32 {
        match self.digits.unsigned_abs().checked_ilog10() {
            Some(log) => log + 1,
            None => 0,
        }
    }

    /// Without zeros at the end of the fraction, as a DOUBLE prints.
    pub fn shortest(self) -> Number {
        let mut number = self;
        while number.scale > 0 && number.digits % 10 == 0 {
            number.digits /= 10;
            number.scale -= 1;
        }
        number
    }

    fn aligned(left: Number, right: Number) -> (i128, i128, u32) {
        let scale = left.scale.max(right.scale);
        (
            left.digits.saturating_mul(power_of_ten(scale - left.scale)),
            right
                .digits
                .saturating_mul(power_of_ten(scale - right.scale)),
            scale,
        )
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By value, so that keys of rows sort as numbers do.
impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        self.compare(*other).then(self.scale.cmp(&other.scale))
    }
}

impl From<i128> for Number {
    fn from(digits: i128) -> Number {
        Number { digits, scale: 0 }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.digits);
        }
        let sign = if self.digits < 0 { "-" } else { "" };
        let unit = power_of_ten(self.scale).unsigned_abs();
        let digits = self.digits.unsigned_abs();
        let width = self.scale as usize;
        write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit)
    }
}

const MAX_SCALE: u32 = 30;

fn power_of_ten(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(i128::MAX)
}

fn exponent(number: &str) -> i32 {
    let Some(at) = number.find(|c: char| !c.is_ascii_digit() && c != '.') else {
        return 0;
    };
    let rest = &number[at..];
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else {
        return 0;
    };
    let end = exponent
        .char_indices()
        .find(|(index, c)| !(c.is_ascii_digit() || (*index == 0 && matches!(c, '-' | '+'))))
        .map_or(exponent.len(), |(index, _)| index);
    exponent[..end].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(left: impl Into<Value>, right: impl Into<Value>, expected: Option<Ordering>) {
        assert_eq!(left.into().compare(&right.into()), expected);
    }

    #[test]
    fn texts_compare_without_case_and_numbers_by_value() {
        check("abc", "ABC", Some(Ordering::Equal));
        check("a", "B", Some(Ordering::Less));
        check("10", "9", Some(Ordering::Less));
        check("10", 9, Some(Ordering::Greater));
        check("1abc", 1, Some(Ordering::Equal));
        check("x", 0, Some(Ordering::Equal));
        check(Value::Null, 0, None);
        check("tx_wait", "txa", Some(Ordering::Less));
        check("net_1", "net_a", Some(Ordering::Less));
    }

    #[test]
    fn texts_count_as_the_number_they_begin_with() {
        for (text, printed) in [
            ("12", "12"),
            (" -3.50x", "-3.50"),
            ("1e2", "100"),
            ("1.5e1", "15"),
            ("25e-1", "2.5"),
            ("", "0"),
            ("abc", "0"),
            (".5", "0.5"),
        ] {
            assert_eq!(Number::leading(text).to_string(), printed, "{text:?}");
        }
    }

    #[test]
    fn a_quotient_has_four_more_digits_and_is_rounded() {
        let quotient = |a: i128, b: i128| Number::from(a).divided_by(Number::from(b));
        assert_eq!(quotient(1, 3).unwrap().to_string(), "0.3333");
        assert_eq!(quotient(2, 3).unwrap().to_string(), "0.6667");
        assert_eq!(quotient(-2, 3).unwrap().to_string(), "-0.6667");
        assert_eq!(quotient(1, 0), None);
    }

    #[test]
    fn rounding_goes_away_from_zero() {
        assert_eq!(Number::leading("2.5").rounded(), 3);
        assert_eq!(Number::leading("-2.5").rounded(), -3);
        assert_eq!(Number::leading("2.4").rounded(), 2);
        assert_eq!(Number::leading("-2.9").truncated(), -2);
    }
}
