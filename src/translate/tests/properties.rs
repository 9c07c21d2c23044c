//! What holds of every Stack: translation ends, always in the same way, and with objects that the
//! API server takes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::api::{Reason, Service, Stack};
use crate::text::validation::is_dns_label;
use crate::translate::{
    Desired, Facts, Kind, Object, Problem, ServerVersion,
    resolve::{count_objects, resolve},
    translate,
};

/// Names that every generated Stack declares, so that most references lead somewhere.
const NAMES: [&str; 8] = ["a", "b", "c", "db", "web", "a-b", "data", "default"];

/// Mostly what is in order, now and then what is not.
fn mostly<T: std::fmt::Debug>(
    usual: impl Strategy<Value = T> + 'static,
    odd: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = T> {
    prop_oneof![60 => usual, 1 => odd]
}

fn one_of<const N: usize>(texts: [&'static str; N]) -> impl Strategy<Value = String> + 'static {
    select(texts.to_vec()).prop_map(str::to_owned)
}

fn name() -> impl Strategy<Value = String> {
    mostly(one_of(NAMES), one_of(["A_b", "a.b", "1", "", "-", "É", "web-published", "unknown"]))
}

fn text() -> impl Strategy<Value = String> {
    mostly(one_of(["", "db", "http://db:80/x", "web:8080,b", "$(A)", "$$(C)", "$(", "no"]), ".{0,12}")
}

fn quantity() -> impl Strategy<Value = String> {
    mostly(one_of(["0", "0.5", "1Gi", "100n", "7Ei", "16Mi"]), one_of(["1e3", "", "-1"]))
}

fn port() -> impl Strategy<Value = Value> {
    let address = option::of(mostly(one_of(["127.0.0.1", "::", "10.0.0.1"]), one_of(["x"])));
    (80..84_i32, mostly(1..60_000_i32, 0..1_i32), one_of(["TCP", "UDP"]), address).prop_map(
        |(target, published, protocol, address)| {
            json!({"target": target, "published": published, "protocol": protocol, "hostIp": address})
        },
    )
}

/// On names that come before it in the alphabet, so that there are few circles.
fn dependencies(of: &str) -> impl Strategy<Value = BTreeMap<String, Value>> + use<> {
    let before: Vec<String> =
        NAMES.iter().filter(|name| **name < of).map(|name| (*name).to_owned()).collect();
    let name = mostly(select([before, vec!["nothing-before".to_owned()]].concat()), name());
    let condition = mostly(
        one_of(["service_started", "service_completed_successfully"]),
        one_of(["service_healthy", "service_healthy"]),
    );
    let dependency = (condition, mostly(Just(false), Just(true)), any::<bool>()).prop_map(
        |(condition, required, restart)| json!({"condition": condition, "required": required, "restart": restart}),
    );
    collection::btree_map(name, dependency, 0..3)
}

fn mounts(targets: [&'static str; 3]) -> impl Strategy<Value = Vec<Value>> {
    let subpath = option::of(mostly(one_of(["x", "x/./y"]), text()));
    let mount = (name(), mostly(one_of(targets), one_of(["/", "a:b"])), any::<bool>(), subpath);
    collection::vec(mount, 0..2).prop_map(|mounts| {
        let mount = |(source, target, read_only, subpath)| {
            json!({"source": source, "target": target, "readOnly": read_only, "subpath": subpath})
        };
        mounts.into_iter().map(mount).collect()
    })
}

fn anonymous() -> impl Strategy<Value = Vec<Value>> {
    let origin = mostly(Just(json!({})), select(vec![json!({"image": "i"}), json!({"hostPath": "/x"})]));
    let mount = (origin, one_of(["/g", "/h"]), any::<bool>()).prop_map(|(mut mount, target, nocopy)| {
        mount["target"] = json!(target);
        mount["nocopy"] = json!(nocopy);
        mount
    });
    collection::vec(mount, 0..2)
}

fn trees() -> impl Strategy<Value = Vec<Value>> {
    let file = (mostly(one_of(["a", "b/c"]), one_of(["", "..x", "b"])), option::of(one_of(["0755", "x"])))
        .prop_map(
            |(path, mode)| json!({"path": path, "mode": mode, "secretKeyRef": {"name": "s", "key": path}}),
        );
    let tree = (one_of(["/i", "/j"]), collection::vec(file, 0..2), any::<bool>()).prop_map(
        |(target, files, read_only)| json!({"target": target, "files": files, "readOnly": read_only}),
    );
    collection::vec(tree, 0..2)
}

/// What a service runs.
fn program() -> impl Strategy<Value = Map<String, Value>> {
    let words = || option::of(collection::vec(text(), 0..3));
    let check = option::of(mostly(Just(vec!["CMD", "curl", "localhost:80"]), Just(vec!["CURL"])));
    let restart = option::of(mostly(one_of(["no", "always", "on-failure:2"]), one_of(["x"])));
    let user = option::of(mostly(one_of(["0", "1:2"]), text()));
    let variables = collection::btree_map(one_of(["X", "Y"]), text(), 0..2);
    let labels = collection::btree_map(mostly("[a-z]{1,9}(/[a-z.]{1,9})?", text()), text(), 0..2);
    let names = (mostly(Just(None), name().prop_map(Some)), option::of(name()));
    let order = option::of(one_of(["start-first", "stop-first"]));
    ((words(), words(), check, restart, user), variables, labels, names, order).prop_map(
        |((entrypoint, command, check, restart, user), environment, labels, names, order)| {
            let (container_name, hostname) = names;
            let program = json!({
                "image": "app", "entrypoint": entrypoint, "command": command, "restart": restart, "user": user,
                "environment": environment, "labels": labels, "hostname": hostname,
                "containerName": container_name,
                "healthcheck": check.map(|test| json!({"test": test})),
                "deploy": {"updateConfig": {"order": order}},
            });
            program.as_object().cloned().unwrap_or_default()
        },
    )
}

/// Where it runs, with whom it shares a pod, and how it is reached from outside.
fn place(of: &str) -> impl Strategy<Value = Value> + use<> {
    let before: Vec<String> =
        NAMES.iter().filter(|name| **name < of).map(|name| format!("service:{name}")).collect();
    let shares = move || prop_oneof![5 => Just(None), 1 => option::of(select([before.clone(), vec!["service:db".to_owned()]].concat()))];
    let mode = prop_oneof![6 => Just(None), 2 => one_of(["global", "replicated-job"]).prop_map(Some), 1 => Just(Some("global-job".to_owned()))];
    let constraint = mostly(one_of(["node.role==worker", "node.labels.a/b!=x", "node.id == n"]), text());
    let at_once = option::of(0..3_i32);
    let route = (
        option::of(mostly(one_of(["a.b", "*.b"]), text())),
        option::of(one_of(["/", "/x"])),
        option::of(80..82_i32),
    );
    let links = collection::btree_map(
        mostly(one_of(["out", "side"]), name()),
        mostly(one_of(["a.b", "c"]), text()),
        0..2,
    );
    (
        (shares(), shares()),
        (mode, collection::vec(constraint, 0..2), option::of(1..3_i32), at_once),
        collection::vec(route, 0..2),
        links,
        mostly(Just(None), one_of(["ClusterIP", "Headless"]).prop_map(Some)),
    )
        .prop_map(|((network, pid), (mode, constraints, per_node, at_once), routes, links, service_mode)| {
            let route = |(host, path, port)| json!({"host": host, "path": path, "port": port});
            json!({
                "networkMode": network, "pid": pid, "serviceMode": service_mode, "externalLinks": links,
                "ingress": routes.into_iter().map(route).collect::<Vec<_>>(),
                "deploy": {
                    "mode": mode,
                    "placement": {"constraints": constraints, "spread": ["node.hostname"], "maxReplicasPerNode": per_node},
                    "updateConfig": {"parallelism": at_once},
                },
            })
        })
}

/// What surrounds it.
fn surroundings(name: &str) -> impl Strategy<Value = Value> + use<> {
    let aliases = collection::vec(mostly(one_of(["x", "y"]), self::name()), 0..2)
        .prop_map(|aliases| json!({"aliases": aliases}));
    (
        collection::vec(port(), 0..2),
        dependencies(name),
        collection::btree_map(self::name(), aliases, 0..3),
        (mounts(["/a", "/b/", "/c"]), anonymous(), trees()),
        mounts(["/d", "e", "/f"]),
        (any::<bool>(), collection::vec(Just("p"), 0..2), option::of(0..3_i32)),
        (option::of(quantity()), option::of(quantity())),
    )
        .prop_map(
            |(ports, depends_on, networks, (named, anonymous, files), configs, state, resources)| {
                let volumes = [named, anonymous].concat();
                json!({
                    "ports": ports, "dependsOn": depends_on, "networks": networks, "files": files,
                    "volumes": volumes, "configs": configs, "stopped": state.0, "profiles": state.1,
                    "deploy": {"replicas": state.2, "resources": {
                        "limits": {"cpus": resources.0, "memory": resources.1},
                        "reservations": {"cpus": resources.1},
                    }},
                })
            },
        )
}

fn service(name: &'static str) -> impl Strategy<Value = (String, Value)> {
    (program(), surroundings(name), place(name)).prop_map(
        move |(mut program, mut surroundings, mut place)| {
            let order = program.remove("deploy").unwrap_or_default();
            let mut deploy = place["deploy"].take();
            deploy["updateConfig"]["order"] = order["updateConfig"]["order"].clone();
            if let (Some(all), Some(more)) = (surroundings["deploy"].as_object_mut(), deploy.as_object()) {
                all.extend(more.clone());
            }
            if let Some(place) = place.as_object_mut() {
                place.remove("deploy");
                program.append(place);
            }
            program.extend(surroundings.as_object().cloned().unwrap_or_default());
            (name.to_owned(), Value::Object(program))
        },
    )
}

/// A Stack as it could come from a cluster whose schema is loose.
fn stack() -> impl Strategy<Value = Stack> {
    let service = prop_oneof![service("a"), service("b"), service("db"), service("web")];
    let long = "[a-z]([-a-z0-9]{0,61}[a-z0-9])?";
    (
        mostly(long, name()),
        collection::vec(service, 0..4),
        collection::vec((name(), any::<bool>()), 0..2),
        collection::vec((name(), option::of(quantity())), 0..2),
        collection::vec((name(), option::of(text())), 0..2),
        collection::vec(select(vec!["p", "*"]), 0..2),
    )
        .prop_map(|(name, services, networks, volumes, configs, profiles)| {
            let declared = |usual: Value| NAMES.map(|name| (name.to_owned(), usual.clone()));
            let mut all_networks = BTreeMap::from(declared(json!({})));
            all_networks
                .extend(networks.into_iter().map(|(name, internal)| (name, json!({"internal": internal}))));
            let mut all_volumes = BTreeMap::from(declared(json!({})));
            all_volumes.extend(volumes.into_iter().map(|(name, size)| (name, json!({"size": size}))));
            let mut all_configs = BTreeMap::from(declared(json!({"content": "x"})));
            all_configs
                .extend(configs.into_iter().map(|(name, content)| (name, json!({"content": content}))));
            let services: BTreeMap<_, _> = services.into_iter().collect();
            serde_json::from_value(json!({
                "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
                "metadata": {"name": name, "uid": "u"},
                "spec": {
                    "services": services, "networks": all_networks, "volumes": all_volumes,
                    "configs": all_configs, "profiles": profiles,
                },
            }))
            .unwrap()
        })
}

fn objects(desired: &Desired) -> Vec<Object> {
    let of_units = desired.units.values().flat_map(|unit| {
        unit.frontends.iter().cloned().chain(unit.workload.iter().map(|workload| workload.object()))
    });
    desired.shared.iter().cloned().chain(of_units).collect()
}

/// Every label in an object and its selectors, wherever it stands.
fn all_labels(value: &Value) -> Vec<(&String, &Value)> {
    let Some(fields) = value.as_object() else {
        return value.as_array().into_iter().flatten().flat_map(all_labels).collect();
    };
    let here = ["labels", "matchLabels"].iter().filter_map(|field| fields.get(*field)?.as_object()).flatten();
    here.chain(fields.values().flat_map(all_labels)).collect()
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

fn check_objects(desired: &Desired) -> Result<(), TestCaseError> {
    let mut seen = BTreeSet::new();
    for object in objects(desired) {
        let (kind, name) = (object.kind, object.name.clone());
        let label = name.strip_suffix(".network").filter(|_| kind == Kind::NetworkPolicy).unwrap_or(&name);
        prop_assert!(is_dns_label(label), "{name}");
        prop_assert!(kind == Kind::Service || label.len() <= 52, "{name}");
        prop_assert!(seen.insert((kind, name.clone())), "{kind:?} {name} twice");
        prop_assert_eq!(&object.body["metadata"]["name"], &json!(name));
        prop_assert!(is_canonical(&object.body), "{}", object.body);
        for (key, value) in all_labels(&object.body) {
            prop_assert!(is_label_value(key.rsplit('/').next().unwrap_or_default()), "{key}");
            prop_assert!(value.as_str().is_some_and(is_label_value), "{key}: {value}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stack_becomes_valid_objects_or_problems(
        stack in stack(), minor in 34..38_u32, helper_image in option::of(Just("helper:1".to_owned())),
    ) {
        let facts = Facts { version: ServerVersion { minor }, helper_image, ..Facts::default() };
        let once = translate(&stack, &facts);
        prop_assert_eq!(&once, &translate(&stack, &facts));
        match once {
            Ok(desired) => {
                check_objects(&desired)?;
                let counted = count_objects(&resolve(&stack, &facts).unwrap());
                prop_assert_eq!(counted, desired.names().len(), "the budget counts other objects than are made");
            }
            Err(invalid) => {
                prop_assert!(!invalid.problems.is_empty());
                prop_assert!(invalid.problems.iter().all(|p| !p.path.is_empty() && !p.message.is_empty()));
            }
        }
    }

    #[test]
    fn a_new_service_restarts_no_running_service(stack in stack()) {
        let Ok(before) = translate(&stack, &Facts::default()) else { return Ok(()) };
        let dials_everyone = NAMES.map(|name| format!("{name}:8080")).to_vec();
        let caller = json!({"image": "app", "restart": "always", "command": dials_everyone});
        let caller: Service = serde_json::from_value(caller).unwrap();
        let mut more = stack.clone();
        more.spec.services.insert("caller".to_owned(), caller);
        let after = translate(&more, &Facts::default());
        // A name that the others use for two services may be the wrong one for the newcomer.
        let is_clash = |problem: &Problem| problem.reason == Reason::NameClash;
        if after.as_ref().is_err_and(|invalid| invalid.problems.iter().all(is_clash)) {
            return Ok(());
        }
        prop_assert!(after.is_ok(), "{after:?}");
        let after = after.unwrap();
        // Without a restart key, a service that nobody names is a one-shot.
        let kept_running = |name: &str| stack.spec.services[name].restart.is_some();
        for (name, unit) in before.units.iter().filter(|(name, _)| kept_running(name)) {
            prop_assert_eq!(&unit.template, &after.units[name].template);
        }
    }
}
