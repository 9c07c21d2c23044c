//! Remedies for violations of the schema.

use super::compile::{Pattern, SCHEMAS, Schema, Schemas};
use crate::clip::quoted;
use crate::nearest::did_you_mean;
use crate::trail::Trail;
use crate::tree::{Node, Value};

/// Returns the remedy for a service that is not a mapping.
#[must_use]
pub fn of_service(name: &str) -> String {
    if SCHEMAS.is_key_of_service(name) {
        format!("`{name}` is a key of a service: indent it like the other keys of its service")
    } else {
        "write the keys of the service below its name, with more indentation".to_owned()
    }
}

/// Joins types: "a string or a list".
pub fn alternatives(wanted: &[&'static str]) -> String {
    match wanted {
        [] => "of another type".to_owned(),
        [one] => (*one).to_owned(),
        [firsts @ .., last] => format!("{} or {last}", firsts.join(", ")),
    }
}

/// Returns the remedy for a value of the wrong type.
pub fn of_type(wanted: &[&'static str], found: &Value) -> String {
    let is_scalar = !matches!(found, Value::Null | Value::List(_) | Value::Map(_));
    let takes = |kind: &str| wanted.contains(&kind);
    match found {
        Value::Null => "write a value, or remove the key".to_owned(),
        _ if is_scalar && takes("a list") => {
            let item = found.to_string();
            format!("write a list, with a dash and a space before each item: `- {}`", quoted(&item, 60))
        }
        _ if is_scalar && wanted == ["a string"] => "put the value into quotes".to_owned(),
        Value::Map(_) if takes("a list") => {
            "write a list, with a dash and a space before each item".to_owned()
        }
        Value::List(_) if wanted == ["a mapping"] => "write `key: value`, without the dash".to_owned(),
        _ => format!("write {}", alternatives(wanted)),
    }
}

impl Schemas {
    /// Returns the remedy for an unknown key, which can be known elsewhere.
    pub(super) fn of_unknown_key(
        &self,
        schema: &Schema,
        key: &str,
        node: &Node,
        trail: &Trail<'_>,
    ) -> String {
        if schema.patterns.iter().any(|(pattern, _)| *pattern == Pattern::Name) {
            return "use only letters, digits, `.`, `_` and `-` in a name".to_owned();
        }
        let near = did_you_mean(key, self.keys(schema));
        // A difference of one letter is a typing error, even where the key is known elsewhere.
        if let Some(meant) = near.filter(|meant| strsim::damerau_levenshtein(key, meant) == 1) {
            return format!("did you mean `{meant}`?");
        }
        let below = self.below(schema, key);
        if let [path] = below.as_slice() {
            return format!(
                "did you mean `{path}`? Move it below `{}:`",
                path.rsplit_once('.').map_or("", |(parent, _)| parent)
            );
        }
        if let Some(meant) = near {
            return format!("did you mean `{meant}`?");
        }
        let of_service = self.is_key_of_service(key);
        match trail.depth() {
            0 if of_service => {
                format!("`{key}` is a key of a service: move it into a service below `services:`")
            }
            0 if node.as_map().is_some() => {
                format!(
                    "if `{key}` is a service, indent it below `services:`, or start the name of an extension with `x-`"
                )
            }
            3.. if of_service => {
                format!("`{key}` is a key of the service: indent it like its other keys")
            }
            _ => "remove the key, or start its name with `x-` if it is an extension".to_owned(),
        }
    }

    fn is_key_of_service(&self, key: &str) -> bool {
        let services = self.resolved(0).property("services").map(|id| self.resolved(id));
        let service = services.and_then(|services| services.patterns.first());
        service.is_some_and(|(_, id)| self.keys(self.resolved(*id)).any(|known| known == key))
    }

    fn resolved(&self, id: usize) -> &Schema {
        let schema = self.get(id);
        schema.reference.map_or(schema, |reference| self.get(reference))
    }

    /// Returns the paths of a key one or two levels further down.
    fn below(&self, schema: &Schema, key: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (name, child) in self.children(schema) {
            if child.property(key).is_some() {
                found.push(format!("{name}.{key}"));
            }
        }
        if found.is_empty() {
            for (name, child) in self.children(schema) {
                for (inner, grandchild) in self.children(child) {
                    if grandchild.property(key).is_some() {
                        found.push(format!("{name}.{inner}.{key}"));
                    }
                }
            }
        }
        found
    }

    /// Iterates over the mappings that a mapping can contain, with all their alternatives.
    fn children<'s>(&'s self, schema: &'s Schema) -> impl Iterator<Item = (&'s str, &'s Schema)> {
        let parts = std::iter::once(schema).chain(self.parts(schema));
        let named = parts.flat_map(|part| part.keys().filter_map(|name| Some((name, part.property(name)?))));
        named.flat_map(|(name, id)| {
            let child = self.resolved(id);
            let forms = child.one_of.iter().map(|form| self.resolved(*form));
            std::iter::once(child).chain(forms).map(move |child| (name, child))
        })
    }
}
