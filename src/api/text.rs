//! Types with bounds for the values of maps. No attribute of a map can set the bounds of its values.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A string of at most 65,536 characters.
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

/// The addresses of a host, at most 16.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(inline, transparent)]
#[serde(transparent)]
pub struct Addresses(
    #[schemars(length(min = 1, max = 16), inner(length(min = 2, max = 45)))] pub Vec<String>,
);

/// A host name of at most 253 characters.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(inline, transparent)]
#[serde(transparent)]
pub struct HostName(#[schemars(length(min = 1, max = 253))] pub String);
