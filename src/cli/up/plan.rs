//! What `up` would change, as `up` and `diff` show it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::wanted::{Digests, Wanted, digests};
use crate::api::Stack;
use crate::cli::connection::Connection;
use crate::cli::effect::{Effect, Side, effects};
use crate::cli::objects::Reference;

/// The change of a Stack and of the objects that it names.
pub struct Plan {
    /// The effect on each service.
    pub effects: BTreeMap<String, Effect>,
    /// The objects with their state on the cluster, if they exist.
    pub objects: Vec<(Value, Option<Value>)>,
    /// The Stack on the cluster.
    pub live: Option<Stack>,
}

impl Plan {
    /// Compares what `up` applies with what is on the cluster.
    pub async fn of(
        connection: &Connection,
        live: Option<Stack>,
        body: &Value,
        wanted: &Wanted,
    ) -> anyhow::Result<Self> {
        let mut objects = Vec::new();
        for object in &wanted.objects {
            let found = Reference::of(object).get(connection).await?;
            objects.push((object.clone(), found.map(serde_json::to_value).transpose()?));
        }
        let after: Stack = serde_json::from_value(body.clone())?;
        let before_digests = before(&objects);
        let after_digests = wanted.digests();
        let before = live.as_ref().map(|stack| Side { stack, digests: &before_digests });
        let effects = effects(before, &Side { stack: &after, digests: &after_digests });
        Ok(Self { effects, objects, live })
    }

    /// Returns a line for each service that changes, or one line if none does.
    pub fn lines(&self) -> Vec<String> {
        let width = self.effects.keys().map(String::len).max().unwrap_or_default();
        let changed = self.effects.iter().filter(|(_, effect)| **effect != Effect::Same);
        let mut lines: Vec<_> = changed.map(|(name, effect)| format!("  {name:width$}  {effect}")).collect();
        let same = self.effects.len() - lines.len();
        match (lines.is_empty(), same) {
            (true, _) => lines.push("  no service changes".to_owned()),
            (false, 0) => {}
            (false, 1) => lines.push("  1 service is unchanged".to_owned()),
            (false, same) => lines.push(format!("  {same} services are unchanged")),
        }
        lines
    }

    /// Returns the services that are removed.
    pub fn removed(&self) -> Vec<String> {
        let removed = self.effects.iter().filter(|(_, effect)| matches!(effect, Effect::Removed(_)));
        removed.map(|(name, _)| name.clone()).collect()
    }
}

/// Returns the digests of the live objects. The API server has written their texts as data.
fn before(objects: &[(Value, Option<Value>)]) -> Digests {
    objects.iter().filter_map(|(_, live)| digests(live.as_ref()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_name_what_changes_and_count_the_rest() {
        let plan = |effects: &[(&str, Effect)]| Plan {
            effects: effects.iter().map(|(name, effect)| ((*name).to_owned(), effect.clone())).collect(),
            objects: Vec::new(),
            live: None,
        };
        let some =
            plan(&[("db", Effect::Same), ("proxy", Effect::Removed(Vec::new())), ("web", Effect::Created)]);
        assert_eq!(some.lines(), ["  proxy  removed", "  web    created", "  1 service is unchanged"]);
        assert_eq!(some.removed(), ["proxy"]);
        assert_eq!(plan(&[("db", Effect::Same)]).lines(), ["  no service changes"]);
    }
}
