//! Kubernetes quantities and their canonical form.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// An amount, such as `500m`, `0.5`, `64Mi` or `2`. It keeps its text.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Quantity(pub String);

/// The error for a text that is not a quantity.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum QuantityError {
    /// The text has another form.
    #[error("'{0}' is not a quantity: write a number with an optional unit, such as 500m, 0.5, 64Mi or 2Gi")]
    Form(String),
    /// The number is too large.
    #[error("'{0}' is too large for a quantity of Kubernetes: write at most {LARGEST}")]
    TooLarge(String),
}

/// The largest number of a quantity. The API server stores this number in place of a larger one
/// (Kubernetes, `k8s.io/apimachinery/pkg/api/resource`, "Quantity").
const LARGEST: u128 = i64::MAX as u128;

impl Quantity {
    /// Returns the canonical form, in which the API server stores a quantity: `0.5` is `500m`, `1024Mi` is `1Gi`. Applied
    /// objects must have this form. Otherwise, the stored object differs from the applied one, which looks like drift.
    ///
    /// The canonical form has the largest unit of the same family (binary or decimal) that leaves no fraction
    /// (Kubernetes, `k8s.io/apimachinery/pkg/api/resource`, "Quantity").
    ///
    /// # Errors
    /// Fails if the text is not a quantity, is negative or is too large.
    pub fn canonical(&self) -> Result<String, QuantityError> {
        let (family, nanos) = self.read()?;
        Ok(match family {
            Family::Binary => render_binary(nanos),
            Family::Decimal => render_decimal(nanos),
        })
    }

    /// Returns the amount in billionths.
    ///
    /// # Errors
    /// Fails if the text is not a quantity, is negative or is too large.
    pub fn nanos(&self) -> Result<u128, QuantityError> {
        self.read().map(|(_, nanos)| nanos)
    }

    /// Returns the family of the unit and the amount in billionths, rounded up.
    fn read(&self) -> Result<(Family, u128), QuantityError> {
        let text = self.0.trim();
        let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '+').unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_at);
        let number = number.strip_prefix('+').unwrap_or(number);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let has_form = !(whole.is_empty() && fraction.is_empty())
            && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        let unit = self::unit(unit).filter(|_| has_form);
        let (family, unit) = unit.ok_or_else(|| QuantityError::Form(self.0.clone()))?;
        let nanos = nanos(whole, fraction, unit).filter(|nanos| *nanos <= LARGEST * NANO);
        Ok((family, nanos.ok_or_else(|| QuantityError::TooLarge(self.0.clone()))?))
    }
}

/// The base of the units of a quantity.
#[derive(Clone, Copy)]
enum Family {
    /// 1024.
    Binary,
    /// Ten.
    Decimal,
}

/// The number one in billionths, which are the smallest step of a quantity.
const NANO: u128 = 1_000_000_000;

/// Returns the family of a unit, and the unit in billionths.
fn unit(unit: &str) -> Option<(Family, u128)> {
    Some(match unit {
        "n" => (Family::Decimal, 1),
        "u" => (Family::Decimal, 1_000),
        "m" => (Family::Decimal, 1_000_000),
        "" => (Family::Decimal, NANO),
        "k" => (Family::Decimal, NANO * 1_000),
        "M" => (Family::Decimal, NANO * 1_000_000),
        "G" => (Family::Decimal, NANO * 1_000_000_000),
        "T" => (Family::Decimal, NANO * 1_000_000_000_000),
        "P" => (Family::Decimal, NANO * 1_000_000_000_000_000),
        "E" => (Family::Decimal, NANO * 1_000_000_000_000_000_000),
        "Ki" => (Family::Binary, NANO << 10),
        "Mi" => (Family::Binary, NANO << 20),
        "Gi" => (Family::Binary, NANO << 30),
        "Ti" => (Family::Binary, NANO << 40),
        "Pi" => (Family::Binary, NANO << 50),
        "Ei" => (Family::Binary, NANO << 60),
        _ => return None,
    })
}

/// Returns `whole.fraction` times `unit` in billionths, rounded up, or `None` if the result overflows.
fn nanos(whole: &str, fraction: &str, unit: u128) -> Option<u128> {
    let digit = |byte: u8| u128::from(byte.saturating_sub(b'0'));
    let whole = whole.bytes().try_fold(0_u128, |sum, byte| sum.checked_mul(10)?.checked_add(digit(byte)))?;
    // Starts at the last digit, so the sum of each step is at most one unit.
    let part = fraction.bytes().rev().try_fold(0_u128, |below, byte| {
        Some(digit(byte).checked_mul(unit)?.checked_add(below)?.div_ceil(10))
    })?;
    whole.checked_mul(unit)?.checked_add(part)
}

fn render_binary(nanos: u128) -> String {
    // The API server keeps the binary family only for whole numbers of at least 1024.
    if !nanos.is_multiple_of(NANO) || nanos / NANO < 1024 {
        return render_decimal(nanos);
    }
    render(nanos / NANO, 1024, &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
}

fn render_decimal(nanos: u128) -> String {
    render(nanos, 1000, &["n", "u", "m", "", "k", "M", "G", "T", "P", "E"])
}

/// Writes a number of the first unit in the largest unit that leaves no fraction. Each unit is `step` times the previous
/// one.
fn render(number: u128, step: u128, units: &[&str]) -> String {
    if number == 0 {
        return "0".to_owned();
    }
    let (mut number, mut units) = (number, units);
    while let [_, larger @ ..] = units
        && !larger.is_empty()
        && number.is_multiple_of(step)
    {
        (number, units) = (number / step, larger);
    }
    format!("{number}{}", units.first().copied().unwrap_or_default())
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Quantity {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Quantity {
    /// A whole number is accepted without quotes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(i64),
            Text(String),
        }
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        }))
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true,
            "maxLength": 64,
            "pattern": r"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Quantity, QuantityError};

    #[test]
    fn a_quantity_has_the_form_that_the_api_server_returns() {
        for (written, canonical) in [
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("0.1", "100m"),
            ("67108864", "67108864"),
            ("1.0", "1"),
            ("2000", "2k"),
            ("1500m", "1500m"),
            ("1536Mi", "1536Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("0", "0"),
            ("0Mi", "0"),
            ("1G", "1G"),
            ("1000M", "1G"),
            ("100n", "100n"),
            (".5", "500m"),
        ] {
            assert_eq!(Quantity::from(written).canonical().as_deref(), Ok(canonical), "{written}");
        }
    }

    #[test]
    fn parts_of_a_billionth_are_rounded_up() {
        let finest = format!("0.{}1", "0".repeat(60));
        for (written, canonical) in [
            (finest.as_str(), "1n"),
            ("0.1n", "1n"),
            ("1.0000000001", "1000000001n"),
            ("0.999999999999999999Ei", "1152921504606846974847078496n"),
        ] {
            assert_eq!(Quantity::from(written).canonical().as_deref(), Ok(canonical), "{written}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_quantity_is_an_error() {
        for text in ["", "1gb", "-1", "1.2.3", "Mi", "1 Gi", "1e3", ".", "1+", "++1"] {
            assert!(matches!(Quantity::from(text).canonical(), Err(QuantityError::Form(_))), "{text}");
        }
    }

    #[test]
    fn a_too_large_number_is_an_error_and_no_panic_in_every_unit() {
        let nines = "9".repeat(62);
        let numbers = [
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "170141183460469231731687303715",
            "170141183460469231731687303715884105727",
            "340282366920938463463374607431768211455",
            "340282366920938463463374607431768211456",
            &nines,
        ];
        for unit in ["n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] {
            for number in numbers {
                let quantity = Quantity(format!("{number}{unit}"));
                match quantity.canonical() {
                    Ok(canonical) => assert_eq!(Quantity(canonical).nanos(), quantity.nanos()),
                    Err(error) => assert_eq!(error, QuantityError::TooLarge(quantity.0)),
                }
            }
        }
        assert_eq!(Quantity::from("9223372036854775807").canonical().unwrap(), "9223372036854775807");
        assert!(Quantity::from("8Ei").canonical().is_err());
        assert_eq!(Quantity::from("7Ei").canonical().unwrap(), "7Ei");
    }
}
