//! The variables that a project may use, and where each has its value from.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::tree::Origin;

/// Variables by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<Arc<str>, Variable>);

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The value.
    pub value: Arc<str>,
    /// Where it comes from.
    pub origin: Origin,
}

impl Environment {
    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// The value of a variable as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|variable| &*variable.value)
    }

    /// Sets a variable, whatever it was.
    pub fn set(&mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>, origin: Origin) {
        self.0.insert(name.into(), Variable { value: value.into(), origin });
    }

    /// Adds the variables of another environment that are not set here.
    pub fn add_missing(&mut self, other: &Environment) {
        for (name, variable) in &other.0 {
            self.0.entry(name.clone()).or_insert_with(|| variable.clone());
        }
    }

    /// All variables by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Variable)> {
        self.0.iter()
    }
}

/// How much text variables may supply in one load. A value that doubles with every line of an
/// env file would otherwise fill memory; no project of people comes near.
const MAX_SUPPLIED: usize = 16 << 20;

/// What is left of the text that variables may supply.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(MAX_SUPPLIED))
    }
}

impl Budget {
    /// Takes so many bytes; false where they are not left.
    pub fn spend(&self, bytes: usize) -> bool {
        match self.0.get().checked_sub(bytes) {
            Some(left) => {
                self.0.set(left);
                true
            }
            None => false,
        }
    }
}
