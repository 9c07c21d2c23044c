//! Files: how the loader reaches them, and the texts it has read, kept for messages.

use std::sync::Arc;

use super::diagnostic::Diagnostic;

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

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, with its mark if it has one.
    pub text: String,
    /// How it is written in the file.
    pub form: Form,
}

/// How a text is written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// UTF-8.
    Utf8,
    /// UTF-8 but for some bytes, each of which became U+FFFD, as in what the reference prints; where the first
    /// of them stands.
    Broken(usize),
    /// UTF-16 behind its mark. go-yaml reads it, and so a compose file may be in it; an env file may not.
    Utf16,
}

/// Reads the bytes of a file as text.
///
/// # Errors
/// Which line is not text, where it is no UTF-16 or so much is not UTF-8 that the text would be larger than a
/// file may be.
pub fn decode(bytes: Vec<u8>) -> Result<Decoded, String> {
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => return utf16(&bytes, u16::from_le_bytes),
        [0xfe, 0xff, ..] => return utf16(&bytes, u16::from_be_bytes),
        _ => {}
    }
    let (first, bytes) = match String::from_utf8(bytes) {
        Ok(text) => return Ok(Decoded { text, form: Form::Utf8 }),
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
    Ok(Decoded { text, form: Form::Broken(first) })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Decoded, String> {
    let (pairs, rest) = bytes.as_chunks();
    let mut text = String::with_capacity(bytes.len() / 2);
    let invalid = |text: &str| {
        let line = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
        format!("line {line} is not valid UTF-16")
    };
    for c in char::decode_utf16(pairs.iter().copied().map(unit)) {
        text.push(c.map_err(|_| invalid(&text))?);
        if text.len() as u64 > MAX_FILE {
            return Err(format!("the text is larger than {} MiB in UTF-8", MAX_FILE >> 20));
        }
    }
    if rest.is_empty() { Ok(Decoded { text, form: Form::Utf16 }) } else { Err(invalid(&text)) }
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

    /// All texts, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
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
    /// The path leads out of what may be read. Whether something is there is not looked at.
    Outside,
}

/// What is said of a path that leads out of what may be read, in words that follow the file's name.
pub const OUTSIDE: &str =
    "lies outside of the folder that may be read, or a link on the way to it leads there";

/// A path of a project that leads out of what may be read.
#[must_use]
pub fn outside(path: &str, place: Place) -> Diagnostic {
    Diagnostic::error("outside", place, format!("{path} {OUTSIDE}"))
        .remedy("put a copy into the folder that `--confine` names, in place of the link where it is one")
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
pub struct MemoryFiles(std::collections::BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), text.into());
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Files for MemoryFiles {
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

#[cfg(test)]
mod tests {
    use super::{Form, decode};

    /// A text in UTF-16, the bytes of each unit in the order that `bytes` gives.
    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_text_behind_the_mark_of_utf_16_is_read() {
        for text in ["\u{feff}", "\u{feff}a: \"grüß 😀\"\r\n", "\u{feff}\u{feff}x"] {
            for bytes in [utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes)] {
                let decoded = decode(bytes).unwrap();
                assert_eq!((decoded.text.as_str(), decoded.form), (text, Form::Utf16));
            }
        }
    }

    #[test]
    fn what_is_no_text_is_refused_or_replaced() {
        let whole = utf16("\u{feff}a\nb", u16::to_le_bytes);
        let half = [&whole[..], b"x"].concat();
        let lone = [&whole[..], &[0x00, 0xd8, b'x', 0]].concat();
        let low = [&whole[..], &[0x00, 0xdc]].concat();
        for bytes in [half, lone, low] {
            assert_eq!(decode(bytes).unwrap_err(), "line 2 is not valid UTF-16");
        }
        let broken = decode(b"a\xffb".to_vec()).unwrap();
        assert_eq!((broken.text.as_str(), broken.form), ("a\u{fffd}b", Form::Broken(1)));
        // Without a mark it is UTF-8 with characters that no compose file may have.
        let bare = decode(utf16("a: b", u16::to_le_bytes)).unwrap();
        assert_eq!((bare.text.as_str(), bare.form), ("a\0:\0 \0b\0", Form::Utf8));
    }
}
