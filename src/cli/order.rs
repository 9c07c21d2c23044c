//! The order in which services stop: those that depend on others first, as Docker Compose stops them.

use std::collections::BTreeSet;

use crate::api::Stack;

/// Returns services in waves. A service is in a later wave than those of the list that depend on it. Services that depend on
/// each other in a cycle are in the last wave.
pub fn waves(stack: &Stack, services: &[String]) -> Vec<Vec<String>> {
    let depends = |service: &String, on: &String| {
        stack.spec.services.get(service).is_some_and(|it| it.depends_on.contains_key(on))
    };
    let mut left: BTreeSet<&String> = services.iter().collect();
    let mut waves = Vec::new();
    while !left.is_empty() {
        let free: Vec<&String> =
            left.iter().copied().filter(|on| !left.iter().any(|it| it != on && depends(it, on))).collect();
        let wave = if free.is_empty() { left.iter().copied().collect() } else { free };
        left.retain(|service| !wave.contains(service));
        waves.push(wave.into_iter().cloned().collect());
    }
    waves
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order(services: Value, named: &[&str]) -> Vec<String> {
        let stack =
            serde_json::from_value(json!({"metadata": {"name": "s"}, "spec": {"services": services}}))
                .unwrap();
        let named: Vec<_> = named.iter().map(|&name| name.to_owned()).collect();
        waves(&stack, &named).iter().map(|wave| wave.join(" ")).collect()
    }

    #[test]
    fn a_service_stops_after_all_that_depend_on_it() {
        let services = json!({
            "web": {"image": "i", "dependsOn": {"api": {}, "cache": {}}},
            "api": {"image": "i", "dependsOn": {"db": {}}},
            "cache": {"image": "i"}, "db": {"image": "i"},
        });
        assert_eq!(order(services.clone(), &["api", "cache", "db", "web"]), ["web", "api cache", "db"]);
        assert_eq!(order(services, &["db", "web"]), ["db web"]);
    }

    #[test]
    fn services_in_a_cycle_stop_together() {
        let services =
            json!({"a": {"image": "i", "dependsOn": {"b": {}}}, "b": {"image": "i", "dependsOn": {"a": {}}}});
        assert_eq!(order(services, &["a", "b"]), ["a b"]);
    }
}
