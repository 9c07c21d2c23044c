//! The way to a value, for messages: kept on the stack, so that walking a tree allocates nothing.

use std::fmt;

/// A key or an index, and the way to what holds it.
#[derive(Clone, Copy)]
pub struct Trail<'a> {
    parent: Option<&'a Trail<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Trail<'a> {
    /// The top of the tree.
    pub const ROOT: Trail<'static> = Trail { parent: None, step: Step::Root };

    /// One key further.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Trail<'a> {
        Trail { parent: Some(self), step: Step::Key(key) }
    }

    /// One item further.
    #[must_use]
    pub fn index(&'a self, index: usize) -> Trail<'a> {
        Trail { parent: Some(self), step: Step::Index(index) }
    }

    /// How many steps down this is.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.parent.map_or(0, |parent| parent.depth() + 1)
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return Ok(()) };
        parent.fmt(f)?;
        match self.step {
            Step::Root => Ok(()),
            Step::Key(key) => write!(f, "{}{key}", if parent.parent.is_some() { "." } else { "" }),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}
