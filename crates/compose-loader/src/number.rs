//! Numbers in the notation of Go, which Docker Compose uses where a number becomes text.

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

#[cfg(test)]
mod tests {
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
            assert_eq!(super::print(value), text);
        }
    }
}
