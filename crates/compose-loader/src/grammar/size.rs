//! Sizes such as `512m` and `1.5 GiB`, with factors of 1024.

use crate::number::float;

/// Parses a size, in bytes.
///
/// # Errors
/// Returns the message of the error.
pub fn parse(text: &str) -> Result<i64, String> {
    if let Ok(bytes) = text.parse() {
        return Ok(bytes);
    }
    let invalid = || format!("invalid size: '{text}'");
    let last = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or_else(invalid)?;
    let number = if text.as_bytes()[last] == b' ' { &text[..last] } else { &text[..=last] };
    let suffix = text[last + 1..].to_lowercase();
    let size = float(number, true).filter(|size| *size >= 0.0).ok_or_else(invalid)?;
    let unit = suffix.as_bytes();
    let factor = match unit.first() {
        None => 0,
        Some(b'b') if unit.len() == 1 => 0,
        Some(b'k') => 1,
        Some(b'm') => 2,
        Some(b'g') => 3,
        Some(b't') => 4,
        Some(b'p') => 5,
        _ => return Err(format!("invalid suffix: '{suffix}'")),
    };
    if !matches!(unit, [] | [_] | [_, b'b'] | [_, b'i', b'b']) {
        return Err(format!("invalid suffix: '{suffix}'"));
    }
    let bytes = size * 1024f64.powi(factor);
    // Above the range, the conversion of Go returns the smallest number.
    Ok(if bytes >= 9_223_372_036_854_775_808.0 { i64::MIN } else { bytes as i64 })
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_parsed_or_rejected() {
        for (text, bytes) in [
            ("1", 1),
            ("-1", -1),
            ("1b", 1),
            ("1k", 1024),
            ("1.5 GiB", 1_610_612_736),
            ("512M", 536_870_912),
            ("2kb", 2048),
        ] {
            assert_eq!(super::parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "g", "1E", "1kbb", "-1k", "1 k b", "1bb"] {
            assert!(super::parse(text).is_err(), "{text}");
        }
    }
}
