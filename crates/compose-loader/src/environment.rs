//! The variables of a project.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::tree::Origin;

/// Variables by name, each with the origin of its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<Arc<str>, Variable>);

/// The value of a variable and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The value.
    pub value: Arc<str>,
    /// The origin of the value.
    pub origin: Origin,
}

impl Environment {
    /// Returns a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// Returns the value of a variable.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|variable| &*variable.value)
    }

    /// Sets a variable, and replaces an earlier value.
    pub fn set(&mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>, origin: Origin) {
        self.0.insert(name.into(), Variable { value: value.into(), origin });
    }

    /// Adds the variables of another environment that are not set here.
    pub fn add_missing(&mut self, other: &Environment) {
        for (name, variable) in &other.0 {
            self.0.entry(name.clone()).or_insert_with(|| variable.clone());
        }
    }

    /// Iterates over the variables in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Variable)> {
        self.0.iter()
    }
}

/// The text that variables can supply in one load, in bytes. A value that doubles with every line of an env file would
/// otherwise fill the memory.
const MAX_SUPPLIED: usize = 16 << 20;
/// The number of variables that env files can set in one load, counted for each service that reads them.
const MAX_VARIABLES: usize = 100_000;
/// The number of ports that short forms can expand to in one load. Media servers use ranges of ten thousand.
const MAX_PORTS: usize = 20_000;

/// The remaining expansion of short texts in a load, which keeps a small input from filling the memory.
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
    /// Takes bytes of text that variables supply. Returns false where not enough are left.
    pub fn text(&self, bytes: usize) -> bool {
        spend(&self.text, bytes)
    }

    /// Takes one variable of an env file. Returns false where none is left.
    pub fn variable(&self) -> bool {
        spend(&self.variables, 1)
    }

    /// Takes ports. Returns false where not enough are left.
    pub fn ports(&self, ports: usize) -> bool {
        spend(&self.ports, ports)
    }
}

fn spend(left: &Cell<usize>, amount: usize) -> bool {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or(0));
    rest.is_some()
}
