use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::field::KEYWORDS;
use super::rules::RULES;
use super::*;

/// Gives each schema of the definition to a function.
fn schemas(schema: &Value, see: &mut impl FnMut(&Value)) {
    see(schema);
    schema["properties"].as_object().into_iter().flatten().for_each(|(_, schema)| schemas(schema, see));
    for inner in ["items", "additionalProperties"] {
        if schema[inner].is_object() {
            schemas(&schema[inner], see);
        }
    }
}

fn of_definition(mut see: impl FnMut(&Value)) {
    let definition = serde_json::to_value(definition()).unwrap();
    schemas(&definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"], &mut see);
}

#[test]
fn the_definition_has_no_keyword_that_the_validator_does_not_know() {
    let mut unknown = BTreeSet::new();
    of_definition(|schema| {
        let keys = schema.as_object().unwrap().keys();
        unknown.extend(keys.filter(|key| !KEYWORDS.contains(&key.as_str())).cloned());
    });
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_pattern_of_the_definition_can_be_judged() {
    of_definition(|schema| {
        if let Some(pattern) = schema["pattern"].as_str() {
            regex::Regex::new(pattern).unwrap();
        }
    });
}

#[test]
fn every_cel_rule_of_the_definition_has_a_counterpart_and_no_counterpart_is_left_over() {
    let mut given = BTreeSet::new();
    of_definition(|schema| {
        let rules = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
        for rule in rules {
            assert_eq!(
                rule.as_object().unwrap().len(),
                2,
                "a part of a rule that nothing here reads: {rule}"
            );
            given.insert(rule["rule"].as_str().unwrap().to_owned());
        }
    });
    let known: BTreeSet<_> = RULES.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    assert_eq!(given, known);
}

#[test]
fn a_violation_says_where_it_is_what_is_there_and_what_is_allowed() {
    let stack = json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
        "spec": {"services": {"web": {"image": "i", "ports": vec![json!({"target": 80}); 1025],
            "volumes": [{"target": "data"}], "tmpfs": null}}}});
    let found = violations(&stack);
    let told: Vec<_> = found.iter().map(|it| format!("{} {}", it.path, it.message)).collect();
    assert_eq!(
        told,
        [
            "spec.services.web.ports has 1025 items, but at most 1024 are allowed",
            "spec.services.web.volumes[0].target must match ^/",
        ]
    );
}
