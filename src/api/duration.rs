//! Durations in the syntax of Go. The type of kube panics on numbers that are too large, so a single Stack could stop the
//! operator.

use std::{borrow::Cow, fmt, str::FromStr, time};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A duration in the syntax of Go, such as `90s` or `1m30s`. It keeps its text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Duration {
    text: String,
    span: time::Duration,
}

/// The error for a text that is not a duration.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{0}' is not a duration: write numbers with a unit (ns, us, ms, s, m or h), such as 90s or 1m30s")]
pub struct DurationError(String);

/// The units in nanoseconds. `ms` is before `m`, because the first match counts.
const UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl Duration {
    /// Returns the duration in whole seconds, rounded up.
    pub fn seconds(&self) -> i64 {
        let whole = i64::try_from(self.span.as_secs()).unwrap_or(i64::MAX);
        whole.saturating_add(i64::from(self.span.subsec_nanos() > 0))
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let span = nanos(text).filter(|nanos| *nanos <= i64::MAX as u64);
        let span = span.ok_or_else(|| DurationError(text.to_owned()))?;
        Ok(Self { text: text.to_owned(), span: time::Duration::from_nanos(span) })
    }
}

/// Returns the sum of all parts, or `None` if the text is not a duration or the sum is too large.
fn nanos(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut sum: u64 = 0;
    while !rest.is_empty() || text.is_empty() {
        let number_ends = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(number_ends);
        let (unit, nanos) = UNITS.iter().find(|(unit, _)| behind.starts_with(unit))?;
        rest = &behind[unit.len()..];
        sum = sum.checked_add(part(number, *nanos)?)?;
    }
    Some(sum)
}

fn part(number: &str, unit: u128) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let denominator = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let whole = whole.parse::<u128>().ok()?.checked_mul(unit)?;
    let fraction = fraction.parse::<u128>().ok()?.checked_mul(unit)? / denominator;
    u64::try_from(whole.checked_add(fraction)?).ok()
}

impl From<Duration> for time::Duration {
    fn from(duration: Duration) -> Self {
        duration.span
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": 64,
            "pattern": r"^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_parsed_as_in_go_and_keeps_its_text() {
        for (text, nanos) in [
            ("0s", 0),
            ("90s", 90_000_000_000),
            ("1m30s", 90_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("300ms", 300_000_000),
            ("1us", 1_000),
            ("2µs", 2_000),
            ("3ns", 3),
            ("2562047h", 9_223_369_200_000_000_000),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(time::Duration::from(duration.clone()).as_nanos(), nanos, "{text}");
            assert_eq!(serde_json::to_value(&duration).unwrap(), text);
        }
    }

    #[test]
    fn seconds_round_up() {
        for (text, seconds) in [("0s", 0), ("1ns", 1), ("1500ms", 2), ("2s", 2)] {
            assert_eq!(text.parse::<Duration>().unwrap().seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn an_invalid_or_too_large_duration_is_an_error_and_no_panic() {
        let endless = "9".repeat(60) + "h";
        for text in ["", "5", "s", "-1s", "+1s", "1d", "1.s", ".5s", "1.2.3s", "2562048h", "1s 2s", &endless]
        {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}
