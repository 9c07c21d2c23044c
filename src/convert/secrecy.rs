//! What is secret: by the name of a variable, by where a value came from, by its form, or because the same
//! value is secret elsewhere in the project.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::compose::project::Project;
use crate::compose::source::Place;
use crate::compose::tree::{Map, Node, Origin, Supplied};

/// Parts of names whose values are usually secret.
const PARTS: [&str; 13] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "CREDENTIAL",
    "ENCRYPTION_KEY",
    "SIGNING_KEY",
    "LICENSE_KEY",
];
/// Last words of names whose values are usually secret.
const LAST: [&str; 8] = ["PASS", "PWD", "PW", "KEY", "SALT", "PIN", "JWT", "DSN"];
/// Ends of names whose values are about a secret and none themselves.
const ABOUT: [&str; 16] = [
    "_FILE",
    "_PATH",
    "_DIR",
    "_NAME",
    "_ID",
    "_URL",
    "_URI",
    "_HOST",
    "_PORT",
    "_EXPIRY",
    "_EXPIRES",
    "_EXPIRES_IN",
    "_TTL",
    "_LENGTH",
    "_ALGORITHM",
    "_ENABLED",
];

/// Whether a variable of this name usually holds a secret.
#[must_use]
pub fn looks_secret(name: &str) -> bool {
    // Tokens in the plural are those that language models count.
    let name = name.to_uppercase().replace(['-', '.'], "_").replace("TOKENS", "");
    if name.contains("PUBLIC_KEY") || name.contains("PUBLISHABLE") {
        return false;
    }
    let about = ABOUT.iter().any(|end| name.ends_with(end)) && !name.ends_with("SECRET_ID");
    let last = name.rsplit('_').next().unwrap_or_default();
    let part = PARTS.iter().any(|part| name.contains(part));
    let ends = name != "PWD" && LAST.contains(&last);
    (part || ends) && !about
}

/// Whether a line gives a value to something that usually is secret: `NAME: value` or `name=value`.
pub fn names_secret(line: &str) -> bool {
    let name = |text: &str| {
        let from = text.trim_end_matches(['"', '\'']);
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let start =
            from.char_indices().rev().take_while(|(_, c)| fits(*c)).last().map_or(from.len(), |(at, _)| at);
        looks_secret(&from[start..])
    };
    line.match_indices([':', '=']).any(|(at, _)| name(&line[..at]) && !line[at + 1..].trim().is_empty())
}

/// Whether a value says yes or no, or nothing, and so gives no secret away.
pub fn is_harmless(value: &str) -> bool {
    value.is_empty()
        || ["true", "false", "yes", "no", "on", "off", "none", "null"]
            .contains(&value.to_lowercase().as_str())
}

/// A secret part of a text, in bytes, and the variable that supplied it, if one did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The variable that supplied exactly this part.
    pub variable: Option<Arc<str>>,
}

/// The secrets of a project, by which they are found again wherever they are written.
#[derive(Debug, Default)]
pub struct Secrecy {
    /// Values that are distinctive enough to be searched for.
    values: BTreeSet<Arc<str>>,
    /// The value of each variable of the project whose name says that it is secret.
    variables: BTreeMap<Arc<str>, Arc<str>>,
}

impl Secrecy {
    /// Gathers the secrets of a project.
    #[must_use]
    pub fn of(project: &Project) -> Self {
        let mut values = BTreeSet::new();
        let mut add = |value: &str| {
            if is_distinctive(value) {
                values.insert(Arc::from(value));
            }
        };
        for (_, service) in project.services() {
            for (name, node) in
                service.get("environment").and_then(Node::as_map).into_iter().flat_map(Map::iter)
            {
                if looks_secret(name) {
                    node.as_str().into_iter().for_each(&mut add);
                }
            }
        }
        let mut variables = BTreeMap::new();
        for (name, variable) in project.environment.iter() {
            if looks_secret(name) {
                add(&variable.value);
                variables.insert(name.clone(), variable.value.clone());
            }
        }
        for (_, secret) in project.section("secrets") {
            let variable = secret.str_at("environment").and_then(|name| project.environment.text(name));
            variable.into_iter().for_each(&mut add);
        }
        Self { values, variables }
    }

    /// Whether a value holds a secret: a part of a text, or a text anywhere below.
    #[must_use]
    pub fn holds_secret(&self, node: &Node) -> bool {
        if let Some(map) = node.as_map() {
            return map.iter().any(|(_, node)| self.holds_secret(node));
        }
        if let Some(items) = node.as_list() {
            return items.iter().any(|node| self.holds_secret(node));
        }
        from_env_file(node) || !self.spans(node).is_empty()
    }

    /// The secret parts of a text, in order and apart from each other.
    #[must_use]
    pub fn spans(&self, node: &Node) -> Vec<Span> {
        let Some(text) = node.as_str() else { return Vec::new() };
        let mut spans: Vec<Span> = Vec::new();
        for part in node.trace.iter().flatten() {
            let (start, end) = (part.start as usize, part.end as usize);
            let value = text.get(start..end).unwrap_or_default();
            let secret =
                looks_secret(&part.variable) || password(value).is_some() || self.values.contains(value);
            if secret && !is_harmless(value) {
                let parts = self.exact(&part.variable, value);
                let variable = Some(part.variable.clone());
                let span =
                    |(from, to)| Span { start: start + from, end: start + to, variable: variable.clone() };
                spans.extend(parts.into_iter().map(span));
            }
        }
        let passwords = password(text).into_iter();
        let known = self.values.iter().flat_map(|value| {
            text.match_indices(&**value).map(|(start, value)| (start, start + value.len()))
        });
        for (start, end) in passwords.chain(known) {
            if !spans.iter().any(|span| span.start < end && start < span.end) {
                spans.push(Span { start, end, variable: None });
            }
        }
        spans.sort_by_key(|span| (span.start, span.end));
        // Of two that overlap, the first is widened: a secret is never cut.
        let mut apart: Vec<Span> = Vec::new();
        for span in spans {
            match apart.last_mut() {
                Some(last) if span.start < last.end => {
                    if span.end > last.end {
                        (last.end, last.variable) = (span.end, None);
                    }
                }
                _ => apart.push(span),
            }
        }
        apart
    }

    /// The secret parts of a text, as [`Secrecy::spans`], and the empty places of secret variables that are not
    /// set, or empty: who sets them later finds them in the Secret.
    #[must_use]
    pub fn places(&self, node: &Node) -> Vec<Span> {
        let mut spans = self.spans(node);
        for part in unfilled(node) {
            let at = part.start as usize;
            if !spans.iter().any(|span| span.start < at && at < span.end) {
                spans.push(Span { start: at, end: at, variable: Some(part.variable.clone()) });
            }
        }
        spans.sort_by_key(|span| (span.start, span.end));
        spans
    }

    /// Whether a text of another file holds a secret of the project.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(&**value))
    }

    /// The parts of a text that are the variable's value. A text that the loader made of another, such as a
    /// word of a command, has the variables of the whole: most words hold no part of the value.
    fn exact(&self, variable: &str, text: &str) -> Vec<(usize, usize)> {
        let whole = vec![(0, text.len())];
        let Some(value) = self.variables.get(variable).filter(|value| !value.is_empty()) else {
            return whole;
        };
        let found: Vec<_> = text.match_indices(&**value).map(|(at, value)| (at, at + value.len())).collect();
        // Quotes and the like are gone from words, so that the value cannot be found again.
        let changed = value.contains(|c: char| c.is_whitespace() || "\"'\\;&|<>()`".contains(c));
        if found.is_empty() && changed { whole } else { found }
    }
}

/// The empty parts of a text that a variable with the name of a secret supplies.
pub fn unfilled(node: &Node) -> impl Iterator<Item = &Supplied> {
    let parts = node.trace.iter().flat_map(|parts| parts.iter());
    parts.filter(|part| part.start == part.end && looks_secret(&part.variable))
}

/// Whether a text came from a file of `env_file`: it was written where its variable was.
#[must_use]
pub fn from_env_file(node: &Node) -> bool {
    let Some([part]) = node.trace.as_deref() else { return false };
    let whole = node.as_str().is_some_and(|text| part.start == 0 && part.end as usize == text.len());
    let beside = match part.origin {
        Origin::File(place) => node.place == place || node.place == Place::NONE,
        Origin::Process => node.place == Place::NONE,
        Origin::Loader | Origin::Nowhere => false,
    };
    whole && beside && node.as_str().is_some_and(|text| !text.is_empty())
}

/// A value that is not a word that stands elsewhere by chance.
pub fn is_distinctive(value: &str) -> bool {
    let has = |test: fn(char) -> bool| value.chars().any(test);
    let mixed = has(|c| c.is_ascii_digit()) && has(char::is_alphabetic);
    !value.contains(char::is_whitespace) && (value.len() >= 20 || value.len() >= 8 && mixed)
}

/// Where the password of `scheme://user:password@host` stands.
fn password(text: &str) -> Option<(usize, usize)> {
    let begins = text.find("://")? + 3;
    let rest = &text[begins..];
    let authority = rest.find(['/', '?', ' ', '"', '\'']).map_or(rest, |end| &rest[..end]);
    let (login, _) = authority.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let start = begins + user.len() + 1;
    (!password.is_empty()).then_some((start, start + password.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_whether_its_value_is_secret() {
        for name in [
            "POSTGRES_PASSWORD",
            "DB_PASS",
            "MYSQL_PWD",
            "JWT_SECRET",
            "API_KEY",
            "STRIPE_SECRET_KEY",
            "SENTRY_DSN",
            "N8N_ENCRYPTION_KEY",
            "APP_KEY",
            "auth-token",
            "HASH_SALT",
            "RAILS_MASTER_KEY",
        ] {
            assert!(looks_secret(name), "{name}");
        }
        for name in [
            "POSTGRES_PASSWORD_FILE",
            "POSTGRES_USER",
            "PWD",
            "AWS_ACCESS_KEY_ID",
            "VAPID_PUBLIC_KEY",
            "TOKEN_TTL",
            "KEYCLOAK_HOST",
            "PASSENGER_APP_ENV",
            "MONKEY",
            "MAX_TOKENS",
        ] {
            assert!(!looks_secret(name), "{name}");
        }
    }

    #[test]
    fn a_line_that_sets_a_secret_is_known() {
        for line in ["  API_TOKEN: x", "- DB_PASSWORD=x", "o: username=u,password=x", "{\"api-key\": x}"] {
            assert!(names_secret(line), "{line}");
        }
        for line in ["image: a:1", "    environment:", "  password:", "PUBLIC_KEY: x"] {
            assert!(!names_secret(line), "{line}");
        }
    }

    #[test]
    fn the_password_within_an_address_is_secret() {
        let node = Node::text("postgres://app:x:y@db:5432/app?a=b", Place::NONE);
        assert_eq!(Secrecy::default().spans(&node), [Span { start: 15, end: 18, variable: None }]);
        assert!(!Secrecy::default().holds_secret(&Node::text("http://host:80/a@b", Place::NONE)));
    }
}
