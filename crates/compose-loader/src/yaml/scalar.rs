//! Types of plain scalars in go-yaml, which follows neither YAML 1.1 nor 1.2 exactly.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::rules;
use crate::source::Place;
use crate::tree::Value;

/// Returns the value of a plain scalar without a tag.
#[must_use]
pub fn resolve(text: &str) -> Value {
    let Some(&first) = text.as_bytes().first() else { return Value::Null };
    let special = match text {
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        ".nan" | ".NaN" | ".NAN" => Some(Value::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(Value::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => Some(Value::Float(f64::NEG_INFINITY)),
        "-0" | "-0.0" => Some(Value::Float(-0.0)),
        _ => None,
    };
    special
        .or_else(|| match first {
            b'0'..=b'9' | b'+' | b'-' => timestamp(text).map(Value::Time).or_else(|| number(text)),
            b'.' => float(text),
            _ => None,
        })
        .unwrap_or_else(|| Value::Str(text.into()))
}

fn number(text: &str) -> Option<Value> {
    let plain;
    let text = if text.contains('_') {
        plain = text.replace('_', "");
        plain.as_str()
    } else {
        text
    };
    integer(text).or_else(|| if looks_like_float(text) { float(text) } else { None })
}

/// Parses an integer in the notation of Go: `0x`, `0b`, `0o`, and octal after a leading zero.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` would accept a second sign.
    if !digits.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0i64.checked_sub_unsigned(magnitude).map(Value::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Value::Int(value)),
        // Go parses unsigned numbers only without a sign.
        Err(_) => (!text.starts_with('+')).then_some(Value::Uint(magnitude)),
    }
}

/// Matches `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn looks_like_float(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        if whole == 0 && length == 0 {
            return false;
        }
        rest = &fraction[length..];
    } else if whole == 0 {
        return false;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

fn float(text: &str) -> Option<Value> {
    text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Value::Float)
}

/// Parses a date or a time like go-yaml, and returns it in the notation of Go.
fn timestamp(text: &str) -> Option<Arc<str>> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let year: u32 = text.get(..4)?.parse().ok()?;
    let (month, rest) = short(text.get(5..)?)?;
    let (day, rest) = short(rest.strip_prefix('-')?)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if day == 0 || day > days {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let Some(separator) = rest.chars().next() else {
        return Some(format!("{date} 00:00:00 +0000 UTC").into());
    };
    let (hour, rest) = short(rest.strip_prefix(['T', 't', ' '])?)?;
    let (minute, rest) = short(rest.strip_prefix(':')?)?;
    let (second, rest) = short(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(after) => {
            let length = after.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 {
                return None;
            }
            (after[..length.min(9)].trim_end_matches('0'), &after[length..])
        }
        None => ("", rest),
    };
    let zone = match (separator, rest) {
        (' ', "") | ('T' | 't', "Z") => "+0000 UTC".to_owned(),
        ('T' | 't', zone) => {
            let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
            if hours.len() != 2
                || minutes.len() != 2
                || hours.parse::<u8>().ok()? > 24
                || minutes.parse::<u8>().ok()? > 60
            {
                return None;
            }
            let zone = format!("{}{hours}{minutes}", &zone[..1]);
            if zone == "+0000" || zone == "-0000" { "+0000 UTC".to_owned() } else { format!("{zone} {zone}") }
        }
        _ => return None,
    };
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{date} {hour:02}:{minute:02}:{second:02}{dot}{fraction} {zone}").into())
}

/// Parses a number of one or two digits. Returns it with the rest of the text.
fn short(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text[..length].parse().ok()?, &text[length..]))
}

/// Reports whether a string without quotes is a string for every YAML parser.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "<<", "="];
    let first = text.chars().next();
    let starts = first.is_some_and(|c| !" -?:,[]{}#&*!|>'\"%@`".contains(c))
        || text.starts_with('-') && text.len() > 1 && !text.starts_with("- ") && !text.starts_with("---");
    starts
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(is_printable)
        && !words.contains(&text.to_ascii_lowercase().as_str())
        && matches!(resolve(text), Value::Str(_))
        && !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'_' | b'-' | b'+'))
}

/// Reports whether a character can appear unescaped in a text on one line.
#[must_use]
pub fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Decodes base64. As in compose-go, invalid UTF-8 becomes one replacement character for each byte.
pub fn binary(text: &str) -> Option<String> {
    let bytes = decode_base64(text)?;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(text)
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut buffer, mut bits) = (0u32, 0u32);
    let symbols = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r'));
    let mut length = 0;
    let mut padded = 0;
    for symbol in symbols {
        length += 1;
        let digit = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padded += 1;
                continue;
            }
            _ => return None,
        };
        if padded > 0 {
            return None;
        }
        buffer = buffer << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).ok()?);
        }
    }
    (length % 4 == 0 && padded <= 2).then_some(bytes)
}

/// Rejects characters that YAML does not allow. The reader accepts some of them.
///
/// # Errors
/// Returns the first such character.
pub fn refuse_controls(text: &str, file: u32, shift: usize) -> Result<(), Diagnostic> {
    // Most files are ASCII.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')) {
        return Ok(());
    }
    let refused = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    let Some((at, found)) = text.char_indices().find(|(_, c)| refused(*c)) else { return Ok(()) };
    let start = at + shift;
    let place = Place::of(file, start..start + found.len_utf8());
    Err(Diagnostic::new(
        &rules::YAML_CONTROL_CHARACTER,
        place,
        format!("control character {found:?} is not allowed in YAML"),
    ))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn numbers_become_text_as_in_compose_go() {
        for (written, text) in [
            ("1.0", "1"),
            ("1.10", "1.1"),
            ("1e3", "1000"),
            ("1e6", "1e+06"),
            ("0x1f", "31"),
            ("0b11", "3"),
            ("0o17", "15"),
            ("0777", "511"),
            ("012", "10"),
            ("09", "9"),
            ("1_000", "1000"),
            ("+1", "1"),
            ("-0", "-0"),
            ("22:22", "22:22"),
            ("12345678901234567890", "12345678901234567890"),
            ("99999999999999999999", "1e+20"),
            ("TRUE", "true"),
            ("yes", "yes"),
            ("2020-01-01", "2020-01-01 00:00:00 +0000 UTC"),
            ("2020-01-01T10:00:00+02:00", "2020-01-01 10:00:00 +0200 +0200"),
            ("2020-13-01", "2020-13-01"),
            ("1.2.3", "1.2.3"),
            ("-", "-"),
            ("--1", "--1"),
        ] {
            assert_eq!(resolve(written).to_string(), text, "{written}");
        }
    }
}
