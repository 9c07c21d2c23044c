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
/// How many variables env files may set in one load, counted anew for each service that reads them.
const MAX_VARIABLES: usize = 100_000;
/// How many ports short forms may stand for in one load. Ranges of ten thousand are in use, for media.
const MAX_PORTS: usize = 20_000;

/// What one load may still make out of a short text, so that a small input cannot fill memory.
#[derive(Debug)]
pub struct Budget {
    text: Cell<usize>,
    variables: Cell<usize>,
    ports: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            text: Cell::new(MAX_SUPPLIED),
            variables: Cell::new(MAX_VARIABLES),
            ports: Cell::new(MAX_PORTS),
        }
    }
}

impl Budget {
    /// Takes so many bytes of text that variables supply; false where they are not left.
    pub fn text(&self, bytes: usize) -> bool {
        spend(&self.text, bytes)
    }

    /// Takes one variable of an env file; false where none is left.
    pub fn variable(&self) -> bool {
        spend(&self.variables, 1)
    }

    /// Takes so many ports; false where they are not left.
    pub fn ports(&self, ports: usize) -> bool {
        spend(&self.ports, ports)
    }
}

fn spend(left: &Cell<usize>, amount: usize) -> bool {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or(0));
    rest.is_some()
}
