//! The problems that are met on the way, and the words that help with them.

use crate::translate::{Invalid, Power, Problem, Reason};

/// Collects every problem of a spec, so that its author mends all of them at once.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, reason: Reason, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem::new(reason, path, message));
    }

    /// A value that cannot be used as it is.
    pub(super) fn value(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.add(Reason::InvalidValue, path, message);
    }

    /// A name that stands for nothing: `what` it should be and `place` where it would be declared.
    pub(super) fn unknown<'a>(
        &mut self,
        reason: Reason,
        path: impl Into<String>,
        (what, name, place): (&str, &str, &str),
        known: impl Iterator<Item = &'a str>,
    ) {
        let remedy = match closest(name, known) {
            Some(close) => format!("did you mean '{close}'?"),
            None => format!("declare it under {place}, or take this reference out"),
        };
        self.add(reason, path, format!("there is no {what} '{name}' in {place}: {remedy}"));
    }

    /// Something of the nodes that the namespace does not allow.
    pub(super) fn not_allowed(
        &mut self,
        path: impl Into<String>,
        what: &str,
        power: Power,
        namespace: Option<&str>,
    ) {
        let message = format!(
            "the namespace allows no {what}: its administrator allows them by 'kubectl label namespace {} \
             allow.stackwright.dev/{}=true'",
            namespace.unwrap_or("NAMESPACE"),
            power.as_str()
        );
        self.add(Reason::NotAllowed, path, message);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_result(self) -> Result<(), Invalid> {
        Invalid::unless_empty(self.0)
    }
}

/// The known name that `name` was probably meant to be: at most a third of it mistyped.
fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::osa_distance(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(distance, known)| distance * 3 <= known.len().max(name.len()))
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_mistyped_name_finds_the_one_that_was_meant() {
        let known = ["postgres", "redis", "db"];
        for (name, expected) in [
            ("postgers", Some("postgres")),
            ("Redis", Some("redis")),
            ("dbx", Some("db")),
            ("mongo", None),
            ("x", None),
        ] {
            assert_eq!(closest(name, known.into_iter()), expected, "{name}");
        }
    }
}
