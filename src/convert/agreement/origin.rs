//! The value of the project behind a path of the Stack.
//!
//! Fields are found by name, and list items by their identity, since the conversion omits and moves items. If a value
//! is not found, the origin is the nearest value above it, up to the service or resource.

use compose_loader::{Node, Place, Project};
use serde_json::Value;

use crate::api::schema::{Path, Step};
use crate::convert::names::Names;
use crate::convert::reader;

/// A value of the project.
pub(super) struct Origin {
    /// The RFC 6901 pointer.
    pub pointer: String,
    /// The place in the files.
    pub place: Place,
}

/// The sources of a lookup.
pub(super) struct Origins<'a> {
    /// The project.
    pub project: &'a Project,
    /// The names of services and volumes in the Stack.
    pub names: &'a Names,
    /// The Stack.
    pub stack: &'a Value,
}

/// Fields of a service whose Compose name is not the snake case of their name, each with the possible paths of their
/// source.
const FIELDS: [(&[&str], &[&[&str]]); 18] = [
    (&["deploy", "placement", "spread"], &[&["deploy", "placement", "preferences"]]),
    (&["deploy", "replicas"], &[&["deploy", "replicas"], &["scale"]]),
    (
        &["deploy", "resources", "devices"],
        &[
            &["deploy", "resources", "reservations", "devices"],
            &["gpus"],
            &["deploy", "resources", "reservations", "generic_resources"],
        ],
    ),
    (
        &["deploy", "resources", "limits", "cpus"],
        &[&["deploy", "resources", "limits", "cpus"], &["cpus"], &["cpu_quota"]],
    ),
    (
        &["deploy", "resources", "limits", "memory"],
        &[&["deploy", "resources", "limits", "memory"], &["mem_limit"]],
    ),
    (
        &["deploy", "resources", "reservations", "cpus"],
        &[&["deploy", "resources", "reservations", "cpus"], &["cpu_shares"]],
    ),
    (
        &["deploy", "resources", "reservations", "memory"],
        &[&["deploy", "resources", "reservations", "memory"], &["mem_reservation"]],
    ),
    (&["dependsOn"], &[&["depends_on"], &["links"]]),
    (&["domainname"], &[&["domainname"], &["hostname"]]),
    (&["environmentFrom"], &[&["environment"]]),
    (&["files"], &[&["volumes"], &["volumes_from"]]),
    (&["healthcheck", "onUnhealthy"], &[&["x-stackwright", "healthcheck"], &["labels"]]),
    (&["maxReplicasPerNode"], &[&["deploy", "placement", "max_replicas_per_node"]]),
    (&["restart"], &[&["restart"], &["deploy", "restart_policy"]]),
    (&["secrets"], &[&["secrets"], &["configs"]]),
    (&["storageSize"], &[&["storage_opt"]]),
    (&["tmpfs"], &[&["tmpfs"], &["volumes"]]),
    (&["volumes"], &[&["volumes"], &["volumes_from"]]),
];

impl Origins<'_> {
    /// Returns the value behind a path of the Stack.
    pub fn of(&self, path: &Path) -> Origin {
        let keys: Vec<&str> = path.0.iter().map_while(key).collect();
        let found = match keys[..] {
            // The jobs are among the services of the project.
            ["spec", section @ ("services" | "jobs"), name, ..] => self.service(section, name, &path.0[3..]),
            ["spec", "volumes", name, ..] => self.volume(name, &path.0[3..]),
            ["spec", section @ ("networks" | "configs" | "secrets"), name, ..] => {
                let resource = self.root().down(section).and_then(|section| section.down(name));
                resource.map(|it| self.below(it, self.at(&keys[..3]), &path.0[3..]))
            }
            ["spec", field, ..] => {
                let setting = self.root().down("x-stackwright").and_then(|settings| settings.down(field));
                setting.or_else(|| self.root().down(field))
            }
            _ => None,
        };
        found.or_else(|| self.root().down("name")).unwrap_or_else(|| self.root()).origin()
    }

    fn root(&self) -> Cursor<'_> {
        let node = &self.project.tree;
        Cursor { node, pointer: String::new(), place: node.place }
    }

    /// Returns the value at a path of the Stack.
    fn at(&self, keys: &[&str]) -> &Value {
        keys.iter().fold(self.stack, |value, key| &value[*key])
    }

    fn service(&self, section: &str, name: &str, rest: &[Step]) -> Option<Cursor<'_>> {
        let services = self.root().down("services")?;
        let service = services.down(self.old_name(name)).or_else(|| services.down(name))?;
        let keys: Vec<&str> = rest.iter().map_while(key).collect();
        let Some(field) = keys.first() else { return Some(service) };
        let snake = snake_case(field);
        let (own, plain): (&[&str], &[&[&str]]) = (&[field], &[&[&snake]]);
        let row =
            FIELDS.iter().filter(|(field, _)| keys.starts_with(field)).max_by_key(|(field, _)| field.len());
        let (field, ways) = row.map_or((own, plain), |(field, ways)| (*field, *ways));
        let mut value = self.at(&["spec", section, name]);
        for key in field {
            value = &value[*key];
        }
        let found = ways.iter().filter_map(|way| {
            let start = way.iter().try_fold(service.clone(), |at, key| at.down(key))?;
            Some(self.below(start, value, &rest[field.len()..]))
        });
        // The longest path that exists is the most exact one.
        let deepest = found.max_by_key(|cursor| cursor.pointer.matches('/').count());
        let setting = || service.down("x-stackwright").and_then(|settings| settings.down(field[0]));
        let nearest = || service.down(snake_case(field[0]).as_str());
        deepest.or_else(setting).or_else(nearest).or(Some(service.clone()))
    }

    /// Returns a volume of the project, or the mount that created a volume.
    fn volume(&self, name: &str, rest: &[Step]) -> Option<Cursor<'_>> {
        let own = self.project.section("volumes").find(|(own, _)| self.names.volume(own) == name);
        if let Some((own, _)) = own {
            let volume = self.root().down("volumes")?.down(own)?;
            let option = match rest.first().and_then(key) {
                Some("hostPath" | "nfs") => "device",
                Some("size") => "size",
                _ => "",
            };
            let option = volume.down("driver_opts").and_then(|options| options.down(option));
            return option.or_else(|| Some(self.below(volume, self.at(&["spec", "volumes", name]), rest)));
        }
        let services = self.at(&["spec", "services"]).as_object()?;
        services.iter().find_map(|(service, made)| {
            let mounts = made["volumes"].as_array()?;
            let index = mounts.iter().position(|mount| mount["source"] == name)?;
            self.service("services", service, &[Step::Key("volumes".to_owned()), Step::Item(index)])
        })
    }

    /// Returns the name of a service in the project.
    fn old_name<'n>(&'n self, name: &'n str) -> &'n str {
        let services = self.project.services().map(|(old, _)| old);
        services.into_iter().find(|old| self.names.service(old) == name).unwrap_or(name)
    }

    /// Follows a path from a value of the project as far as it exists.
    fn below<'n>(&self, start: Cursor<'n>, value: &Value, steps: &[Step]) -> Cursor<'n> {
        let (mut at, mut value) = (start, value);
        for step in steps {
            let next = match step {
                Step::Key(key) => {
                    value = &value[key.as_str()];
                    let names = [key.clone(), snake_case(key), self.old_name(key).to_owned()];
                    names
                        .iter()
                        .find_map(|name| at.down(name))
                        .or_else(|| at.alike(&Value::from(key.as_str()), 0))
                }
                Step::Item(index) => {
                    let count = value.as_array().map_or(0, Vec::len);
                    value = &value[*index];
                    at.alike(value, *index).or_else(|| at.nth(*index, count))
                }
            };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }
}

fn key(step: &Step) -> Option<&str> {
    match step {
        Step::Key(key) => Some(key),
        Step::Item(_) => None,
    }
}

/// A value of the project during a lookup.
#[derive(Clone)]
struct Cursor<'a> {
    node: &'a Node,
    pointer: String,
    place: Place,
}

impl<'a> Cursor<'a> {
    fn origin(self) -> Origin {
        Origin { pointer: self.pointer, place: self.place }
    }

    fn to(&self, key: &str, node: &'a Node, place: Place) -> Self {
        let pointer = format!("{}{}", self.pointer, reader::pointer([key]));
        let place = [node.place, place, self.place].into_iter().find(|place| *place != Place::NONE);
        Self { node, pointer, place: place.unwrap_or_default() }
    }

    /// Returns the value of a key.
    fn down(&self, key: &str) -> Option<Self> {
        let entry = self.node.as_map()?.entry(key)?;
        Some(self.to(key, &entry.node, entry.key))
    }

    /// Returns the item of a list that has the same length as the list of the Stack.
    fn nth(&self, index: usize, count: usize) -> Option<Self> {
        let items = self.node.as_list().filter(|items| items.len() == count)?;
        Some(self.to(&index.to_string(), items.get(index)?, Place::NONE))
    }

    /// Returns the list item most similar to an item of the Stack. Among equals it returns the one with the same
    /// index.
    fn alike(&self, made: &Value, index: usize) -> Option<Self> {
        let items = self.node.as_list()?.iter().enumerate();
        let scored = items.filter_map(|(at, node)| Some((likeness(node, made)?, at == index, at, node)));
        let (_, _, at, node) = scored.max_by_key(|(score, same, at, _)| (*score, *same, usize::MAX - at))?;
        Some(self.to(&at.to_string(), node, Place::NONE))
    }
}

/// The identity of a list item, in the Stack and in the project.
const IDENTITY: [&str; 6] = ["target", "source", "published", "protocol", "path", "user"];

/// Returns the similarity of two list items. None if they differ in their identity.
fn likeness(node: &Node, made: &Value) -> Option<usize> {
    if let compose_loader::Value::Map(_) = node.value {
        let part = |key: &str| Some((node.get(key)?.value.to_string(), text(made.get(key)?)));
        let parts: Vec<_> = IDENTITY.iter().filter_map(|key| part(key)).collect();
        let (first, second) = parts.first()?;
        let alike = parts.iter().filter(|(given, made)| given.eq_ignore_ascii_case(made)).count();
        let published = node.get("published").map(|node| node.value.to_string());
        let is_own = made.get("published").is_none() && published == made.get("target").map(text);
        return first.eq_ignore_ascii_case(second).then_some(2 * alike + usize::from(is_own));
    }
    let given = node.value.to_string();
    let wanted = ["target", "port"].iter().find_map(|key| made.get(key)).unwrap_or(made);
    let wanted = text(wanted);
    let is_part = || given.split([':', '/', '=']).any(|part| part == wanted);
    let is_path = || given.split(':').any(|part| part == wanted);
    if given == wanted { Some(2) } else { (is_path() || is_part()).then_some(1) }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
