//! Anchors, tags and aliases.

use std::borrow::Cow;
use std::ops::Range;

use super::characters::{is_anchor, is_uri, is_word};
use super::{Fault, Found, Kind, Reader, What};

/// The anchor and the tag of a node.
#[derive(Debug, Default)]
pub struct Properties {
    anchor: usize,
    tag: Option<Box<str>>,
    /// The start of the first one.
    start: usize,
}

impl Properties {
    pub(super) fn is_empty(&self) -> bool {
        self.anchor == 0 && self.tag.is_none()
    }

    /// Adds properties that follow these.
    pub(super) fn and(self, other: Properties) -> Result<Properties, Fault> {
        if self.is_empty() {
            return Ok(other);
        }
        if self.anchor != 0 && other.anchor != 0 || self.tag.is_some() && other.tag.is_some() {
            return Err(Fault {
                kind: Kind::Other("a value can have only one anchor and one tag", "remove this one"),
                at: other.start,
            });
        }
        Ok(Properties { anchor: self.anchor + other.anchor, tag: self.tag.or(other.tag), start: self.start })
    }

    /// Returns a node with these properties.
    pub(super) fn of<'t>(self, what: What<'t>, place: Range<usize>) -> Found<'t> {
        Found { what, start: place.start, end: place.end, anchor: self.anchor, tag: self.tag }
    }

    /// Returns an empty node with these properties.
    pub(super) fn of_nothing<'t>(self, at: usize) -> Found<'t> {
        self.of(What::Plain(Cow::Borrowed("")), at..at)
    }

    /// Adds the properties to a scalar or an alias.
    pub(super) fn on(self, found: Found<'_>) -> Result<Found<'_>, Fault> {
        if self.is_empty() {
            return Ok(found);
        }
        if matches!(found.what, What::Alias(_)) {
            return Err(Fault {
                kind: Kind::Other(
                    "an alias cannot have an anchor or a tag",
                    "remove the anchor and the tag, or move them to the value with the anchor",
                ),
                at: self.start,
            });
        }
        Ok(Found { anchor: self.anchor, tag: self.tag, ..found })
    }
}

impl<'t> Reader<'t> {
    /// Reads an anchor and a tag, and the blanks after them.
    pub(super) fn properties(&mut self) -> Result<Properties, Fault> {
        let mut properties = Properties::default();
        while matches!(self.here(), b'&' | b'!') {
            let start = self.at;
            let one = if self.here() == b'&' {
                Properties { anchor: self.anchor()?, tag: None, start }
            } else {
                Properties { anchor: 0, tag: Some(self.tag()?), start }
            };
            self.fresh = false;
            self.skip_blanks();
            properties = properties.and(one)?;
        }
        Ok(properties)
    }

    fn anchor(&mut self) -> Result<usize, Fault> {
        let name = self.anchor_name()?;
        self.last_anchor += 1;
        self.anchors.insert(name, self.last_anchor);
        Ok(self.last_anchor)
    }

    pub(super) fn alias(&mut self) -> Result<Found<'t>, Fault> {
        let start = self.at;
        let name = self.anchor_name()?;
        let Some(anchor) = self.anchors.get(name) else { return self.fault(Kind::UnknownAnchor, start) };
        let what = What::Alias(*anchor);
        self.ended(self.at, None);
        Ok(Properties::default().of(what, start..self.at))
    }

    /// Reads the name after `&` or `*`.
    fn anchor_name(&mut self) -> Result<&'t str, Fault> {
        let sign = self.at;
        self.at += 1;
        while is_anchor(self.here()) {
            self.at += 1;
        }
        let name = &self.text[sign + 1..self.at];
        let ends = self.ends_word(self.at) || matches!(self.here(), b':' | b',' | b']' | b'}');
        if ends && !name.is_empty() {
            return Ok(name);
        }
        if self.byte(sign) == b'*' {
            return self.fault(Kind::UnknownAnchor, sign);
        }
        self.fault(
            Kind::Other(
                "this is not a name of an anchor",
                "write letters, digits, `-` or `_` after `&` and then a space, or put the text into quotes",
            ),
            sign,
        )
    }

    fn tag(&mut self) -> Result<Box<str>, Fault> {
        let start = self.at;
        if self.byte(start + 1) == b'<' {
            self.at += 2;
            let tag = self.uri(true)?;
            if tag.is_empty() || self.here() != b'>' {
                return self
                    .fault(Kind::Other("this tag is not closed", "write `>` at the end of the tag"), start);
            }
            self.at += 1;
            return self.end_tag(start, tag);
        }
        self.at += 1;
        while is_word(self.here()) {
            self.at += 1;
        }
        let is_handle = self.here() == b'!' && self.at > start;
        self.at = if is_handle { self.at + 1 } else { start + 1 };
        let handle = &self.text[start..self.at];
        let suffix = self.uri(false)?;
        if suffix.is_empty() && is_handle {
            return self.fault(
                Kind::Other("this tag has no name", "write a name after `!`, or remove the tag"),
                start,
            );
        }
        if suffix.is_empty() {
            return self.end_tag(start, "!".to_owned());
        }
        let prefix = match self.handles.get(handle) {
            Some(prefix) => prefix.as_str(),
            None if handle == "!" => "!",
            None if handle == "!!" => "tag:yaml.org,2002:",
            None => {
                return self.fault(
                    Kind::Other(
                        "no `%TAG` defines the handle of this tag",
                        "put the text into quotes if it is not a tag",
                    ),
                    start,
                );
            }
        };
        let tag = prefix.to_owned() + &suffix;
        self.end_tag(start, tag)
    }

    fn end_tag(&self, start: usize, tag: String) -> Result<Box<str>, Fault> {
        if self.ends_word(self.at) {
            return Ok(tag.into());
        }
        self.fault(
            Kind::Other(
                "a space is missing after this tag",
                "write a space, or put the text into quotes if it is not a tag",
            ),
            start,
        )
    }

    /// Reads the characters of a tag, and decodes percent escapes.
    pub(super) fn uri(&mut self, in_angles: bool) -> Result<String, Fault> {
        let start = self.at;
        let mut octets = Vec::new();
        while is_uri(self.here(), in_angles) {
            if self.here() != b'%' {
                octets.push(self.here());
                self.at += 1;
                continue;
            }
            let digits = self.text.get(self.at + 1..self.at + 3).filter(|digits| !digits.starts_with('+'));
            let Some(octet) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
                return self.fault(
                    Kind::Other(
                        "two hexadecimal digits are missing after `%` in this tag",
                        "write `%25` for `%`",
                    ),
                    self.at,
                );
            };
            octets.push(octet);
            self.at += 3;
        }
        let text = String::from_utf8(octets);
        text.or_else(|_| {
            self.fault(Kind::Other("the escapes in this tag are not UTF-8", "remove the tag"), start)
        })
    }
}
