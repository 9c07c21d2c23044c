//! In which order the services of a pod start, by many small pods.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::api::{DependencyCondition, Stack};
use crate::translate::{Facts, translate};

/// A Stack of services that are written as `NAME[+|~][=RESTART][:SHARES][(DEPENDENCY,...)]`. With `+` it has a health
/// check, with `~` one that only reports. It shares the network of `SHARES`. A dependency is a name, behind it `*`
/// where its health and `!` where its end is waited for, and `?` where it is optional.
fn stack(text: &str) -> Stack {
    let services: Map<String, Value> = text.split(' ').map(service).collect();
    serde_json::from_value(json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
        "spec": {"imageMetadata": "Ignore", "services": services},
    }))
    .unwrap()
}

fn service(text: &str) -> (String, Value) {
    let (head, dependencies) = text.trim_end_matches(')').split_once('(').unwrap_or((text, ""));
    let (head, shares) = head.split_once(':').unwrap_or((head, ""));
    let (name, restart) = head.split_once('=').unwrap_or((head, "always"));
    let mut service = json!({"image": "i", "restart": restart});
    if let Some(kind) = name.chars().last().filter(|last| "+~".contains(*last)) {
        let on_unhealthy = if kind == '~' { "Report" } else { "Gate" };
        service["healthcheck"] = json!({"test": ["CMD", "check"], "onUnhealthy": on_unhealthy});
    }
    if !shares.is_empty() {
        service["networkMode"] = json!(format!("service:{shares}"));
    }
    for dependency in dependencies.split(',').filter(|it| !it.is_empty()) {
        let condition = match dependency {
            it if it.contains('*') => "service_healthy",
            it if it.contains('!') => "service_completed_successfully",
            _ => "service_started",
        };
        let name = dependency.trim_end_matches(['*', '!', '?']);
        service["dependsOn"][name] = json!({"condition": condition, "required": !dependency.contains('?')});
    }
    (name.trim_end_matches(['+', '~']).to_owned(), service)
}

/// The containers of the first pod: those that start before others with `>` behind them, `*` where their health and `!`
/// where their end is waited for, the last ones with `+` between them; then the places of what is approximated.
fn sequence(text: &str) -> String {
    let desired = match translate(&stack(text), &Facts::default()) {
        Ok(desired) => desired,
        Err(invalid) => return invalid.problems[0].to_string(),
    };
    let pod = desired.units.values().max_by_key(|unit| unit.services.len()).unwrap();
    let body = pod.workload.as_ref().unwrap().object().body;
    let spec = &body["spec"]["template"]["spec"];
    let mut told = String::new();
    for container in spec["initContainers"].as_array().into_iter().flatten() {
        let sign = match (container["restartPolicy"].as_str(), container["startupProbe"].is_null()) {
            (Some("Always"), false) => "*",
            (Some("Always"), true) => "",
            _ => "!",
        };
        write!(told, "{}{sign} > ", container["name"].as_str().unwrap()).unwrap();
    }
    let last = spec["containers"].as_array().unwrap().iter();
    told += &last.map(|it| it["name"].as_str().unwrap()).collect::<Vec<_>>().join("+");
    for it in desired.approximations.iter().filter(|it| !it.path.ends_with(".restart")) {
        write!(told, " ~ {}", it.path.trim_start_matches("spec.services.")).unwrap();
    }
    told
}

#[test]
fn the_services_of_a_pod_start_in_the_order_of_their_dependencies() {
    let mut wrong = Vec::new();
    for (services, expected) in [
        // Nothing depends on anything: as ever.
        ("vpn client:vpn", "vpn+client"),
        ("vpn client:vpn(db*) db+", "vpn+client"),
        // A sidecar, with and without its health.
        ("vpn+ client:vpn(vpn*)", "vpn* > client"),
        ("vpn+ client:vpn(vpn)", "vpn > client"),
        ("vpn~ client:vpn(vpn*)", "vpn > client"),
        ("vpn client:vpn(vpn*?)", "vpn > client"),
        ("vpn+ client:vpn(vpn*?)", "vpn* > client ~ client.dependsOn.vpn"),
        // The network's owner may be the one that waits.
        ("app(side*) side+:app", "side* > app"),
        // Chains, several dependents, several dependencies.
        ("a:b(b*) b+:c(c) c", "c > b* > a"),
        ("vpn+ one:vpn(vpn*) two:vpn(vpn*)", "vpn* > one+two"),
        ("net app:net(net,db*) db+:net(net)", "net > db* > app"),
        ("net app:net(net,a*,b) a+:net(net) b:net(net)", "net > b > a* > app"),
        ("a+ b+:a(a*) c:a(b*)", "a* > b* > c"),
        // Who waits for a health although it asks for none.
        ("vpn+ one:vpn(vpn*) two:vpn(vpn)", "vpn* > one+two ~ two"),
        ("vpn+ one:vpn(vpn*) two:vpn", "vpn* > one+two ~ two"),
        ("vpn+ proxy:vpn(vpn) one:vpn(vpn*,proxy)", "vpn* > proxy > one ~ proxy"),
        // One-shots.
        ("one=no two=no:one(one!)", "one! > two"),
        ("a=no b=no:a(a!) c=no:a(b!)", "a! > b! > c"),
        ("a=no:b(b) b=no", "b+a"),
        ("a=no(b) b=no:a", "b+a"),
        ("one+=no two=no:one(one*)", "one+two ~ two.dependsOn.one"),
        // A one-shot whose end is waited for runs beside no other one.
        ("a=no q=no:a b=no:a(q) c=no:a(b!)", "b! > a+q+c ~ b.dependsOn.q"),
        ("a=no q=no:a b=no:a(q) c=no:a(q!)", "q! > a+b+c ~ b.dependsOn.q"),
        ("a+=no b=no:a(a*?) c=no:a(b!)", "b! > a+c ~ b.dependsOn.a"),
        // An optional end is waited for like another one.
        ("one=no two=no:one(one!?)", "one! > two ~ two.dependsOn.one"),
        ("a=no b=no:a(a!) c=no:a(b!?)", "a! > b! > c ~ c.dependsOn.b"),
        // Circles.
        (
            "a(b) b:a(a)",
            "spec.services.a.dependsOn.b: the services depend on each other in a cycle (a -> b -> a): remove one of \
             the dependencies",
        ),
        (
            "a(c) b:a c(b)",
            "spec.services.a.dependsOn.c: services of one Pod are created together, and these Pods depend on each \
             other in a cycle (a -> c -> a): remove one of the dependencies",
        ),
        // A one-shot beside what is kept running.
        (
            "app migrate=no:app web:app(migrate!)",
            "spec.services.migrate.restart: a one-shot cannot share a Pod with 'app', which is not a one-shot, \
             because a Pod ends as a whole: give both the same 'restart', or make the one-shot a 'preStart' program \
             of the service that waits for it",
        ),
    ] {
        let told = sequence(services);
        if told != expected {
            wrong.push(format!("{services}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_one_shot_that_requires_another_one_while_it_runs_is_refused_if_that_one_must_end() {
    for (services, dependency, waiting, end) in [
        // The network's owner would start when b has ended.
        ("a=no b=no:a(a) c=no:a(b!)", "b.dependsOn.a", "c", "b"),
        ("a+=no b=no:a(a*) c=no:a(b!)", "b.dependsOn.a", "c", "b"),
        ("a=no q+=no:a b=no:a(q*) c=no:a(b!)", "b.dependsOn.q", "c", "b"),
        // The network's owner would have ended when b starts.
        ("a=no b=no:a(a) c=no:a(a!)", "b.dependsOn.a", "c", "a"),
        ("a+=no b=no:a(a*) c=no:a(a!,b!)", "b.dependsOn.a", "c", "a"),
    ] {
        let told = sequence(services);
        let right = told.starts_with(&format!("spec.services.{dependency}: this service requires "))
            && told.ends_with(&format!(
                "Move '{waiting}' to another Pod, or do not wait for the end of '{end}'"
            ));
        assert!(right, "{services}: {told}");
    }
}

#[test]
fn a_one_shot_waits_in_its_pod_only_for_the_end_of_one_shots_that_run_first() {
    for (services, expected) in [
        ("a=no b=no:a(a)", ""),
        ("a+=no b=no:a(a*)", ""),
        ("a=no b=no:a(a!) c=no:a(a!)", "b>a c>a"),
        // q runs to its end first, so its end is what b waits for.
        ("a=no q=no:a b=no:a(q) c=no:a(q!)", "b>q c>q"),
        ("a=no q=no:a b=no:a(q) c=no:a(b!)", "c>b"),
    ] {
        let desired = translate(&stack(services), &Facts::default()).unwrap();
        let waits = desired.units["a"].waits_within.iter();
        let waits = waits.flat_map(|(name, waits)| waits.iter().map(move |wait| (name, wait)));
        let mut told = Vec::new();
        for (name, wait) in waits {
            assert_eq!(wait.condition, DependencyCondition::ServiceCompletedSuccessfully, "{services}");
            told.push(format!("{name}>{}", wait.service));
        }
        assert_eq!(told.join(" "), expected, "{services}");
    }
}

#[test]
fn the_grace_period_is_the_sum_for_sidecars() {
    let grace = |services: &str| {
        let mut stack = stack(services);
        stack.spec.services.get_mut("vpn").unwrap().stop_grace_period = Some("7s".parse().unwrap());
        let desired = translate(&stack, &Facts::default()).unwrap();
        let body = desired.units["vpn"].workload.as_ref().unwrap().object().body;
        body["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap()
    };
    assert_eq!(grace("vpn client:vpn"), 10);
    assert_eq!(grace("vpn client:vpn(vpn) other:vpn"), 17);
    assert_eq!(grace("vpn proxy:vpn(vpn) client:vpn(proxy)"), 27);
}

#[test]
fn an_order_by_health_changes_nothing_else_of_the_container() {
    let container = |services: &str| {
        let desired = translate(&stack(services), &Facts::default()).unwrap();
        let body = desired.units["vpn"].workload.as_ref().unwrap().object().body;
        let spec = &body["spec"]["template"]["spec"];
        let all = ["initContainers", "containers"].into_iter();
        let mut all = all.flat_map(|list| spec[list].as_array().into_iter().flatten());
        all.find(|container| container["name"] == "vpn").unwrap().clone()
    };
    let mut alone = container("vpn+ client:vpn");
    alone["restartPolicy"] = json!("Always");
    assert_eq!(container("vpn+ client:vpn(vpn*)"), alone);
    // What starts next would wait for the probe.
    alone.as_object_mut().unwrap().remove("startupProbe");
    assert_eq!(container("vpn+ client:vpn(vpn)"), alone);
}
