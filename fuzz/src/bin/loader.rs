//! A whole project: loaded twice it is the same, all its places lie in its files, and what is printed
//! loads as the same project.
#![no_main]

use std::collections::BTreeSet;

use compose_loader::{
    Environment, Input, Loaded, MemoryFiles, Node, Origin, Project, Request, Severity, Value,
    discover::{Options, discover},
    load, load_with,
    print::{Style, json, yaml},
};
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::{archive, bounded, check_diagnostic, check_tree};

/// What the project's folder is called.
const FOLDER: &str = "/srv/project";

/// One load may cost this much, whatever it loads: the compiled schema, the rules, and the 16 MiB that
/// variables may supply.
const BASE: usize = 96 << 20;

fuzz_target!(|text: &str| {
    let mut files = MemoryFiles::default();
    let mut options = Options { folder: FOLDER.to_owned(), ..Options::default() };
    let mut flags = String::new();
    for (name, text) in archive::files(text) {
        match name.as_str() {
            "environment" => set(&mut options.environment, &text),
            "flags" => flags = text,
            _ if name.starts_with('/') => files.add(name, text),
            _ => files.add(format!("{FOLDER}/{name}"), text),
        }
    }
    let (mut request, sources) = match discover(&options, &files) {
        Ok(found) => {
            found.warnings.iter().for_each(|warning| check_diagnostic(warning, &found.sources));
            (found.request, found.sources)
        }
        Err(refused) => return check_diagnostic(&refused.0, &refused.1),
    };
    let without = |flag: &str| flags.lines().any(|line| line == flag);
    request.stages.interpolate = !without("no-interpolate");
    request.stages.bind = request.stages.interpolate;
    request.stages.normalize = !without("no-normalize");
    request.stages.resolve_paths = !without("no-path-resolution");
    request.stages.consistency = !without("no-consistency");

    let loaded = bounded(BASE, 1 << 14, text.len(), || load_with(&request, &files, sources.clone()));
    check(&loaded);
    let again = load_with(&request, &files, sources);
    assert_eq!(
        format!("{:?}", loaded.project),
        format!("{:?}", again.project),
        "another load, another project"
    );
    assert_eq!(format!("{:?}", loaded.diagnostics), format!("{:?}", again.diagnostics), "other messages");

    if let Some(project) = &loaded.project {
        let style = Style { escape: request.stages.interpolate };
        let json = json(project, style);
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "not JSON: {json}");
        let whole = request.stages.bind && request.stages.normalize && request.stages.resolve_paths;
        let has_services = project.services().next().is_some();
        let is_read_back =
            !has_empty_key(&project.tree) && project.services().all(|(_, service)| is_read_back(service));
        if whole && has_services && is_read_back {
            check_printed(project, &request, &files, &yaml(project, style));
        }
    }
});

/// Reads `NAME=VALUE`, one on a line.
fn set(environment: &mut Environment, text: &str) {
    for line in text.lines() {
        if let Some((name, value)) = line.split_once('=') {
            environment.set(name, value, Origin::Process);
        }
    }
}

fn check(loaded: &Loaded) {
    if let Some(first) = loaded.diagnostics.first() {
        assert!(first.line(&loaded.sources).ends_with(&first.message), "{first:?}");
    }
    let mut errors = 0;
    for diagnostic in &loaded.diagnostics {
        check_diagnostic(diagnostic, &loaded.sources);
        errors += usize::from(diagnostic.severity == Severity::Error);
    }
    assert_eq!(loaded.project.is_none(), errors > 0, "a project or errors: {:?}", loaded.diagnostics);
    if let Some(project) = &loaded.project {
        check_tree(&project.tree, &loaded.sources);
        for (_, entry) in project.disabled.entries() {
            check_tree(&entry.node, &loaded.sources);
        }
    }
}

/// Whether the reference itself reads what it prints of a service. It does not where an SSH key of a build
/// has a path, where a host has one address twice, and where it leaves out what is needed or then has a default:
/// a device without a source, a count of 0 devices, which means all of them, an empty context of a build, or an
/// empty network mode.
fn is_read_back(service: &Node) -> bool {
    let items = |keys: &[&str]| {
        let node = keys.iter().try_fold(service, |node, key| node.get(key));
        node.and_then(Node::as_list).map(<[Node]>::to_vec).unwrap_or_default()
    };
    let has_path = |key: &Node| key.as_str().is_some_and(|key| key.contains(": "));
    let is_none = |device: &Node| device.get("count").is_none() && device.get("device_ids").is_none();
    let devices = [items(&["gpus"]), items(&["deploy", "resources", "reservations", "devices"])].concat();
    let hosts = [items(&["extra_hosts"]), items(&["build", "extra_hosts"])];
    let is_twice = |hosts: &Vec<Node>| {
        let different: BTreeSet<_> = hosts.iter().map(Node::as_str).collect();
        different.len() < hosts.len()
    };
    let has_no_context = service.get("build").is_some_and(|build| build.get("context").is_none());
    let has_no_network =
        ["networks", "network_mode", "provider"].iter().all(|key| service.get(key).is_none());
    !has_no_context
        && !has_no_network
        && !items(&["build", "ssh"]).iter().any(has_path)
        && !devices.iter().any(is_none)
        && items(&["devices"]).iter().all(|device| device.get("source").is_some())
        && !hosts.iter().any(is_twice)
}

/// Whether a key is empty, as of a list of arguments with `=x`, which the reference reads in a list only.
fn has_empty_key(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.iter().any(|(key, node)| key.is_empty() || has_empty_key(node)),
        Value::List(items) => items.iter().any(has_empty_key),
        _ => false,
    }
}

/// A canonical project, printed and loaded again, is the same project.
fn check_printed(project: &Project, request: &Request, files: &MemoryFiles, text: &str) {
    let request = Request {
        files: vec![Input { path: format!("{FOLDER}/printed.yaml"), text: Some(text.to_owned()) }],
        name: None,
        ..request.clone()
    };
    let again = load(&request, files);
    let errors: Vec<_> = again.diagnostics.iter().map(|diagnostic| diagnostic.line(&again.sources)).collect();
    let again = again.project.unwrap_or_else(|| panic!("refused when printed: {errors:?}\n{text}"));
    assert_eq!(again.name, project.name, "{text}");
    if let Some(difference) = difference(&project.tree, &again.tree, "") {
        panic!("{difference}\n{text}");
    }
}

/// The first path at which two trees differ.
fn difference(one: &Node, other: &Node, path: &str) -> Option<String> {
    match (&one.value, &other.value) {
        (Value::Map(a), Value::Map(b)) => {
            if let Some((key, _)) = b.iter().find(|(key, _)| !a.has(key)) {
                return Some(format!("{path}.{key} is new"));
            }
            a.iter().find_map(|(key, node)| match b.get(key) {
                Some(other) => difference(node, other, &format!("{path}.{key}")),
                None => Some(format!("{path}.{key} is gone")),
            })
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(at, (a, b))| difference(a, b, &format!("{path}[{at}]")))
        }
        // A whole number that was written as a fraction is printed as digits, as in the reference.
        (Value::Float(a), Value::Int(b)) if *a == *b as f64 => None,
        (a, b) => (a != b).then(|| format!("{path}: {a:?} became {b:?}")),
    }
}
