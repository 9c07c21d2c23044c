//! Texts of files, and places in them.

use std::ops::Range;
use std::sync::Arc;

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The number of the file in [`Sources`].
    pub file: u32,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Place {
    /// No place, for values that the loader adds.
    pub const NONE: Place = Place { file: u32::MAX, start: 0, end: 0 };

    /// Returns the place of a range of bytes.
    #[must_use]
    pub(crate) fn of(file: u32, range: Range<usize>) -> Self {
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: at(range.start), end: at(range.end) }
    }
}

impl Default for Place {
    fn default() -> Self {
        Place::NONE
    }
}

/// A place as line and column, which start at 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The path of the file.
    pub file: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// The texts of the files that were read.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

/// The text of a file.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path, as messages show it.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

impl Sources {
    /// Adds a text, and returns its number for places.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> u32 {
        self.0.push(Source { name: name.into(), text: text.into() });
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    /// Returns the text of the file of a place.
    #[must_use]
    pub fn get(&self, place: Place) -> Option<&Source> {
        self.0.get(place.file as usize)
    }

    /// Iterates over the texts in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// Returns the line and column of a place.
    #[must_use]
    pub fn locate(&self, place: Place) -> Option<Location> {
        let source = self.get(place)?;
        let before = source.text.get(..place.start as usize).unwrap_or(&source.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some(Location {
            file: source.name.clone(),
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        })
    }
}
