//! `convert` reports the messages of the API server and the operator at the value that they are about.

use std::collections::BTreeSet;
use std::fmt::Write;

use compose_loader::{Input, MemoryFiles, Request, disk::Disk, load};
use stackwright::api::Stack;
use stackwright::api::schema::violations;
use stackwright::convert::names::service_label;
use stackwright::convert::output::{Secrets, manifests, stream};
use stackwright::convert::verdict::{Entry, report};
use stackwright::convert::{Converted, Options, convert};
use stackwright::rules::{Kind, Verdict};
use stackwright::translate::{Facts, Privilege, Privileges, translate};

use super::examples::{COMMITTED, Deployed, OTHERS};
use super::specimens::specimens;
use super::{cases, converted, projects};

/// The rules by which the API server checks a Stack.
const API_SERVER: [&str; 3] = ["over-limit", "rejected-value", "object-too-large"];

/// The rules by which the API server or the operator checks a Stack.
const OF_STACKS: [&str; 9] = [
    "over-limit",
    "rejected-value",
    "object-too-large",
    "operator-approximation",
    "needs-privilege",
    "invalid-object-name",
    "address-conflict",
    "invalid-reference",
    "unsupported-value",
];

/// Converts a Compose file, and returns the entries of the rules with these ids as `ID POINTER LINE`.
fn judged(text: &str, ids: &[&str]) -> (Converted, Vec<String>) {
    let mut files = MemoryFiles::default();
    files.add("/p/compose.yaml", text);
    let request = Request {
        files: vec![Input { path: "/p/compose.yaml".to_owned(), text: None }],
        working_dir: "/p".to_owned(),
        profiles: vec!["*".to_owned()],
        ..Request::default()
    };
    let loaded = load(&request, &files);
    let project = loaded.project.unwrap_or_else(|| panic!("{text}: {:?}", loaded.diagnostics));
    let converted = convert(&project, &files, &Options::default());
    let lines = report(&converted.entries, &loaded.sources, "/p").into_iter();
    let reported = lines.filter(|line| line.id.is_some_and(|id| ids.contains(&id)));
    let reported =
        reported.map(|line| format!("{} {} {}", line.id.unwrap(), line.pointer, line.line.unwrap_or(0)));
    (converted, reported.collect())
}

#[test]
fn messages_of_the_operator_are_at_their_value() {
    for (sentence, services, reported) in [
        (
            "a stop signal",
            "  web: {image: a, ports: ['80'],\n    stop_signal: SIGQUIT}",
            &["operator-approximation /services/web/stop_signal 4"] as &[_],
        ),
        (
            "a sysctl of a renamed service",
            "  My_App:\n    image: a\n    sysctls:\n      net.core.somaxconn: 1024",
            &["operator-approximation /services/My_App/sysctls/net.core.somaxconn 6"],
        ),
        (
            "a sysctl in list form",
            "  web:\n    image: a\n    sysctls:\n      - net.core.somaxconn=1024",
            &["operator-approximation /services/web/sysctls/net.core.somaxconn 6"],
        ),
        (
            "a privilege",
            "  web: {image: a, privileged: true}",
            &["needs-privilege /services/web/privileged 3"],
        ),
        (
            "the second of two capabilities",
            "  web:\n    image: a\n    cap_add:\n      - CHOWN\n      - NET_ADMIN",
            &["needs-privilege /services/web/cap_add/1 7"],
        ),
        ("a host path is reported once", "  web: {image: a, volumes: ['/var/log:/logs:ro']}", &[]),
        ("a name server is reported once", "  web: {image: a, dns: 1.1.1.1}", &[]),
        (
            "the network of the node",
            "  web: {image: a, network_mode: host, hostname: x}",
            &[
                "operator-approximation /services/web/hostname 3",
                "operator-approximation /services/web/network_mode 3",
                "needs-privilege /services/web/network_mode 3",
            ],
        ),
        (
            "a service of an inactive profile",
            "  web: {image: a}\n  tool: {image: a, profiles: [tools], ipc: host}",
            &["needs-privilege /services/tool/ipc 4"],
        ),
        (
            "a clash of two active services",
            "  a: {image: a, ports: ['80:80']}\n  b: {image: a,\n    ports: ['90:90', '80:8080']}",
            &["address-conflict /services/b/ports/1 5"],
        ),
        (
            "services of two profiles that are not active together",
            "  a: {image: a, profiles: [a], ports: ['80:80'], stop_signal: SIGQUIT}\n  b: {image: a, profiles: [b], ports: ['80:80']}",
            &["operator-approximation /services/a/stop_signal 3"],
        ),
        (
            "two programs of one pod on one port",
            "  a: {image: a, expose: [80]}\n  b: {image: a, network_mode: 'service:a', expose: [80]}",
            &["address-conflict /services/b/expose 4"],
        ),
        (
            "a label that no object may bear",
            "  web:\n    image: a\n    labels:\n      a.b: c\n      traefik.x[0].y: z",
            &["operator-approximation /services/web/labels/traefik.x[0].y 7"],
        ),
        (
            "how many containers a node takes",
            "  web:\n    image: a\n    deploy:\n      placement:\n        max_replicas_per_node: 2",
            &["operator-approximation /services/web/deploy/placement/max_replicas_per_node 7"],
        ),
        (
            "a domain",
            "  web: {image: a, restart: always, domainname: example.com}",
            &["operator-approximation /services/web/domainname 3"],
        ),
    ] {
        let (_, found) = judged(&format!("name: p\nservices:\n{services}\n"), &OF_STACKS);
        assert_eq!(found, reported, "{sentence}");
    }
}

#[test]
fn a_range_of_ports_is_published_up_to_1024() {
    for (ports, refused) in [
        ("['3478:3478', '3478:3478/udp', '49160-49400:49160-49400/udp']", false),
        ("['21:21', '21100-21110:21100-21110']", false),
        ("['10000-11023:10000-11023/udp']", false),
        ("['10000-11024:10000-11024/udp']", true),
        ("['5060:5060/udp', '10000-20000:10000-20000/udp']", true),
        ("['20000-20599:20000-20599', '20000-20599:20000-20599/udp']", true),
        ("['127.0.0.1:9000-9511:9000-9511']", false),
        ("['30000-30300:80-380']", false),
        ("['7000-8023']", false),
        ("[{target: 443, published: '8443', mode: host}]", false),
    ] {
        let text = format!("name: p\nservices:\n  relay:\n    image: a\n    ports: {ports}\n");
        let (converted, found) = judged(&text, &API_SERVER);
        let stack = serde_json::to_value(&converted.stack).unwrap();
        assert_eq!(!violations(&stack).is_empty(), refused, "{ports}");
        assert_eq!(
            found,
            if refused { vec!["over-limit /services/relay/ports 5"] } else { Vec::new() },
            "{ports}"
        );
        let count = converted.stack.spec.services["relay"].ports.len();
        for entry in converted.refused(&["all".to_owned()]) {
            let wanted = format!("has {count} items, but at most 1024 are allowed");
            assert!(entry.reason().contains(&wanted), "{}", entry.reason());
        }
        assert_eq!(
            converted.refused(&["all".to_owned()]).count(),
            usize::from(refused),
            "no flag accepts it"
        );
    }
}

#[test]
fn a_windows_path_is_refused_and_left_out_of_the_stack() {
    for (attribute, reported) in [
        (r"volumes: ['C:\data:/data']", &["windows-path /services/web/volumes/0/source 4"] as &[_]),
        (
            r"volumes: ['/srv:/srv', 'D:\logs\app:/logs:ro']",
            &["windows-path /services/web/volumes/1/source 4"],
        ),
        (r"volumes: ['c:/Users/me/site:/site']", &["windows-path /services/web/volumes/0/source 4"]),
        (
            r"volumes: [{type: bind, source: 'E:\x', target: /x}]",
            &["windows-path /services/web/volumes/0/source 4"],
        ),
        (r"volumes: ['\\server\share:/share']", &["windows-path /services/web/volumes/0/source 4"]),
        (r"volumes: ['.\conf:/conf']", &["windows-path /services/web/volumes/0/source 4"]),
        (r"volumes: ['./conf\site.conf:/site.conf']", &["windows-path /services/web/volumes/0/source 4"]),
        (r"volumes: ['/srv:C:\inside']", &[]),
        (r"tmpfs: 'C:\tmp'", &["windows-path /services/web/tmpfs/0 4"]),
        (r"working_dir: C:\app", &["windows-path /services/web/working_dir 4"]),
        (
            r"post_start: [{command: [a], working_dir: 'C:\x'}]",
            &["windows-path /services/web/post_start/0/working_dir 4"],
        ),
        (r"volumes: ['./data:/data', 'c:/x']", &[]),
    ] {
        let text = format!("name: p\nservices:\n  web: {{image: a, restart: always,\n    {attribute}}}\n");
        let (converted, found) = judged(&text, &["windows-path"]);
        assert_eq!(found, reported, "{attribute}");
        let stack = serde_json::to_value(&converted.stack).unwrap();
        assert!(!stack.to_string().contains("C:"), "{attribute}: {stack}");
        assert_eq!(violations(&stack), [], "{attribute}");
    }
}

#[test]
fn values_over_the_limits_of_a_stack_are_reported_with_place_and_limit() {
    let many =
        |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(", ");
    let long = "x".repeat(70_000);
    for (attribute, reported) in [
        (format!("environment: {{A: '{long}'}}"), &["over-limit /services/web/environment/A 4"] as &[_]),
        (format!("environment: {{{}}}", many(1024, &|n| format!("V{n}: x"))), &[]),
        (
            format!("environment: {{{}}}", many(1025, &|n| format!("V{n}: x"))),
            &["over-limit /services/web/environment 4"],
        ),
        (format!("extra_hosts: [{}]", many(1000, &|n| format!("'h{n}:10.0.0.1'"))), &[]),
        (
            format!("labels: {{{}}}", many(257, &|n| format!("l{n}: x"))),
            &["over-limit /services/web/labels 4"],
        ),
        (format!("tmpfs: [{}]", many(65, &|n| format!("/t{n}"))), &["over-limit /services/web/tmpfs 4"]),
        (format!("command: [a, '{long}']"), &["over-limit /services/web/command/1 4"]),
        ("expose: ['30000-31023']".to_owned(), &[]),
        ("expose: ['1-65535']".to_owned(), &["over-limit /services/web/expose 4"]),
        (
            format!("healthcheck: {{test: '{}'}}", &long[..20_000]),
            &["over-limit /services/web/healthcheck/test/1 4"],
        ),
        (
            format!("networks: {{default: {{aliases: [{}]}}}}", many(65, &|n| format!("a{n}"))),
            &["over-limit /services/web/networks/default/aliases 4"],
        ),
        (
            format!("devices: [{}]", many(65, &|n| format!("/dev/d{n}"))),
            &["over-limit /services/web/devices 4"],
        ),
    ] {
        let (_, found) =
            judged(&format!("name: p\nservices:\n  web: {{image: a,\n    {attribute}}}\n"), &API_SERVER);
        assert_eq!(found, reported, "{}", &attribute[..attribute.len().min(60)]);
    }
    let services = (0..257).map(|n| format!("  s{n}: {{image: a}}\n")).collect::<String>();
    let (_, found) = judged(&format!("name: p\nservices:\n{services}"), &API_SERVER);
    assert_eq!(found, ["over-limit /services 3"]);
}

#[test]
fn a_value_that_the_operator_refuses_is_written_if_it_is_allowed() {
    let text = "name: p\nservices:\n  a: {image: a, ports: ['80:80']}\n  b: {image: a, ports: ['80:8080']}\n";
    let (converted, _) = judged(text, &[]);
    let refused: Vec<_> = converted.refused(&[]).map(|entry| entry.rule.unwrap().id).collect();
    assert_eq!(refused, ["address-conflict"]);
    assert_eq!(converted.refused(&["sw1804".to_owned()]).count(), 0);
    assert_eq!(converted.stack.spec.services["b"].ports.len(), 1);
}

#[test]
fn the_validator_accepts_valid_values_and_refuses_invalid_ones() {
    let specimens = specimens();
    let count = |valid| specimens.iter().filter(|it| it.is_valid == valid).count();
    assert!(count(true) > 250 && count(false) > 700, "{} and {}", count(true), count(false));
    let mut wrong = String::new();
    for it in &specimens {
        let found = violations(&it.stack);
        let is_there = it.is_valid || found.iter().any(|violation| violation.path.0.starts_with(&it.place.0));
        if found.is_empty() != it.is_valid || !is_there {
            writeln!(wrong, "{}: {found:?}", it.about).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn messages_of_the_operator_on_all_cases_are_in_the_report() {
    for case in cases() {
        let (_, _, converted) = converted(&case);
        assert_eq!(disagreements(&converted), "", "{}", case.display());
        assert_eq!(said_twice(&converted), [""; 0], "{}", case.display());
    }
    for seed in COMMITTED.iter().chain(&OTHERS) {
        let (_, _, converted) = projects::converted(&seed.find(), &Deployed, None).unwrap();
        assert_eq!(disagreements(&converted), "", "{}", seed.project);
        assert_eq!(said_twice(&converted), [""; 0], "{}", seed.project);
    }
}

#[test]
fn messages_of_the_operator_on_the_loaders_projects_are_in_the_report() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/compose-loader/tests/projects");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path().to_str().unwrap().to_owned();
        let find = super::Find { folder: folder.clone(), ..super::Find::default() };
        // Some of these projects prove that the loader refuses them.
        let Ok((_, _, converted)) = projects::converted(&find, &Disk, None) else { continue };
        assert_eq!(disagreements(&converted), "", "{folder}");
        assert_eq!(said_twice(&converted), [""; 0], "{folder}");
        count += 1;
    }
    assert!(count > 30, "{count} projects");
}

/// Returns the rules of the conversion that say the same about a field as the operator.
const SAYS: [(&str, &str); 8] = [
    ("storage-option", "storageSize"),
    ("hook-user", "postStart"),
    ("pre-start-per-replica", "preStart"),
    ("platform-variant", "platform"),
    ("dns-servers", "dns"),
    ("host-address", "hostIp"),
    ("volume-in-host-folder", "hostPath"),
    ("host-path", "hostPath"),
];

/// Returns the messages of the operator and the API server that are missing in the report.
pub fn disagreements(converted: &Converted) -> String {
    let mut wrong = String::new();
    let stream = stream(&manifests(converted, Secrets::Plain).unwrap());
    let written: Vec<serde_json::Value> = serde_saphyr::from_multiple(&stream).unwrap();
    let is_final = |entry: &&Entry| entry.rule.is_some_and(|rule| rule.is_final());
    let is_refused = converted.entries.iter().any(|entry| is_final(&entry));
    for stack in written.iter().filter(|object| object["kind"] == "Stack") {
        for violation in violations(stack).iter().filter(|_| !is_refused) {
            writeln!(wrong, "{} {}", violation.path, violation.message).unwrap();
        }
    }
    if is_refused {
        return wrong;
    }
    for (path, message) in told_by_the_operator(&converted.stack, &projects::facts(converted)) {
        let service = path.split('.').nth(2).unwrap_or_default();
        let is_of_it = |entry: &Entry| {
            let mut parts = entry.pointer.split('/').skip(1);
            parts.next() != Some("services")
                || parts
                    .next()
                    .is_some_and(|name| service_label(name) == service || path.starts_with("spec.volumes"))
        };
        let said = converted.entries.iter().any(|entry| {
            let by_rule = SAYS.iter().any(|(id, field)| {
                entry.rule.is_some_and(|rule| rule.id == *id)
                    && path.split(['.', '[']).any(|part| part == *field)
            });
            let warns = matches!(entry.kind, Kind::Verdict(Verdict::Approximated | Verdict::Refused));
            warns && is_of_it(entry) && (entry.detail == message || by_rule)
        });
        if !said {
            writeln!(wrong, "{path}: {message}").unwrap();
        }
    }
    wrong
}

/// Returns the messages of `render` in a namespace that grants all privileges and in one that grants none.
fn told_by_the_operator(stack: &Stack, facts: &Facts) -> BTreeSet<(String, String)> {
    let mut whole = stack.clone();
    whole.spec.profiles = vec!["*".to_owned()];
    let with =
        |privileges| Facts { privileges, helper_image: Some("stackwright:1".to_owned()), ..facts.clone() };
    let (every, none) = (with(Privileges(Privilege::ALL.into())), with(Privileges::default()));
    let mut reported = BTreeSet::new();
    let possible = translate(&whole, &every).is_ok();
    for stack in [stack, &whole].into_iter().take(1 + usize::from(possible)) {
        for facts in [&every, &none] {
            match translate(stack, facts) {
                Ok(desired) => {
                    reported.extend(desired.approximations.into_iter().map(|it| (it.path, it.message)))
                }
                Err(invalid) => reported.extend(invalid.problems.into_iter().map(|it| (it.path, it.message))),
            }
        }
    }
    reported
}

/// Rules of the conversion that report another difference about a value than the operator: the rule and the
/// attribute.
const SAID_BESIDE: [(&str, &str); 7] = [
    ("hook-user", "post_start"),
    ("device-permissions", "devices"),
    ("numeric-stop-signal", "stop_signal"),
    ("security-option", "security_opt"),
    ("external-link", "external_links"),
    ("secret-in-command", "pre_stop"),
    ("time-zone", "triggers"),
];

/// Returns the values with an entry of the operator and another entry that are not known to be different.
pub fn said_twice(converted: &Converted) -> Vec<String> {
    let mut twice = Vec::new();
    let warns =
        |entry: &&Entry| matches!(entry.kind, Kind::Verdict(Verdict::Approximated | Verdict::Refused));
    let is_above =
        |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_of_the_operator = |entry: &&Entry| entry.rule.is_some_and(|rule| rule.is_of_the_operator());
    for entry in converted.entries.iter().filter(is_of_the_operator) {
        let others = converted.entries.iter().filter(warns).filter(|other| !is_of_the_operator(other));
        let near = others
            .filter(|it| is_above(&it.pointer, &entry.pointer) || is_above(&entry.pointer, &it.pointer));
        for rule in near.filter_map(|other| other.rule) {
            let attribute = entry.pointer.split('/').nth(3).unwrap_or_default();
            if !SAID_BESIDE.contains(&(rule.id, attribute)) {
                twice.push(format!("{} beside {} of {}", rule.id, entry.rule.unwrap().id, entry.pointer));
            }
        }
    }
    twice
}
