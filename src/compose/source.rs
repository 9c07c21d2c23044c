//! Files: how the loader reaches them, and the texts it has read, kept for messages.

use std::sync::Arc;

/// A stretch of a file that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file's number in [`Sources`].
    pub file: u32,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Place {
    /// No place: what the loader adds by itself.
    pub const NONE: Place = Place { file: u32::MAX, start: 0, end: 0 };
}

impl Default for Place {
    fn default() -> Self {
        Place::NONE
    }
}

/// A place as people name it: lines and columns from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file's path.
    pub file: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// The text of a file, and where in it the first character stands that is none. A byte that is not UTF-8 becomes
/// U+FFFD, as in what the reference prints.
///
/// # Errors
/// Which line is not UTF-8, where so much is not that the text would be larger than a file may be.
pub fn decode(bytes: Vec<u8>) -> Result<(String, Option<usize>), String> {
    let (first, bytes) = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, None)),
        Err(error) => (error.utf8_error().valid_up_to(), error.into_bytes()),
    };
    let replaced = |invalid: &[u8]| invalid.len() * char::REPLACEMENT_CHARACTER.len_utf8();
    let length = bytes.utf8_chunks().map(|chunk| chunk.valid().len() + replaced(chunk.invalid())).sum();
    if length as u64 > MAX_FILE {
        return Err(not_utf8(&bytes, first));
    }
    let mut text = String::with_capacity(length);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok((text, Some(first)))
}

/// Which line is not UTF-8: the one with the byte at this place.
pub fn not_utf8(bytes: &[u8], at: usize) -> String {
    let lines = bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    format!("line {} is not valid UTF-8", lines + 1)
}

/// The texts that were read.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

/// One text and its path.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as it is shown.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

impl Sources {
    /// Keeps a text; the number it gets stands in every place within it.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> u32 {
        self.0.push(Source { name: name.into(), text: text.into() });
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    /// The text that a place stands in.
    #[must_use]
    pub fn get(&self, place: Place) -> Option<&Source> {
        self.0.get(place.file as usize)
    }

    /// The place in lines and columns.
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

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A FIFO, a socket or a device: never read.
    Other,
}

/// All that the loader asks of a file system. Paths are absolute.
pub trait Files {
    /// What stands at a path; nothing where there is nothing.
    fn kind(&self, path: &str) -> Option<Kind>;

    /// The bytes of a regular file.
    ///
    /// # Errors
    /// Why it cannot be read, in words that follow the file's name.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The path with its first symbolic link resolved, as `develop.watch` wants it.
    fn follow(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Largest file that is read: a compose file of this size is not one.
pub const MAX_FILE: u64 = 10 << 20;

/// Files held in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory(std::collections::BTreeMap<String, Vec<u8>>);

impl Memory {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), text.into());
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Files for Memory {
    fn kind(&self, path: &str) -> Option<Kind> {
        if self.0.contains_key(path) {
            return Some(Kind::File);
        }
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.0.keys().any(|file| file.starts_with(&folder)).then_some(Kind::Folder)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file or directory".to_owned())
    }
}
