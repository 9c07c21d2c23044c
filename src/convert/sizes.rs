//! Amounts and spans of time as a Stack has them.

use compose_loader::{Node, Value};

use crate::api::{Duration, Quantity};

/// A number of bytes as the shortest quantity: `1073741824` is `1Gi`. Nothing for what is no number, or
/// not above zero, which is Compose's way to say no limit.
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
    let mut privilege = 0;
    while privilege < 6 && amount % 1024 == 0 {
        amount /= 1024;
        privilege += 1;
    }
    Some(Quantity(format!("{amount}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][privilege])))
}

/// A number of processors as a quantity, with at most three decimals, rounded up: nothing for none.
pub fn processors(node: &Node) -> Option<Quantity> {
    let number = match &node.value {
        // Canonical numbers of 32 bits are printed with the fewest digits, so this is what was written.
        Value::Float(number) => *number,
        Value::Int(number) => i32::try_from(*number).ok()?.into(),
        Value::Str(text) => text.parse().ok()?,
        _ => return None,
    };
    if !(number > 0.0 && number < 1e9) {
        return None;
    }
    // Rounded to a millionth first, or 0.1 + 0.2 would be 301 thousandths.
    let thousandths = ((number * 1e6).round() / 1e3).ceil();
    let text = format!("{:.3}", thousandths / 1e3);
    Some(Quantity(text.trim_end_matches('0').trim_end_matches('.').to_owned()))
}

/// A span of time.
pub fn duration(node: &Node) -> Option<Duration> {
    node.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use compose_loader::Place;

    #[test]
    fn bytes_become_the_shortest_quantity() {
        for (bytes, text) in [("1073741824", "1Gi"), ("67108864", "64Mi"), ("1000", "1000"), ("1536", "1536")]
        {
            assert_eq!(quantity(&Node::text(bytes, Place::NONE)).unwrap().0, text);
        }
        assert_eq!(quantity(&Node::text("-1", Place::NONE)), None);
    }

    #[test]
    fn processors_keep_three_decimals() {
        for (number, text) in
            [(0.5, "0.5"), (1.0, "1"), (0.0005, "0.001"), (2.25, "2.25"), (0.1 + 0.2, "0.3")]
        {
            assert_eq!(processors(&Node::new(Value::Float(number), Place::NONE)).unwrap().0, text);
        }
    }
}
