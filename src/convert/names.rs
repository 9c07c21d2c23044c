//! Valid names of objects.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{Node, Project};

use crate::rules::{self, Rule};
use crate::text::clip::start;
use crate::text::names::dns_label;
use crate::text::short_hash;
use crate::text::validation::{LONGEST_LABEL, is_object_key, is_of_key, is_service_name};

/// The names of the Stack and its services on the cluster.
#[derive(Debug, Default)]
pub struct Names {
    /// The name of the Stack.
    pub stack: String,
    /// The names of the services, by name in the project.
    services: BTreeMap<String, String>,
    /// The names of the volumes that cannot keep their name, by name in the project.
    volumes: BTreeMap<String, String>,
    /// The name of the profile with an empty name.
    pub empty_profile: String,
}

impl Names {
    /// Chooses the names for a project.
    #[must_use]
    pub fn of(project: &Project) -> Self {
        let stack = label(&project.name, "stack");
        let mut taken: BTreeSet<String> = project
            .services()
            .map(|(name, _)| name.to_owned())
            .filter(|name| is_service_name(name))
            .collect();
        let mut services = BTreeMap::new();
        for (name, _) in project.services() {
            let mut new = service_label(name);
            if new != name && !taken.insert(new.clone()) {
                new = format!("{}-{}", cut(&new), short_hash(name));
                taken.insert(new.clone());
            }
            services.insert(name.to_owned(), new);
        }
        let mut claims = BTreeSet::new();
        let mut volumes = BTreeMap::new();
        for (name, _) in project.section("volumes") {
            let new = label(name, "volume");
            if !claims.insert(new.clone()) {
                volumes.insert(name.to_owned(), format!("{}-{}", cut(&new), short_hash(name)));
            } else if new != dns_label(name) {
                volumes.insert(name.to_owned(), new);
            }
        }
        Self { stack, services, volumes, empty_profile: empty_profile(project) }
    }

    /// Returns the name of a service on the cluster.
    #[must_use]
    pub fn service(&self, name: &str) -> String {
        self.services.get(name).cloned().unwrap_or_else(|| service_label(name))
    }

    /// Returns the name of a volume in the Stack.
    #[must_use]
    pub fn volume(&self, name: &str) -> String {
        self.volumes.get(name).map_or(name, String::as_str).to_owned()
    }

    /// Reports whether a name is the name of a service on the cluster.
    #[must_use]
    pub fn is_service(&self, name: &str) -> bool {
        self.services.values().any(|service| service == name)
    }

    /// Returns the rule that gives a service another name than in the project.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Option<&'static Rule> {
        let new = self.services.get(name)?;
        if new == name {
            None
        } else if *new == name.to_lowercase() {
            Some(&rules::LOWER_CASED_SERVICE)
        } else {
            Some(&rules::RENAMED_SERVICE)
        }
    }

    /// Returns the old and new names of services that clients do not find by the old name.
    pub fn lost(&self) -> impl Iterator<Item = (&str, &str)> {
        let renamed = self.services.iter().filter(|(old, new)| old.to_lowercase() != **new);
        renamed.map(|(old, new)| (old.as_str(), new.as_str()))
    }
}

/// Returns a name for the profile with an empty name. No other profile has this name.
fn empty_profile(project: &Project) -> String {
    let profiles = project.services().filter_map(|(_, service)| service.get("profiles")?.as_list());
    let taken: BTreeSet<&str> = profiles.flatten().filter_map(Node::as_str).collect();
    let mut name = "default".to_owned();
    while taken.contains(name.as_str()) {
        name.insert_str(0, "by-");
    }
    name
}

/// Shortens a name so that a hash fits after it.
fn cut(name: &str) -> &str {
    start(name, 50).trim_end_matches('-')
}

/// Turns a name into at most 63 lower-case letters, digits and hyphens.
#[must_use]
pub fn label(name: &str, otherwise: &str) -> String {
    let plain: String = dns_label(name).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let plain = start(plain.trim_matches('-'), LONGEST_LABEL).trim_end_matches('-');
    if plain.is_empty() { otherwise.to_owned() } else { plain.to_owned() }
}

/// Does the work of [`label`], and makes the name start with a letter.
#[must_use]
pub fn service_label(name: &str) -> String {
    let plain = label(name, "service");
    if is_service_name(&plain) {
        return plain;
    }
    format!("s-{}", start(&plain, LONGEST_LABEL - 2).trim_end_matches('-'))
}

/// Turns a name into a key of a ConfigMap or Secret: at most 253 letters, digits, `-`, `_` and `.`. An invalid name
/// gets a hash, so that no two names share a key.
#[must_use]
pub fn key(name: &str) -> String {
    if is_object_key(name) {
        return name.to_owned();
    }
    let plain: String = name.chars().map(|c| if is_of_key(c) { c } else { '-' }).collect();
    format!("{}-{}", start(&plain, 200).trim_start_matches('.'), short_hash(name))
}

#[cfg(test)]
mod tests {
    use super::{key, service_label};

    #[test]
    fn a_service_gets_a_valid_service_name() {
        let long = "a".repeat(80);
        for (name, new) in [
            ("web", "web"),
            ("My_App", "my-app"),
            ("1st", "s-1st"),
            ("_x.", "x"),
            ("é", "service"),
            (&long, &long[..63]),
        ] {
            assert_eq!(service_label(name), new, "{name}");
        }
    }

    #[test]
    fn a_valid_key_stays_and_other_keys_stay_different() {
        assert_eq!(key("web.DB_PASSWORD"), "web.DB_PASSWORD");
        assert_ne!(key("a b"), key("a/b"));
    }
}
