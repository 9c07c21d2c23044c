//! Durations such as `1m30s`, with units from `ns` to `w`.

/// Parses a duration, in nanoseconds.
///
/// # Errors
/// Returns the message of the error.
pub fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("invalid duration {text:?}");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut total = 0i64;
    while !rest.is_empty() {
        let whole_length = digits(rest);
        let whole: i64 =
            if whole_length == 0 { 0 } else { rest[..whole_length].parse().map_err(|_| invalid())? };
        rest = &rest[whole_length..];
        let (mut decimals, mut scale, mut fraction_length) = (0, 1.0, 0);
        if let Some(after) = rest.strip_prefix('.') {
            fraction_length = digits(after);
            (decimals, scale) = fraction(&after[..fraction_length]);
            rest = &after[fraction_length..];
        }
        if whole_length == 0 && fraction_length == 0 {
            return Err(invalid());
        }
        let unit_length = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let unit: i64 = match &rest[..unit_length] {
            "" => return Err(format!("missing unit in duration {text:?}")),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            "w" => 604_800_000_000_000,
            other => return Err(format!("unknown unit {other:?} in duration {text:?}")),
        };
        rest = &rest[unit_length..];
        // In this order, the quotient is exact for every duration that `print` writes.
        let fraction = (decimals as f64 * (unit as f64 / scale)) as i64;
        let part = whole.checked_mul(unit).and_then(|part| part.checked_add(fraction));
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(invalid)?;
    }
    Ok(if negative { -total } else { total })
}

/// Parses the digits after a point: a number, and its divisor. As in compose-go, digits beyond the range of the number
/// are ignored.
fn fraction(digits: &str) -> (i64, f64) {
    let (mut number, mut scale) = (0i64, 1f64);
    for digit in digits.bytes() {
        let next = number.checked_mul(10).and_then(|number| number.checked_add(i64::from(digit - b'0')));
        let Some(next) = next else { break };
        number = next;
        scale *= 10.0;
    }
    (number, scale)
}

/// Prints a duration as Go does: `1m30s`, `1.5s`, `100ms`.
#[must_use]
pub fn print(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let left = nanoseconds.unsigned_abs();
    let decimal = |value: u64, unit: u64| {
        let (whole, fraction) = (value / unit, value % unit);
        if fraction == 0 {
            return whole.to_string();
        }
        let width = unit.ilog10() as usize;
        format!("{whole}.{}", format!("{fraction:0width$}").trim_end_matches('0'))
    };
    let text = match left {
        0 => "0s".to_owned(),
        1..1_000 => format!("{left}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(left, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(left, 1_000_000)),
        _ => {
            let (minutes, rest) = (left / 60_000_000_000, left % 60_000_000_000);
            let seconds = format!("{}s", decimal(rest, 1_000_000_000));
            match (minutes / 60, minutes % 60) {
                (0, 0) => seconds,
                (0, minutes) => format!("{minutes}m{seconds}"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
            }
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_are_parsed_and_printed() {
        for (text, printed) in [
            ("30s", "30s"),
            ("1m30s", "1m30s"),
            ("90s", "1m30s"),
            ("1d", "24h0m0s"),
            ("1w2d3h", "219h0m0s"),
            ("1.5s", "1.5s"),
            ("100ms", "100ms"),
            ("0", "0s"),
            ("-1s", "-1s"),
            ("1.5us", "1.5µs"),
            ("17.2607808s", "17.2607808s"),
            ("0.99999999999999999999999s", "1s"),
            (".5m", "30s"),
        ] {
            assert_eq!(super::parse(text).map(super::print), Ok(printed.to_owned()), "{text}");
        }
        for text in ["", "10", "1x", ".s", "1 s", "s", "99999999999w"] {
            assert!(super::parse(text).is_err(), "{text}");
        }
    }
}
