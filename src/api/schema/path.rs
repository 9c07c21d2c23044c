//! Paths in an object, such as `spec.services.web.ports[0].target`.

use std::fmt;

use serde_json::Value;

/// A step of a path.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// A field, or an entry of a map.
    Key(String),
    /// An item of a list.
    Item(usize),
}

/// A path in an object.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// Parses a path in an object, such as `spec.services.web.labels.com.example.team`. Because keys can contain dots,
    /// each step is the longest matching key of the object. A key that the object does not have ends at the next dot.
    #[must_use]
    pub fn within(text: &str, object: &Value) -> Self {
        let (mut steps, mut rest, mut at) = (Vec::new(), text, Some(object));
        while !rest.is_empty() {
            let (step, length) = step(rest, at);
            at = at.and_then(|value| match &step {
                Step::Key(key) => value.get(key),
                Step::Item(index) => value.get(index),
            });
            rest = rest[length..].trim_start_matches('.');
            steps.push(step);
        }
        Self(steps)
    }

    /// Returns the path of a field or entry below this path.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// Returns the path of an item below this path.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.with(Step::Item(index))
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

/// The path of a value during validation. It becomes a [`Path`] only for a violation.
pub(super) enum Trail<'t> {
    Root,
    Key(&'t Trail<'t>, &'t str),
    Item(&'t Trail<'t>, usize),
}

impl<'t> Trail<'t> {
    pub(super) fn key(&'t self, key: &'t str) -> Self {
        Self::Key(self, key)
    }

    pub(super) fn item(&'t self, index: usize) -> Self {
        Self::Item(self, index)
    }

    pub(super) fn path(&self) -> Path {
        match self {
            Self::Root => Path::default(),
            Self::Key(above, key) => above.path().key(key),
            Self::Item(above, index) => above.path().item(*index),
        }
    }
}

/// Returns the first step of a text and its length in bytes, which is at least one.
fn step(text: &str, at: Option<&Value>) -> (Step, usize) {
    if let Some((index, _)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']'))
        && let Ok(number) = index.parse()
    {
        return (Step::Item(number), index.len() + 2);
    }
    let keys = at.and_then(Value::as_object).into_iter().flat_map(|map| map.keys());
    let ends = |key: &&String| {
        text.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let known = keys.filter(|key| !key.is_empty()).filter(ends).max_by_key(|key| key.len());
    let length = known.map_or_else(|| next_step(text), String::len);
    (Step::Key(text[..length].to_owned()), length)
}

/// Returns the position of the next step. The first character belongs to this step.
fn next_step(text: &str) -> usize {
    text.char_indices().skip(1).find(|(_, c)| matches!(c, '.' | '[')).map_or(text.len(), |(at, _)| at)
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_with_dots_is_one_step() {
        let object = json!({"spec": {"services": {"web": {
            "labels": {"com": "x", "com.example.team": "a"}, "ports": [{"target": 80}],
        }}}});
        for (text, steps) in [
            ("spec.services.web.labels.com.example.team", 5),
            ("spec.services.web.ports[0].target", 6),
            ("spec.services.web.ports[7]", 5),
            ("spec.services.web.notThere.at.all", 6),
            ("", 0),
            (".", 1),
            ("[x", 1),
            ("é.a", 2),
        ] {
            let path = Path::within(text, &object);
            assert_eq!(path.0.len(), steps, "{path:?}");
            assert!(text == "." || path.to_string() == text, "{path}");
        }
    }
}
