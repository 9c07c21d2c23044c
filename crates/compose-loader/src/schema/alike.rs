//! Equality of list items, as compose-go defines it.

use crate::tree::{Map, Value};

/// The number of items up to which compose-go compares all pairs. It compares hashes of more items.
pub const COMPARED: usize = 20;

/// Reports whether two values are equal. A string also equals a later number with that value, but not an earlier one:
/// compose-go compares a number by its text.
pub fn alike(earlier: &Value, later: &Value) -> bool {
    let inner = |a: &Map, b: &Map| {
        a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(&a.value, &b.value)))
    };
    match (earlier, later) {
        (Value::Map(a), Value::Map(b)) => inner(a, b),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(&a.value, &b.value))
        }
        (Value::Str(text), later) if number(later).is_some() => rational(text) == number(later),
        (a, b) => a == b || number(a).is_some() && number(a) == number(b),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Uint(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Parses a rational number as Go does, with a fraction, in several bases and with `_` between digits.
fn rational(text: &str) -> Option<f64> {
    match text.split_once('/') {
        Some((above, below)) => Some(read(above)? / read(below)?),
        None => read(text),
    }
}

fn read(text: &str) -> Option<f64> {
    let text = text.replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    let base = |base, prefix: [&str; 2]| {
        let digits = prefix.iter().find_map(|prefix| digits.strip_prefix(prefix))?;
        u64::from_str_radix(digits, base).ok().map(|number| number as f64)
    };
    let other = base(16, ["0x", "0X"]).or_else(|| base(8, ["0o", "0O"])).or_else(|| base(2, ["0b", "0B"]));
    let written = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    other.or_else(|| digits.chars().all(written).then(|| digits.parse().ok())?).map(|number| sign * number)
}

#[cfg(test)]
mod tests {
    use super::alike;
    use crate::tree::Value;

    #[test]
    fn a_string_equals_a_later_number_with_its_value() {
        for (text, number) in [("80", 80.0), ("0x50", 80.0), ("0b11", 3.0), ("-0o17", -15.0), ("017", 17.0)] {
            assert!(alike(&Value::Str(text.into()), &Value::Float(number)), "{text}");
            assert!(!alike(&Value::Float(number), &Value::Str(text.into())), "{text}");
        }
        for (text, number) in [("8e1", 80), ("160/2", 80), ("8_0", 80), ("80.0", 80), ("+80", 80)] {
            assert!(alike(&Value::Str(text.into()), &Value::Int(number)), "{text}");
        }
        for text in ["", "80 ", "inf", "nan", "80x", "1/", "0x", "/", "160/1/2", "80/1/1"] {
            assert!(!alike(&Value::Str(text.into()), &Value::Int(80)), "{text}");
        }
        assert!(alike(&Value::Int(1), &Value::Float(1.0)));
    }
}
