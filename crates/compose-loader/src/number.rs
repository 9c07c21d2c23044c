//! Numbers and booleans in the notation of Go and of YAML, which Docker Compose reads from texts and prints into them.

/// Prints a float like Go's `%v`: the shortest digits, with an exponent below 1e-4 and from 1e+06 on.
#[must_use]
pub fn print(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    // `{:e}` prints the shortest digits and a decimal exponent.
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Parses a decimal integer.
#[must_use]
pub fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Parses a number as Go does, and rounds it to 32 bits unless it is `wide`.
#[must_use]
pub fn float(text: &str, wide: bool) -> Option<f64> {
    let value = if wide { text.parse().ok()? } else { shortest(text.parse().ok()?) };
    let named = text.bytes().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E'));
    if value.is_infinite() && !named {
        return None;
    }
    Some(value)
}

/// Rounds a number to 32 bits, in its shortest decimal form.
#[must_use]
pub fn narrow(value: f64) -> f64 {
    shortest(value as f32)
}

fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// Parses a boolean. The second value is true for the words of YAML 1.1, such as `yes`.
#[must_use]
pub fn boolean(text: &str) -> Option<(bool, bool)> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some((true, false)),
        "false" => Some((false, false)),
        "y" | "yes" | "on" => Some((true, true)),
        "n" | "no" | "off" => Some((false, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{float, print};

    #[test]
    fn floats_read_as_go_prints_them() {
        for (value, text) in [
            (1.0, "1"),
            (1.1, "1.1"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (100_000.5, "100000.5"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e20, "1e+20"),
            (-0.0, "-0"),
        ] {
            assert_eq!(print(value), text);
        }
    }

    #[test]
    fn numbers_are_rounded_to_their_width() {
        assert_eq!(float("0.1", false), Some(0.1));
        assert_eq!(float("16777217", false), Some(16_777_216.0));
        assert_eq!(float("16777217", true), Some(16_777_217.0));
        assert_eq!(float("1e39", true), Some(1e39));
        assert_eq!(float("1e39", false), None);
        assert_eq!(float("1e400", true), None);
        assert_eq!(float("inf", false), Some(f64::INFINITY));
    }
}
