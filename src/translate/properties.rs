//! What holds of every Stack: translation ends, always in the same way, and with objects that the
//! API server takes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection, option, prelude::*};
use serde_json::{Value, json};

use super::{Desired, Facts, Kind, Object, ServerVersion, names::is_dns_label, translate};
use crate::api::Stack;

/// Names that are likely to meet, and a few that no cluster takes.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec!["a", "b", "c", "db", "web", "a-b", "web-published", "data", "default"])
            .prop_map(str::to_owned),
        1 => "[a-z]([-a-z0-9]{0,61}[a-z0-9])?",
        1 => prop::sample::select(vec!["A_b", "a.b", "1", "", "-", "É"]).prop_map(str::to_owned),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "",
            "db",
            "http://db:80/x",
            "web:8080,b",
            "$(A)",
            "$(B) $$(C)",
            "$(",
            "no"
        ])
        .prop_map(str::to_owned),
        ".{0,12}",
    ]
}

fn quantity() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["0", "0.5", "1Gi", "100n", "1e3", "7Ei", "16Mi"]).prop_map(str::to_owned)
}

fn port() -> impl Strategy<Value = Value> {
    (0..4_i32, option::of(80..82_i32), prop::sample::select(vec!["TCP", "UDP"]), option::of(0..4_usize))
        .prop_map(|(target, published, protocol, address)| {
            let address = address.map(|index| ["127.0.0.1", "::", "10.0.0.1", "x"][index]);
            json!({"target": 80 + target, "published": published, "protocol": protocol, "hostIp": address})
        })
}

fn dependency() -> impl Strategy<Value = Value> {
    let condition =
        prop::sample::select(vec!["service_started", "service_healthy", "service_completed_successfully"]);
    (condition, any::<bool>(), any::<bool>())
        .prop_map(|(condition, required, restart)| json!({"condition": condition, "required": required, "restart": restart}))
}

fn some_of(element: impl Strategy<Value = Value>) -> impl Strategy<Value = BTreeMap<String, Value>> {
    collection::btree_map(name(), element, 0..3)
}

fn mount() -> impl Strategy<Value = Value> {
    (name(), prop::sample::select(vec!["/a", "/b/", "c", "/"]), any::<bool>(), option::of(text())).prop_map(
        |(source, target, read_only, subpath)| {
            json!({"source": source, "target": target, "readOnly": read_only, "subpath": subpath})
        },
    )
}

fn program() -> impl Strategy<Value = Value> {
    let words = || option::of(collection::vec(text(), 0..3));
    let health =
        option::of(collection::vec(prop::sample::select(vec!["CMD", "CMD-SHELL", "NONE", "true"]), 0..3));
    let restart = option::of(prop::sample::select(vec!["no", "always", "on-failure:2", "x"]));
    (
        (words(), words(), health, restart),
        collection::btree_map(prop::sample::select(vec!["A", "B", "C"]), text(), 0..3),
        collection::btree_map("[a-z./]{1,12}", text(), 0..2),
        (option::of(0..3_i32), option::of(quantity()), option::of(quantity())),
        (option::of(text()), option::of(name()), option::of(name())),
    )
        .prop_map(|((entrypoint, command, test, restart), environment, labels, resources, names)| {
            let (replicas, limit, reservation) = resources;
            let (user, container_name, hostname) = names;
            json!({
                "image": "app", "entrypoint": entrypoint, "command": command, "restart": restart,
                "environment": environment, "labels": labels, "user": user,
                "healthcheck": test.map(|test| json!({"test": test})),
                "containerName": container_name, "hostname": hostname,
                "deploy": {"replicas": replicas, "resources": {
                    "limits": {"cpus": limit, "memory": reservation.clone()},
                    "reservations": {"cpus": reservation},
                }},
            })
        })
}

fn service() -> impl Strategy<Value = Value> {
    let aliases = collection::vec(name(), 0..2).prop_map(|aliases| json!({"aliases": aliases}));
    let file =
        (name(), option::of(text())).prop_map(|(source, target)| json!({"source": source, "target": target}));
    (
        program(),
        collection::vec(port(), 0..3),
        some_of(dependency()),
        some_of(aliases),
        collection::vec(mount(), 0..3),
        collection::vec(file, 0..2),
        (any::<bool>(), collection::vec(Just("p"), 0..2)),
    )
        .prop_map(|(mut service, ports, depends_on, networks, volumes, configs, (stopped, profiles))| {
            service["ports"] = json!(ports);
            service["dependsOn"] = json!(depends_on);
            service["networks"] = json!(networks);
            service["volumes"] = json!(volumes);
            service["configs"] = json!(configs);
            service["stopped"] = json!(stopped);
            service["profiles"] = json!(profiles);
            service
        })
}

/// A Stack as it could come from a cluster whose schema is loose.
fn stack(service: impl Strategy<Value = Value>) -> impl Strategy<Value = Stack> {
    let network = any::<bool>().prop_map(|internal| json!({"internal": internal}));
    let volume = option::of(quantity()).prop_map(|size| json!({"size": size}));
    let config = option::of(text()).prop_map(|content| json!({"content": content}));
    (
        name(),
        collection::btree_map(name(), service, 0..4),
        some_of(network),
        some_of(volume),
        some_of(config),
        collection::vec(prop::sample::select(vec!["p", "*"]), 0..2),
    )
        .prop_map(|(name, services, networks, volumes, configs, profiles)| {
            let spec = json!({
                "services": services, "networks": networks, "volumes": volumes, "configs": configs,
                "profiles": profiles,
            });
            serde_json::from_value(json!({
                "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
                "metadata": {"name": name, "uid": "u"}, "spec": spec,
            }))
            .unwrap()
        })
}

/// A Stack that is mostly in order, so that there is something to look at.
fn good_stack() -> impl Strategy<Value = Stack> {
    let good = (program(), any::<bool>()).prop_map(|(mut service, writes)| {
        for field in ["user", "containerName", "hostname", "healthcheck"] {
            service[field] = Value::Null;
        }
        for map in ["environment", "labels"] {
            service[map] = json!({});
        }
        service["restart"] = json!("always");
        service["volumes"] = if writes { json!([{"source": "data", "target": "/data"}]) } else { json!([]) };
        service["deploy"]["resources"] = json!({"limits": {"cpus": "0.5"}});
        service
    });
    let names = "[a-z]([-a-z0-9]{0,61}[a-z0-9])?";
    (names, collection::btree_map(names, good, 1..4)).prop_map(|(name, services)| {
        serde_json::from_value(json!({
            "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": name, "uid": "u"},
            "spec": {"services": services, "volumes": {"data": {}}},
        }))
        .unwrap()
    })
}

fn objects(desired: &Desired) -> Vec<Object> {
    let units = desired.units.values();
    let of_units = units.flat_map(|unit| {
        unit.faces.iter().cloned().chain(unit.workload.iter().map(|workload| workload.object()))
    });
    desired.shared.iter().cloned().chain(of_units).collect()
}

/// Every map of labels in an object, wherever it stands.
fn label_maps(value: &Value) -> Vec<&serde_json::Map<String, Value>> {
    let Some(fields) = value.as_object() else {
        return value.as_array().into_iter().flatten().flat_map(label_maps).collect();
    };
    let here = fields
        .iter()
        .filter(|(field, _)| ["labels", "matchLabels"].contains(&field.as_str()))
        .filter_map(|(_, labels)| labels.as_object());
    here.chain(fields.values().flat_map(label_maps)).collect()
}

fn is_label_value(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= 63 && text.chars().all(inner) && edge(text.chars().next()) && edge(text.chars().last())
}

/// Nothing that the API server would drop: no null and no empty list.
fn is_canonical(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty() && items.iter().all(is_canonical),
        Value::Object(fields) => fields.values().all(is_canonical),
        _ => true,
    }
}

fn check(desired: &Desired) -> Result<(), TestCaseError> {
    let mut seen = BTreeSet::new();
    for object in objects(desired) {
        let (kind, name) = (object.kind, object.name.clone());
        prop_assert!(is_dns_label(&name), "{name}");
        prop_assert!(kind == Kind::Service || name.len() <= 52, "{name}");
        prop_assert!(seen.insert((kind, name.clone())), "{kind:?} {name} twice");
        prop_assert_eq!(&object.body["metadata"]["name"], &json!(name));
        prop_assert!(is_canonical(&object.body), "{}", object.body);
        for (key, value) in label_maps(&object.body).into_iter().flatten() {
            prop_assert!(is_label_value(key.rsplit('/').next().unwrap_or_default()), "{key}");
            prop_assert!(value.as_str().is_some_and(is_label_value), "{key}: {value}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_stack_is_translated_or_refused_with_reasons(stack in stack(service()), minor in 33..37_u32) {
        let facts = Facts { version: ServerVersion { minor }, ..Facts::default() };
        let once = translate(&stack, &facts);
        prop_assert_eq!(&once, &translate(&stack, &facts));
        match once {
            Ok(desired) => check(&desired)?,
            Err(invalid) => {
                prop_assert!(!invalid.problems.is_empty());
                prop_assert!(invalid.problems.iter().all(|p| !p.path.is_empty() && !p.message.is_empty()));
            }
        }
    }

    #[test]
    fn a_stack_in_order_gives_objects_that_the_api_server_takes(stack in good_stack()) {
        let desired = translate(&stack, &Facts::default());
        prop_assert!(desired.is_ok(), "{desired:?}");
        check(&desired.unwrap())?;
    }

    #[test]
    fn a_new_sibling_changes_no_template(stack in good_stack()) {
        let before = translate(&stack, &Facts::default()).unwrap();
        let name = stack.spec.services.keys().next().cloned().unwrap();
        let mut more = stack.clone();
        let caller = json!({"image": "app", "restart": "always", "command": [format!("{name}:8080")]});
        more.spec.services.insert("zz-caller".to_owned(), serde_json::from_value(caller).unwrap());
        let after = translate(&more, &Facts::default()).unwrap();
        for (name, unit) in &before.units {
            prop_assert_eq!(&unit.template, &after.units[name].template);
        }
    }
}
