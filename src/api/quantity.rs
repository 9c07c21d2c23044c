//! Kubernetes quantities, and the one form in which the API server gives them back.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// An amount such as `500m`, `0.5`, `64Mi` or `2`, kept as it was written.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Quantity(pub String);

/// Why a text is no quantity.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{0}' is not a quantity: write a number with an optional unit, such as 500m, 0.5, 64Mi or 2Gi")]
pub struct QuantityError(pub String);

impl Quantity {
    /// The canonical form, in which the API server stores a quantity: `0.5` is `500m`, `1024Mi` is
    /// `1Gi`. What we apply must have it, or drift would be seen where there is none.
    ///
    /// Rule: the largest unit of the same family (binary or decimal) that leaves no fraction
    /// (Kubernetes, `k8s.io/apimachinery/pkg/api/resource`, "Quantity").
    ///
    /// # Errors
    /// When the text is no quantity, or is negative.
    pub fn canonical(&self) -> Result<String, QuantityError> {
        let bad = || QuantityError(self.0.clone());
        let text = self.0.trim();
        let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '+').unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_at);
        let number = number.strip_prefix('+').unwrap_or(number);
        match family(unit).ok_or_else(bad)? {
            Family::Binary(power) => {
                let nano = nanos(number, 1_i128.checked_shl(10 * power).ok_or_else(bad)?).ok_or_else(bad)?;
                Ok(render_binary(nano))
            }
            Family::Decimal(exponent) => {
                let nano = nanos(number, 1).and_then(|n| scale_ten(n, exponent)).ok_or_else(bad)?;
                Ok(render_decimal(nano))
            }
        }
    }

    /// The amount in billionths, for comparison.
    ///
    /// # Errors
    /// When the text is no quantity, or is negative.
    pub fn nanos(&self) -> Result<i128, QuantityError> {
        let bad = || QuantityError(self.0.clone());
        let canonical = self.canonical()?;
        let unit_at = canonical.find(|c: char| !c.is_ascii_digit()).unwrap_or(canonical.len());
        let (number, unit) = canonical.split_at(unit_at);
        match family(unit).ok_or_else(bad)? {
            Family::Binary(power) => nanos(number, 1 << (10 * power)),
            Family::Decimal(exponent) => nanos(number, 1).and_then(|n| scale_ten(n, exponent)),
        }
        .ok_or_else(bad)
    }
}

enum Family {
    /// A power of 1024.
    Binary(u32),
    /// A power of ten.
    Decimal(i32),
}

fn family(unit: &str) -> Option<Family> {
    Some(match unit {
        "n" => Family::Decimal(-9),
        "u" => Family::Decimal(-6),
        "m" => Family::Decimal(-3),
        "" => Family::Decimal(0),
        "k" => Family::Decimal(3),
        "M" => Family::Decimal(6),
        "G" => Family::Decimal(9),
        "T" => Family::Decimal(12),
        "P" => Family::Decimal(15),
        "E" => Family::Decimal(18),
        "Ki" => Family::Binary(1),
        "Mi" => Family::Binary(2),
        "Gi" => Family::Binary(3),
        "Ti" => Family::Binary(4),
        "Pi" => Family::Binary(5),
        "Ei" => Family::Binary(6),
        _ => return None,
    })
}

/// `number` (digits with at most one point) times `factor`, in billionths, rounded up.
fn nanos(number: &str, factor: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || fraction.len() > 18 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let whole = whole.checked_mul(factor)?.checked_mul(NANO)?;
    let part = part.checked_mul(factor)?.checked_mul(NANO)?;
    whole.checked_add((part + scale - 1) / scale)
}

fn scale_ten(nanos: i128, exponent: i32) -> Option<i128> {
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    if exponent < 0 { Some((nanos + power - 1) / power) } else { nanos.checked_mul(power) }
}

const NANO: i128 = 1_000_000_000;

fn render_binary(nanos: i128) -> String {
    // The API server keeps the binary family only for whole numbers of at least 1024.
    if nanos % NANO != 0 || nanos / NANO < 1024 {
        return render_decimal(nanos);
    }
    let mut value = nanos / NANO;
    let mut power = 0;
    while power < 6 && value % 1024 == 0 {
        value /= 1024;
        power += 1;
    }
    format!("{value}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power])
}

fn render_decimal(nanos: i128) -> String {
    if nanos == 0 {
        return "0".to_owned();
    }
    let mut value = nanos;
    let mut power = 0;
    while power < 9 && value % 1000 == 0 {
        value /= 1000;
        power += 1;
    }
    format!("{value}{}", ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][power])
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
    /// A whole number may be written without quotes.
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
    use super::Quantity;

    #[test]
    fn a_quantity_takes_the_form_the_api_server_gives_back() {
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
    fn a_text_that_is_no_quantity_is_an_error() {
        for text in ["", "1gb", "-1", "1.2.3", "Mi", "1 Gi", "1e3", "."] {
            assert!(Quantity::from(text).canonical().is_err(), "{text}");
        }
    }
}
