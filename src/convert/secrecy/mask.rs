//! Masks the secrets of a printed project.

use compose_loader::{Node, Project, Value};

use super::forms::pairs;
use super::{HIDDEN, Secrecy, from_env_file, is_harmless, looks_secret};

/// Replaces each secret of a project by asterisks.
pub fn mask(project: &mut Project) {
    let secrecy = Secrecy::of(project);
    below(&mut project.tree, &secrecy);
}

/// Returns the value of a variable for display. A secret value is replaced by asterisks if `hide` is set.
#[must_use]
pub fn shown(name: &str, value: &str, hide: bool) -> String {
    if hide && looks_secret(name) && !is_harmless(value) { HIDDEN.to_owned() } else { value.to_owned() }
}

fn below(node: &mut Node, secrecy: &Secrecy) {
    let hidden = masked(node, secrecy);
    match &mut node.value {
        Value::Map(map) => {
            for (key, child) in map.iter_mut() {
                match &child.value {
                    Value::Str(text) if looks_secret(key) && !is_harmless(text) => {
                        child.value = Value::Str(HIDDEN.into());
                    }
                    _ => below(child, secrecy),
                }
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| below(item, secrecy)),
        Value::Str(_) => {
            if let Some(hidden) = hidden {
                node.value = Value::Str(hidden.into());
            }
        }
        _ => {}
    }
}

/// Returns a text with its secrets masked. Returns none for a text without secrets.
fn masked(node: &Node, secrecy: &Secrecy) -> Option<String> {
    let text = node.as_str()?;
    if from_env_file(node) {
        return Some(HIDDEN.to_owned());
    }
    let mut parts: Vec<_> = secrecy.spans(node).into_iter().map(|span| span.start..span.end).collect();
    parts.extend(pairs(text));
    parts.sort_by_key(|part| (part.start, part.end));
    let mut made = String::new();
    let mut at = 0;
    for part in parts.iter().filter(|part| !part.is_empty()) {
        if part.start >= at {
            made.push_str(&text[at..part.start]);
            made.push_str(HIDDEN);
        }
        at = at.max(part.end);
    }
    made.push_str(&text[at..]);
    (at > 0).then_some(made)
}

#[cfg(test)]
mod tests {
    use super::{HIDDEN, shown};

    #[test]
    fn the_value_of_each_secret_name_is_hidden() {
        for name in ["DB_PASSWORD", "DB_PASS", "JWT", "API_KEY", "SENTRY_DSN"] {
            assert_eq!(shown(name, "winter2025", true), HIDDEN, "{name}");
            assert_eq!(shown(name, "winter2025", false), "winter2025", "{name}");
        }
        for name in ["DB_PASSWORD_FILE", "KEYCLOAK_HOST", "MAX_TOKENS"] {
            assert_eq!(shown(name, "winter2025", true), "winter2025", "{name}");
        }
    }
}
