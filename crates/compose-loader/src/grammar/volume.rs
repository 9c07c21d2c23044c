//! Mounts: `[SOURCE:]TARGET[:OPTIONS]`.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::paths::clean;
use crate::rules;
use crate::trail::Trail;
use crate::tree::{Map, Node, Value};

/// A mount in short form.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// The volume or host path. Empty for an anonymous volume.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// Whether the mount is read-only.
    pub read_only: bool,
    /// Whether Docker does not copy the content of the image into a new volume.
    pub nocopy: bool,
    /// The propagation of mounts below it.
    pub propagation: Option<String>,
    /// The label for `SELinux`.
    pub selinux: Option<String>,
    /// The position of the source.
    source_at: Range<usize>,
    /// The position of the target.
    target_at: Range<usize>,
    /// Whether the text is only a target.
    bare: bool,
}

/// Why a mount is invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// The reason, in the words of compose-go.
    pub reason: String,
    /// The bytes that are wrong.
    pub at: Range<usize>,
}

/// Parses a mount in short form.
///
/// # Errors
/// Returns the reason.
pub fn parse(spec: &str) -> Result<Volume, Refused> {
    let mut volume = Volume::default();
    if spec.is_empty() {
        return Err(Refused { reason: "invalid empty volume spec".to_owned(), at: 0..0 });
    }
    if spec.len() <= 2 {
        return Ok(Volume { target: spec.to_owned(), target_at: 0..spec.len(), bare: true, ..volume });
    }
    let refused = |reason: &str, at: Range<usize>| {
        // For an empty part, the place is the colon after it.
        let at = if at.is_empty() { at.start..(at.end + 1).min(spec.len()) } else { at };
        Refused { reason: format!("invalid spec: {spec}: {reason}"), at }
    };
    let mut part = 0;
    let mut start = 0;
    let mut nested = 0usize;
    let bytes = spec.as_bytes();
    for (index, c) in spec.char_indices() {
        match c {
            '$' if bytes.get(index + 1) == Some(&b'{') => nested += 1,
            '}' if nested > 0 => nested -= 1,
            ':' if nested == 0 && !is_drive(&spec[start..index]) => {
                field(&mut volume, part, spec, start..index)
                    .map_err(|reason| refused(reason, start..index))?;
                part += 1;
                start = index + 1;
            }
            _ => {}
        }
    }
    if nested == 0 {
        field(&mut volume, part, spec, start..spec.len())
            .map_err(|reason| refused(reason, start..spec.len()))?;
    }
    Ok(volume)
}

impl Refused {
    /// Returns the error of a mount in short form.
    #[must_use]
    pub fn diagnostic(&self, short: &Node, trail: &Trail<'_>) -> Diagnostic {
        let place = short.place_of(self.at.start, self.at.end);
        Diagnostic::new(&rules::INVALID_VOLUME, place, format!("{trail}: {}", self.reason))
            .supplied(short, self.at.clone())
    }
}

fn field(volume: &mut Volume, part: usize, spec: &str, at: Range<usize>) -> Result<(), &'static str> {
    let text = &spec[at.clone()];
    let last = at.end == spec.len();
    match part {
        _ if text.is_empty() => return Err("empty section between colons"),
        0 if !last => {
            text.clone_into(&mut volume.source);
            volume.source_at = at;
        }
        0 | 1 => {
            text.clone_into(&mut volume.target);
            volume.target_at = at;
        }
        _ if !last => return Err("too many colons"),
        _ => {
            for option in text.split(',') {
                match option {
                    "ro" => volume.read_only = true,
                    "rw" => volume.read_only = false,
                    "nocopy" => volume.nocopy = true,
                    "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                        volume.propagation = Some(option.to_owned());
                    }
                    "z" | "Z" => volume.selinux = Some(option.to_owned()),
                    // compose-go ignores all other options, such as `cached`.
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// Reports whether a text before a colon is the drive of a Windows path.
fn is_drive(text: &str) -> bool {
    let mut chars = text.chars();
    matches!((chars.next(), chars.next()), (Some(letter), None) if letter.is_alphabetic())
}

impl Volume {
    /// Reports whether the source is a host path.
    #[must_use]
    pub fn is_bind(&self) -> bool {
        let source = self.source.as_str();
        source.starts_with(['.', '/', '~'])
            || source.starts_with("\\\\")
            || source.split_once(':').is_some_and(|(drive, _)| is_drive(drive))
    }

    /// Returns the long form.
    #[must_use]
    pub fn long(&self, short: &Node) -> Node {
        let mut map = Map::default();
        let place = short.place;
        let set = |map: &mut Map, key: &'static str, node: Node| {
            map.insert(key, place, node);
        };
        let bind = self.is_bind();
        set(&mut map, "type", Node::text(if bind { "bind" } else { "volume" }, place));
        if !self.source.is_empty() {
            set(&mut map, "source", short.part(self.source_at.start, self.source_at.end));
        }
        let target = short.part(self.target_at.start, self.target_at.end);
        set(&mut map, "target", target.made(clean(&self.target)));
        if self.read_only {
            set(&mut map, "read_only", Node::bool(true, place));
        }
        let mut options = Map::default();
        if let Some(selinux) = &self.selinux {
            set(&mut options, "selinux", Node::text(selinux.as_str(), place));
        }
        if let Some(propagation) = &self.propagation {
            set(&mut options, "propagation", Node::text(propagation.as_str(), place));
        }
        if bind {
            set(&mut options, "create_host_path", Node::bool(true, place));
        }
        if bind || !options.is_empty() {
            set(&mut map, "bind", Node::new(Value::Map(Box::new(options)), place));
        }
        if self.nocopy || !bind && !self.bare {
            let mut options = Map::default();
            if self.nocopy {
                set(&mut options, "nocopy", Node::bool(true, place));
            }
            set(&mut map, "volume", Node::new(Value::Map(Box::new(options)), place));
        }
        Node::new(Value::Map(Box::new(map)), place)
    }
}

#[cfg(test)]
mod tests {
    use super::{Volume, parse};

    #[test]
    fn short_forms_are_parsed() {
        let of = |source: &str, target: &str| {
            let start = if source.is_empty() { 0 } else { source.len() + 1 };
            Volume {
                source: source.to_owned(),
                target: target.to_owned(),
                source_at: 0..source.len(),
                target_at: start..start + target.len(),
                ..Volume::default()
            }
        };
        assert_eq!(parse("data:/d"), Ok(of("data", "/d")));
        assert_eq!(parse("/only"), Ok(of("", "/only")));
        assert_eq!(parse("c:\\x:/d"), Ok(of("c:\\x", "/d")));
        assert_eq!(parse("x:/x"), Ok(of("", "x:/x")));
        assert_eq!(parse("${A:-b}:/d"), Ok(of("${A:-b}", "/d")));
        assert_eq!(
            parse("vol:/d:ro,z,cached").map(|volume| (volume.read_only, volume.selinux)),
            Ok((true, Some("z".to_owned())))
        );
        for (wrong, at) in [("", 0..0), ("vol::b", 4..5), ("vol:/b:ro:x", 7..9), (":/b", 0..1)] {
            assert_eq!(parse(wrong).map_err(|refused| refused.at), Err(at), "{wrong}");
        }
    }
}
