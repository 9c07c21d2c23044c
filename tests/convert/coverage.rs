//! Every value has a verdict, and every attribute a row in docs/compose.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use compose_loader::{Project, print};
use serde_json::Value as Json;
use stackwright::convert::Converted;
use stackwright::rules::attributes::ATTRIBUTES;
use stackwright::rules::document::{MARK, compose, is_covered};
use stackwright::rules::{Kind, Verdict};
use stackwright::rules::{find, for_attribute};

use super::{cases, converted};

#[test]
fn every_leaf_of_the_canonical_model_has_a_verdict() {
    for case in cases() {
        let (project, _, converted) = converted(&case);
        assert_eq!(without_verdict(&project, &converted), Vec::<String>::new(), "{}", case.display());
    }
}

/// Counts only by the printed JSON and the report.
pub fn without_verdict(project: &Project, converted: &Converted) -> Vec<String> {
    let json: Json = serde_json::from_str(&print::json(project, print::Style { escape: true })).unwrap();
    let pointers: BTreeSet<String> = converted
        .entries
        .iter()
        .filter(|entry| entry.rule.is_none_or(|rule| rule.id != "no-verdict"))
        .map(|entry| entry.pointer.clone())
        .collect();
    let mut missing = Vec::new();
    leaves(&json, String::new(), &pointers, &mut missing);
    missing
}

fn leaves(json: &Json, pointer: String, known: &BTreeSet<String>, missing: &mut Vec<String>) {
    // A verdict can cover an attribute of a service or resource, but not a whole service.
    let attribute = pointer.matches('/').count() > 2 || pointer.starts_with("/x-") || pointer == "/name";
    if attribute && known.contains(&pointer) {
        return;
    }
    match json {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                leaves(value, format!("{pointer}/{key}"), known, missing);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, format!("{pointer}/{index}"), known, missing);
            }
        }
        // A resource without attributes has no leaf.
        Json::Object(_) if pointer.matches('/').count() <= 2 => {}
        Json::Null if pointer.matches('/').count() <= 2 => {}
        _ if known.contains(&pointer) => {}
        _ => missing.push(pointer),
    }
}

/// The attributes with a decided meaning on a cluster. `tests/golden/README.md` shows each.
const DECIDED: [&str; 91] = [
    "configs.*.content",
    "configs.*.environment",
    "configs.*.external",
    "configs.*.file",
    "configs.*.name",
    "networks.*.driver",
    "networks.*.external",
    "networks.*.internal",
    "networks.*.name",
    "secrets.*.environment",
    "secrets.*.external",
    "secrets.*.file",
    "secrets.*.name",
    "services.*.build",
    "services.*.configs",
    "services.*.configs.*.gid",
    "services.*.configs.*.mode",
    "services.*.configs.*.source",
    "services.*.configs.*.target",
    "services.*.configs.*.uid",
    "services.*.container_name",
    "services.*.cpus",
    "services.*.depends_on",
    "services.*.depends_on.*.condition",
    "services.*.depends_on.*.required",
    "services.*.depends_on.*.restart",
    "services.*.deploy.endpoint_mode",
    "services.*.deploy.mode",
    "services.*.deploy.replicas",
    "services.*.deploy.resources.limits.cpus",
    "services.*.deploy.resources.limits.memory",
    "services.*.deploy.resources.reservations.cpus",
    "services.*.deploy.resources.reservations.memory",
    "services.*.deploy.restart_policy",
    "services.*.deploy.restart_policy.condition",
    "services.*.deploy.restart_policy.delay",
    "services.*.deploy.restart_policy.max_attempts",
    "services.*.deploy.restart_policy.window",
    "services.*.deploy.rollback_config",
    "services.*.deploy.update_config",
    "services.*.deploy.update_config.delay",
    "services.*.deploy.update_config.failure_action",
    "services.*.deploy.update_config.max_failure_ratio",
    "services.*.deploy.update_config.monitor",
    "services.*.deploy.update_config.order",
    "services.*.deploy.update_config.parallelism",
    "services.*.environment",
    "services.*.expose",
    "services.*.healthcheck",
    "services.*.healthcheck.disable",
    "services.*.healthcheck.interval",
    "services.*.healthcheck.retries",
    "services.*.healthcheck.start_interval",
    "services.*.healthcheck.start_period",
    "services.*.healthcheck.test",
    "services.*.healthcheck.timeout",
    "services.*.hostname",
    "services.*.image",
    "services.*.ipc",
    "services.*.labels",
    "services.*.links",
    "services.*.mem_limit",
    "services.*.mem_reservation",
    "services.*.network_mode",
    "services.*.networks",
    "services.*.networks.*.aliases",
    "services.*.pid",
    "services.*.ports",
    "services.*.ports.*.host_ip",
    "services.*.ports.*.mode",
    "services.*.ports.*.protocol",
    "services.*.ports.*.published",
    "services.*.ports.*.target",
    "services.*.profiles",
    "services.*.restart",
    "services.*.scale",
    "services.*.secrets",
    "services.*.secrets.*.gid",
    "services.*.secrets.*.mode",
    "services.*.secrets.*.source",
    "services.*.secrets.*.target",
    "services.*.secrets.*.uid",
    "services.*.stop_grace_period",
    "services.*.volumes",
    "services.*.volumes.*.read_only",
    "services.*.volumes.*.source",
    "services.*.volumes.*.target",
    "services.*.volumes.*.type",
    "volumes.*.driver_opts",
    "volumes.*.external",
    "volumes.*.name",
];

/// Returns the ignored values of attributes with a decided meaning.
pub fn ignored_against_a_decision(converted: &Converted) -> Vec<&str> {
    let decided = |pointer: &str| {
        let keys: Vec<&str> = pointer.split('/').skip(1).collect();
        DECIDED.iter().any(|path| {
            let path: Vec<&str> = path.split('.').collect();
            path.len() == keys.len() && path.iter().zip(&keys).all(|(part, key)| *part == "*" || part == key)
        })
    };
    let ignored = converted.entries.iter().filter(|entry| entry.is(Verdict::Ignored));
    ignored.map(|entry| entry.pointer.as_str()).filter(|pointer| decided(pointer)).collect()
}

#[test]
fn no_attribute_with_a_decided_meaning_is_ignored() {
    for path in DECIDED {
        assert!(is_covered(path), "{path}");
        let of_values = ATTRIBUTES.iter().filter(|row| row.path == path).flat_map(|row| row.rules);
        let rules = of_values.filter_map(|id| find(id)).chain(for_attribute(path));
        let ignoring: Vec<_> =
            rules.filter(|rule| rule.kind == Kind::Verdict(Verdict::Ignored)).map(|rule| rule.id).collect();
        assert!(ignoring.is_empty(), "{path} is ignored by {ignoring:?}");
    }
    for case in cases() {
        let (_, _, converted) = converted(&case);
        assert_eq!(ignored_against_a_decision(&converted), [""; 0], "{}", case.display());
    }
}

#[test]
fn docs_compose_md_has_a_row_for_every_attribute_of_the_specification() {
    let schema = include_str!("../../crates/compose-loader/src/schema/compose-spec.json");
    let schema: Json = serde_json::from_str(schema).unwrap();
    let mut paths = BTreeSet::new();
    attributes(&schema, &schema, "", &mut Vec::new(), &mut paths);
    assert!(paths.len() > 353, "{} attributes", paths.len());
    let missing: Vec<_> = paths.iter().filter(|path| !is_covered(path)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    for row in ATTRIBUTES {
        assert!(paths.contains(row.path), "{} is no attribute", row.path);
    }
    for path in stackwright::rules::all().iter().flat_map(|rule| rule.attributes) {
        // The schema of the reference lacks some attributes that its documentation and its code have.
        let known = paths.contains(*path)
            || ["secrets.*.driver", "configs.*.driver"].iter().any(|d| path.starts_with(d));
        assert!(known, "{path} is no attribute");
    }
}

#[test]
fn docs_compose_md_matches_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compose.md");
    let text = fs::read_to_string(path).unwrap();
    let made = text.split_once(MARK).map(|(_, made)| format!("{MARK}{made}"));
    assert!(made == Some(compose()), "docs/compose.md and src/rules part: run hack/generate");
}

/// Returns the paths of all attributes below a schema.
fn attributes(
    root: &Json,
    schema: &Json,
    path: &str,
    within: &mut Vec<String>,
    found: &mut BTreeSet<String>,
) {
    let child = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"))
        && !within.iter().any(|seen| seen == name)
    {
        within.push(name.to_owned());
        attributes(root, &root["$defs"][name], path, within, found);
        within.pop();
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for schema in schema[key].as_array().into_iter().flatten() {
            attributes(root, schema, path, within, found);
        }
    }
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(child(key));
        attributes(root, schema, &child(key), within, found);
    }
    let patterns = schema["patternProperties"].as_object().into_iter().flatten();
    let patterns = patterns.filter(|(pattern, _)| !pattern.starts_with("^x-")).map(|(_, schema)| schema);
    let items =
        [&schema["additionalProperties"], &schema["items"]].into_iter().filter(|schema| schema.is_object());
    for schema in patterns.chain(items) {
        attributes(root, schema, &child("*"), within, found);
    }
}
