//! Quantities and durations in the form of a Stack.

use compose_loader::{Node, Place, Value};

use super::reader::int;
use crate::api::{Duration, Quantity};

/// Formats a number of bytes as the shortest quantity: `1073741824` is `1Gi`. Returns none if the text is not a
/// number or not above zero, which means no limit in Compose.
pub fn quantity(node: &Node) -> Option<Quantity> {
    let mut amount = match &node.value {
        Value::Int(number) => u64::try_from(*number).ok()?,
        Value::Uint(number) => *number,
        Value::Str(text) => text.parse().ok()?,
        _ => return None,
    };
    if amount == 0 {
        return None;
    }
    let mut exponent = 0;
    while exponent < 6 && amount % 1024 == 0 {
        amount /= 1024;
        exponent += 1;
    }
    Some(Quantity(format!("{amount}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][exponent])))
}

/// Parses a size of `mount`: a number with k, m or g.
pub fn bytes(text: &str) -> Option<Node> {
    let lower = text.to_lowercase();
    let digits = lower.trim_end_matches(['k', 'm', 'g', 'b']);
    let factor = match &lower[digits.len()..] {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        _ => return None,
    };
    let number = int(&Node::text(digits, Place::NONE))?.checked_mul(factor)?;
    Some(Node::new(Value::Int(number), Place::NONE))
}

/// Formats a number of CPUs as a quantity with at most three decimals, rounded up. Returns none for zero.
pub fn processors(node: &Node) -> Option<Quantity> {
    let number = match &node.value {
        // The canonical model prints numbers of 32 bits with the fewest digits, so this is the written number.
        Value::Float(number) => *number,
        Value::Int(number) => i32::try_from(*number).ok()?.into(),
        Value::Str(text) => text.parse().ok()?,
        _ => return None,
    };
    if !(number > 0.0 && number < 1e9) {
        return None;
    }
    // Rounds to a millionth first, since 0.1 + 0.2 would be 301 thousandths otherwise.
    let thousandths = ((number * 1e6).round() / 1e3).ceil();
    let text = format!("{:.3}", thousandths / 1e3);
    Some(Quantity(text.trim_end_matches('0').trim_end_matches('.').to_owned()))
}

/// Formats a duration.
pub fn duration(node: &Node) -> Option<Duration> {
    node.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_the_shortest_quantity() {
        for (bytes, text) in [("1073741824", "1Gi"), ("67108864", "64Mi"), ("1000", "1000"), ("1536", "1536")]
        {
            assert_eq!(quantity(&Node::text(bytes, Place::NONE)).unwrap().0, text);
        }
        assert_eq!(quantity(&Node::text("-1", Place::NONE)), None);
    }

    #[test]
    fn cpus_keep_three_decimals() {
        for (number, text) in
            [(0.5, "0.5"), (1.0, "1"), (0.0005, "0.001"), (2.25, "2.25"), (0.1 + 0.2, "0.3")]
        {
            assert_eq!(processors(&Node::new(Value::Float(number), Place::NONE)).unwrap().0, text);
        }
    }
}
