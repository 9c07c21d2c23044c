//! A bounded string for the values of maps, whose bound no attribute on the map can express.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text of at most 65,536 characters.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[schemars(inline, transparent)]
#[serde(transparent)]
pub struct Text(#[schemars(length(max = 65536))] pub String);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// The addresses of a host: at most 16.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(inline, transparent)]
#[serde(transparent)]
pub struct Addresses(
    #[schemars(length(min = 1, max = 16), inner(length(min = 2, max = 45)))] pub Vec<String>,
);

/// The name of a host: at most 253 characters.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(inline, transparent)]
#[serde(transparent)]
pub struct HostName(#[schemars(length(min = 1, max = 253))] pub String);
