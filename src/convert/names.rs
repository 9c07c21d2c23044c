//! Names that objects may bear.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::{Node, Project};

use super::catalogue::{self, Rule};
use crate::translate::names::{dns_label, is_service_name};
use crate::translate::short_hash;

/// The names of the Stack and its services on the cluster.
#[derive(Debug, Default)]
pub struct Names {
    /// The Stack's.
    pub stack: String,
    /// Of each service, by its name in the project.
    services: BTreeMap<String, String>,
    /// Of each volume that cannot have its own, by its name in the project.
    volumes: BTreeMap<String, String>,
    /// Of the profile whose name is empty.
    pub empty_profile: String,
}

impl Names {
    /// The names of a project's things.
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

    /// The name of a service on the cluster.
    #[must_use]
    pub fn service(&self, name: &str) -> String {
        self.services.get(name).cloned().unwrap_or_else(|| service_label(name))
    }

    /// The name of a volume in the Stack.
    #[must_use]
    pub fn volume(&self, name: &str) -> String {
        self.volumes.get(name).map_or(name, String::as_str).to_owned()
    }

    /// Whether a name is one of a service, on the cluster.
    #[must_use]
    pub fn is_service(&self, name: &str) -> bool {
        self.services.values().any(|service| service == name)
    }

    /// The rule by which a service has another name than in the project.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Option<&'static Rule> {
        let new = self.services.get(name)?;
        if new == name {
            None
        } else if *new == name.to_lowercase() {
            Some(&catalogue::LOWERED_NAME)
        } else {
            Some(&catalogue::RENAMED_SERVICE)
        }
    }

    /// The services that have a name which texts that dial the old one do not find, and that new name.
    pub fn lost(&self) -> impl Iterator<Item = (&str, &str)> {
        let renamed = self.services.iter().filter(|(old, new)| old.to_lowercase() != **new);
        renamed.map(|(old, new)| (old.as_str(), new.as_str()))
    }
}

/// A name for the profile that has none: one that no other profile has.
fn empty_profile(project: &Project) -> String {
    let profiles = project.services().filter_map(|(_, service)| service.get("profiles")?.as_list());
    let taken: BTreeSet<&str> = profiles.flatten().filter_map(Node::as_str).collect();
    let mut name = "default".to_owned();
    while taken.contains(name.as_str()) {
        name.insert_str(0, "by-");
    }
    name
}

/// So much of a name that a hash fits behind it.
fn cut(name: &str) -> &str {
    name[..name.floor_char_boundary(50)].trim_end_matches('-')
}

/// A name of at most 63 lower-case letters, digits and hyphens.
#[must_use]
pub fn label(name: &str, otherwise: &str) -> String {
    let plain: String = dns_label(name).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let plain: String = plain.trim_matches('-').chars().take(63).collect();
    let plain = plain.trim_end_matches('-');
    if plain.is_empty() { otherwise.to_owned() } else { plain.to_owned() }
}

/// As [`label`], beginning with a letter.
#[must_use]
pub fn service_label(name: &str) -> String {
    let plain = label(name, "service");
    if is_service_name(&plain) {
        return plain;
    }
    let cut: String = plain.chars().take(61).collect();
    format!("s-{}", cut.trim_end_matches('-'))
}

/// A key of a ConfigMap or Secret: letters, digits, `-`, `_` and `.`, at most 253 of them. Names of the
/// project that are none get a hash, so that no two share a key.
#[must_use]
pub fn key(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty()
        && name.len() <= 253
        && name.chars().all(fits)
        && !name.starts_with("..")
        && name != "."
    {
        return name.to_owned();
    }
    let plain: String = name.chars().map(|c| if fits(c) { c } else { '-' }).take(200).collect();
    format!("{}-{}", plain.trim_start_matches('.'), short_hash(name))
}

#[cfg(test)]
mod tests {
    use super::{key, service_label};

    #[test]
    fn a_service_gets_a_name_that_a_service_may_bear() {
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
    fn a_key_keeps_a_name_that_fits_and_tells_others_apart() {
        assert_eq!(key("web.DB_PASSWORD"), "web.DB_PASSWORD");
        assert_ne!(key("a b"), key("a/b"));
    }
}
