//! Who reaches whom by the networks of a Stack, while its pods bear labels of one edition and of another.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::api::{
    Stack, TemplateHash,
    labels::{NETWORK_PREFIX, STACK, TEMPLATE},
};
use crate::text::short_hash;
use crate::translate::{Desired, Facts, Kind, LiveWorkload, translate};

/// Two services on the network `default` of the Stack `shop`, one more on an internal one with the second. The commands
/// tell the versions apart.
fn stack(one: &str, two: &str) -> Stack {
    let service = |version: &str, networks: Value| json!({"image": "i", "restart": "always", "command": [version], "networks": networks});
    serde_json::from_value(json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "shop", "uid": "u"},
        "spec": {
            "services": {
                "one": service(one, json!({"default": {}})),
                "two": service(two, json!({"default": {}})),
                "inner": service("", json!({"back": {}})),
                "helper": service("", json!({"back": {}})),
            },
            "networks": {"back": {"internal": true}},
        },
    }))
    .unwrap()
}

/// A pod: its labels, and the hash of its template.
#[derive(Clone)]
struct Pod {
    labels: Map<String, Value>,
    template: TemplateHash,
}

/// The pod of a service as it is made now.
fn pod(desired: &Desired, service: &str) -> Pod {
    let unit = &desired.units[service];
    let body = unit.workload.as_ref().unwrap().object().body;
    let labels = body["spec"]["template"]["metadata"]["labels"].as_object().unwrap().clone();
    Pod { labels, template: unit.template.clone() }
}

/// The pod of a service as the second edition made it: with a short label.
fn old_pod(stack: &Stack, service: &str) -> Pod {
    let desired = translate(stack, &Facts::default()).unwrap();
    let mut template =
        desired.units[service].workload.as_ref().unwrap().object().body["spec"]["template"].take();
    let network = stack.spec.services[service].networks.keys().next().unwrap();
    let labels = template["metadata"]["labels"].as_object_mut().unwrap();
    labels.retain(|label, _| !label.starts_with(NETWORK_PREFIX));
    labels.insert(short_label(&format!("shop/{network}")), json!(""));
    let labels = labels.clone();
    let annotations = template["metadata"]["annotations"].as_object_mut().unwrap();
    annotations.remove(TEMPLATE);
    if annotations.is_empty() {
        template["metadata"].as_object_mut().unwrap().remove("annotations");
    }
    Pod { labels, template: short_hash(&template.to_string()).into() }
}

fn short_label(identity: &str) -> String {
    format!("{NETWORK_PREFIX}{}", short_hash(identity))
}

/// The facts where these workloads, pods and policies are on the cluster.
fn facts(workloads: &[(&str, &Pod)], pods: &[&Pod], policies: BTreeSet<String>) -> Facts {
    let live = |(service, pod): &(&str, &Pod)| {
        let template = Some(pod.template.clone());
        ((*service).to_owned(), LiveWorkload { template, ..LiveWorkload::default() })
    };
    let all = workloads.iter().map(|(_, pod)| *pod).chain(pods.iter().copied());
    Facts {
        live_workloads: workloads.iter().map(live).collect(),
        live_templates: all.map(|pod| pod.template.clone()).collect(),
        live_policies: policies,
        ..Facts::default()
    }
}

fn policies(desired: &Desired) -> Vec<&Value> {
    let frontends = desired.units.values().flat_map(|unit| &unit.frontends);
    let all = desired.shared.iter().chain(frontends);
    all.filter(|object| object.kind == Kind::NetworkPolicy).map(|object| &object.body).collect()
}

fn names(desired: &Desired) -> BTreeSet<String> {
    policies(desired).into_iter().map(|it| it["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

fn is_selected(pod: &Pod, selector: &Value) -> bool {
    let wanted = selector["matchLabels"].as_object().unwrap();
    wanted.iter().all(|(label, value)| pod.labels.get(label) == Some(value))
}

/// What Kubernetes lets through: what policies of that direction select a pod allow, or everything where none does.
fn allows(policies: &[&Value], pod: &Pod, other: &Pod, (kind, rules, peers): (&str, &str, &str)) -> bool {
    let spec = |policy: &&&Value| policy["spec"]["policyTypes"].as_array().unwrap().contains(&json!(kind));
    let of_pod: Vec<_> = policies
        .iter()
        .filter(spec)
        .filter(|policy| is_selected(pod, &policy["spec"]["podSelector"]))
        .collect();
    let is_peer = |peer: &Value| peer["podSelector"].is_object() && is_selected(other, &peer["podSelector"]);
    of_pod.is_empty()
        || of_pod.iter().any(|policy| {
            let rules = policy["spec"][rules].as_array().into_iter().flatten();
            rules.into_iter().any(|rule| rule[peers].as_array().into_iter().flatten().any(is_peer))
        })
}

fn reaches(policies: &[&Value], from: &Pod, to: &Pod) -> bool {
    allows(policies, from, to, ("Egress", "egress", "to"))
        && allows(policies, to, from, ("Ingress", "ingress", "from"))
}

/// A pod of another Stack, whose author has looked for a network of the same hash.
fn stranger(label: String) -> Pod {
    let labels = json!({STACK: "other", label: ""});
    Pod { labels: labels.as_object().unwrap().clone(), template: "other".into() }
}

#[test]
fn pods_of_each_edition_reach_each_other_and_are_never_open_to_others() {
    let (before, after, both) = (stack("1", "1"), stack("1", "2"), stack("2", "2"));
    let old = |service: &str| old_pod(&before, service);
    let (old_one, old_two, old_inner, old_helper) = (old("one"), old("two"), old("inner"), old("helper"));
    let all_old = [("one", &old_one), ("two", &old_two), ("inner", &old_inner), ("helper", &old_helper)];

    // As it was: an upgrade changes no policy, and the short label alone counts.
    let short: BTreeSet<String> =
        ["shop-default", "shop-back", "shop-inner-internal", "shop-helper-internal"]
            .map(str::to_owned)
            .into();
    let upgraded = translate(&before, &facts(&all_old, &[], short.clone())).unwrap();
    assert_eq!(names(&upgraded), short);
    let members = json!({"matchLabels": {short_label("shop/default"): ""}});
    let policy = policies(&upgraded).into_iter().find(|it| it["metadata"]["name"] == "shop-default").unwrap();
    assert_eq!(policy["spec"]["podSelector"], members);
    assert_eq!(policy["spec"]["ingress"], json!([{"from": [{"podSelector": members}]}]));
    assert!(reaches(&policies(&upgraded), &old_one, &old_two));
    assert!(!reaches(&policies(&upgraded), &old_one, &old_inner));

    // The second service changes: its pod is made anew while the old one ends, and the first one stays.
    let mixed = translate(&after, &facts(&all_old, &[], short.clone())).unwrap();
    let new_two = pod(&mixed, "two");
    assert_eq!(mixed.units["one"].template, old_one.template);
    let strangers = [stranger(short_label("shop/default")), stranger(short_label("shop/back"))];
    let check = |desired: &Desired, pods: &[&Pod], row: &str| {
        let policies = policies(desired);
        for pod in pods {
            for other in pods {
                assert!(reaches(&policies, pod, other), "{row}: {:?} to {:?}", pod.labels, other.labels);
            }
            for stranger in strangers.iter().chain([&old_inner]) {
                assert!(!reaches(&policies, stranger, pod), "{row}: a stranger reaches {:?}", pod.labels);
            }
        }
    };
    check(&mixed, &[&old_one, &old_two, &new_two], "while it is replaced");
    let with_long = names(&mixed);
    assert!(with_long.is_superset(&short) && with_long.contains("shop-default.network"), "{with_long:?}");

    // It stays so while anything bears the short label.
    let live = [("one", &old_one), ("two", &new_two), ("inner", &old_inner), ("helper", &old_helper)];
    let replaced = translate(&after, &facts(&live, &[], with_long.clone())).unwrap();
    check(&replaced, &[&old_one, &new_two], "when it is replaced");
    assert_eq!(names(&replaced), with_long);

    // The first one changes, too, and its old pod is still ending.
    let new_one = pod(&translate(&both, &Facts::default()).unwrap(), "one");
    let live = [("one", &new_one), ("two", &new_two), ("inner", &old_inner), ("helper", &old_helper)];
    let ending = translate(&both, &facts(&live, &[&old_one], with_long.clone())).unwrap();
    check(&ending, &[&old_one, &new_one, &new_two], "while the last one ends");
    assert_eq!(names(&ending), with_long);

    // And when nothing bears it any more, it counts for nobody.
    let done = translate(&both, &facts(&live, &[], with_long)).unwrap();
    check(&done, &[&new_one, &new_two], "when all are new");
    assert!(!names(&done).contains("shop-default") && names(&done).contains("shop-default.network"));
    assert!(reaches(&policies(&done), &old_inner, &old_helper), "the other network stays as it was");

    // A rollback of the second one, whose new pod is still there.
    let back = translate(&before, &facts(&all_old, &[&new_two], names(&mixed))).unwrap();
    check(&back, &[&old_one, &old_two, &new_two], "while it is taken back");
}

#[test]
fn a_service_on_an_internal_network_reaches_pods_of_each_edition() {
    let before = stack("1", "1");
    let (old_inner, old_helper) = (old_pod(&before, "inner"), old_pod(&before, "helper"));
    let mut after = before.clone();
    after.spec.services.get_mut("inner").unwrap().command = Some(vec!["2".to_owned()]);
    let live = [("inner", &old_inner), ("helper", &old_helper)];
    let short = BTreeSet::from(["shop-back".to_owned()]);
    let mixed = translate(&after, &facts(&live, &[], short)).unwrap();
    let new_inner = pod(&mixed, "inner");
    for (from, to) in [(&new_inner, &old_helper), (&old_helper, &new_inner), (&old_inner, &old_helper)] {
        assert!(reaches(&policies(&mixed), from, to), "{:?} to {:?}", from.labels, to.labels);
    }
}

#[test]
fn the_label_of_a_network_of_the_stack_has_128_bits_and_that_of_a_shared_one_has_40() {
    let mut stack = stack("1", "1");
    stack.spec.networks.get_mut("back").unwrap().shared_name = Some("edge".to_owned());
    let desired = translate(&stack, &Facts::default()).unwrap();
    let label = |service: &str| {
        let labels = pod(&desired, service).labels;
        labels.keys().find_map(|label| label.strip_prefix(NETWORK_PREFIX).map(str::to_owned)).unwrap()
    };
    assert_eq!(label("one").len(), 32);
    assert_eq!(label("inner"), short_hash("/edge"));
    assert!(names(&desired).contains("shop-back"), "Stacks with pods of each edition meet on it");
}
