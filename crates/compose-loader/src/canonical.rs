//! Expansion of short forms to long forms, with the values that the short form implies.

use std::ops::Range;
use std::sync::LazyLock;

use crate::diagnostic::Diagnostic;
use crate::environment::Budget;
use crate::grammar::{
    port::{self, Parts},
    volume,
};
use crate::merge::dependency;
use crate::patterns::{At, Patterns};
use crate::rules;
use crate::trail::Trail;
use crate::tree::{Map, Node, Value};

#[derive(Clone, Copy)]
enum Long {
    Build,
    Dependencies,
    Device,
    EnvFile,
    Extends,
    External,
    FileMount,
    Gpus,
    Include,
    KeyValue,
    List,
    Names,
    Ports,
    Schedule,
    Ssh,
    Text,
    Ulimit,
    Volume,
}

static LONG: LazyLock<Patterns<Long>> = LazyLock::new(|| {
    use Long::{
        Build, Dependencies, Device, EnvFile, Extends, External, FileMount, Gpus, Include, KeyValue, List,
        Names, Ports, Schedule, Ssh, Text, Ulimit, Volume,
    };
    Patterns::new(&[
        ("services|jobs.*.env_file", EnvFile),
        ("services|jobs.*.label_file", List),
        ("services|jobs.*.gpus", Gpus),
        ("services|jobs.*.networks", Names),
        ("services|jobs.*.models", Names),
        ("services|jobs.*.volumes.*", Volume),
        ("services|jobs.*.dns", List),
        ("services|jobs.*.devices.*", Device),
        ("services|jobs.*.secrets.*", FileMount),
        ("services|jobs.*.configs.*", FileMount),
        ("services|jobs.*.ulimits.*", Ulimit),
        ("services.*.pre_start.*.env_file", EnvFile),
        ("services.*.pre_start.*.label_file", List),
        ("services.*.pre_start.*.gpus", Gpus),
        ("services.*.pre_start.*.networks", Names),
        ("services.*.pre_start.*.models", Names),
        ("services.*.pre_start.*.volumes.*", Volume),
        ("services.*.pre_start.*.dns", List),
        ("services.*.pre_start.*.devices.*", Device),
        ("services.*.pre_start.*.secrets.*", FileMount),
        ("services.*.pre_start.*.configs.*", FileMount),
        ("services.*.pre_start.*.ulimits.*", Ulimit),
        ("services|jobs.*.build", Build),
        ("services|jobs.*.build.secrets.*", FileMount),
        ("services|jobs.*.build.provenance", Text),
        ("services|jobs.*.build.sbom", Text),
        ("services|jobs.*.build.additional_contexts", KeyValue),
        ("services|jobs.*.build.ssh", Ssh),
        ("services|jobs.*.build.ulimits.*", Ulimit),
        ("services|jobs.*.depends_on", Dependencies),
        ("services|jobs.*.extends", Extends),
        ("services|jobs.*.ports", Ports),
        ("jobs.*.triggers.schedule.*", Schedule),
        ("services.*.develop.watch.*.ignore", List),
        ("services.*.develop.watch.*.include", List),
        ("volumes.*", External),
        ("networks.*", External),
        ("secrets.*", External),
        ("configs.*", External),
        ("include.*", Include),
    ])
});

/// Expands all short forms, and reports values without a long form. With `lenient`, strings that cannot be parsed are
/// not reported: they contain variables.
pub fn canonical(root: &mut Node, lenient: bool, budget: &Budget, found: &mut Vec<Diagnostic>) {
    Pass { lenient, budget, found }.walk(root, LONG.root(), &Trail::ROOT);
}

struct Pass<'a> {
    lenient: bool,
    budget: &'a Budget,
    found: &'a mut Vec<Diagnostic>,
}

impl Pass<'_> {
    fn walk(&mut self, node: &mut Node, at: At<'_, Long>, trail: &Trail<'_>) {
        if let Some(rule) = at.rule() {
            if let Err(fault) = self.lengthen(rule, node, trail) {
                self.found.push(fault);
                return;
            }
            if !matches!(rule, Long::Build) {
                return;
            }
        }
        match &mut node.value {
            Value::Map(map) => {
                for (key, child) in map.iter_mut() {
                    if let Some(at) = at.key(key) {
                        self.walk(child, at, &trail.key(key));
                    }
                }
            }
            Value::List(items) => {
                let Some(at) = at.item() else { return };
                for (index, item) in items.iter_mut().enumerate() {
                    self.walk(item, at, &trail.index(index));
                }
            }
            _ => {}
        }
    }

    fn lengthen(&mut self, rule: Long, node: &mut Node, trail: &Trail<'_>) -> Result<(), Diagnostic> {
        let place = node.place;
        match (rule, &mut node.value) {
            (
                Long::Build
                | Long::Device
                | Long::Extends
                | Long::FileMount
                | Long::Include
                | Long::Schedule
                | Long::Volume
                | Long::Ssh
                | Long::KeyValue,
                Value::Map(_),
            )
            | (Long::Gpus, Value::List(_))
            | (Long::Ulimit, Value::Map(_) | Value::Int(_))
            | (Long::Text, Value::Str(_)) => {}
            (Long::Build, Value::Str(_)) => *node = Node::map([("context", std::mem::take(node))], place),
            (Long::Extends, Value::Str(_)) => *node = Node::map([("service", std::mem::take(node))], place),
            (Long::Include, Value::Str(_)) => *node = Node::map([("path", std::mem::take(node))], place),
            (Long::Schedule, Value::Str(_)) => *node = Node::map([("cron", std::mem::take(node))], place),
            (Long::FileMount, Value::Str(_)) => *node = Node::map([("source", std::mem::take(node))], place),
            (Long::Gpus, Value::Str(_)) => {
                let all = Node::map([("count", Node::text("all", place))], place);
                node.value = Value::List(vec![all]);
            }
            (Long::List, Value::Str(_)) => node.value = Value::List(vec![node.clone()]),
            (Long::Text, value) => node.value = Value::Str(value.to_string().into()),
            (Long::Names, Value::List(items)) => {
                let mut map = Map::default();
                for item in std::mem::take(items) {
                    let name = item.as_str().ok_or_else(|| wrong(&item, trail, "a name"))?;
                    map.insert(name, item.place, Node::new(Value::Null, item.place));
                }
                node.value = Value::Map(Box::new(map));
            }
            (Long::List | Long::Names, _) => {}
            (Long::EnvFile, Value::Str(_)) => node.value = Value::List(vec![env_file(std::mem::take(node))]),
            (Long::EnvFile, Value::List(items)) => {
                for item in items {
                    *item = env_file(std::mem::take(item));
                }
            }
            (Long::Dependencies, _) => dependencies(node, trail)?,
            (Long::Device, Value::Str(_)) => *node = device(node, self.lenient)?,
            (Long::Volume, Value::Str(text)) => match volume::parse(text) {
                Ok(volume) => *node = volume.long(node),
                Err(_) if self.lenient => {}
                Err(refused) => return Err(refused.diagnostic(node, trail)),
            },
            (Long::Ports, Value::List(_)) => self.ports(node, trail)?,
            (Long::KeyValue, Value::List(_)) => key_values(node, self.lenient, trail)?,
            (Long::Ssh, Value::List(_)) => ssh(node, self.lenient, trail)?,
            (Long::External, Value::Null) => {}
            (Long::External, Value::Map(map)) => self.external(map, trail)?,
            (Long::Ulimit, Value::Str(_)) if self.lenient => {}
            (_, _) => return Err(wrong(node, trail, "the form in the Compose specification")),
        }
        Ok(())
    }

    fn ports(&mut self, node: &mut Node, trail: &Trail<'_>) -> Result<(), Diagnostic> {
        let Value::List(items) = &mut node.value else { return Ok(()) };
        let mut long = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let text = match &item.value {
                Value::Map(_) => {
                    long.push(item.clone());
                    continue;
                }
                Value::Int(port) => port.to_string(),
                Value::Str(text) => text.to_string(),
                _ => return Err(wrong(item, &trail.index(index), "a port")),
            };
            // Without budget, the range is not expanded.
            if !self.budget.ports(1) {
                self.found.push(too_many_ports(item, &trail.index(index)));
                break;
            }
            let ports = match port::parse(&text) {
                Ok(ports) => ports,
                Err(_) if self.lenient => return Ok(()),
                Err(refused) => {
                    let place = item.place_of(refused.at.start, refused.at.end);
                    let message = format!("{}: {}", trail.index(index), refused.reason);
                    self.found.push(
                        Diagnostic::new(&rules::INVALID_PORT, place, message)
                            .remedy(refused.remedy)
                            .supplied(item, refused.at),
                    );
                    continue;
                }
            };
            if !self.budget.ports(ports.len().saturating_sub(1)) {
                self.found.push(too_many_ports(item, &trail.index(index)));
                break;
            }
            let parts = Parts::of(&text);
            long.extend(ports.iter().map(|port| long_port(port, item, &parts)));
        }
        *items = long;
        Ok(())
    }

    /// Converts `external: {name: x}`, the form before `name:` and `external: true`.
    fn external(&mut self, map: &mut Map, trail: &Trail<'_>) -> Result<(), Diagnostic> {
        let Some(Node { value: Value::Map(external), place, .. }) = map.get("external") else {
            return Ok(());
        };
        let (name, place) = (external.get("name").cloned(), *place);
        if let Some(name) = name {
            self.found.push(Diagnostic::new(
                &rules::EXTERNAL_NAME,
                place,
                format!("{trail}: external.name is deprecated. Please set name and external: true"),
            ));
            match map.get("name") {
                Some(other) if *other != name => {
                    return Err(Diagnostic::new(
                        &rules::NAME_CONFLICT,
                        place,
                        format!("{trail}: name and external.name conflict; only use name"),
                    ));
                }
                Some(_) => {}
                None => {
                    map.insert("name", place, name);
                }
            }
        }
        map.insert("external", place, Node::bool(true, place));
        Ok(())
    }
}

fn too_many_ports(item: &Node, at: &Trail<'_>) -> Diagnostic {
    let message = format!("{at}: the project publishes more than 20000 ports");
    Diagnostic::new(&rules::TOO_MANY_PORTS, item.place, message)
}

fn wrong(node: &Node, trail: &Trail<'_>, wanted: &str) -> Diagnostic {
    Diagnostic::new(&rules::WRONG_TYPE, node.place, format!("{trail}: {} is not {wanted}", node.value.kind()))
}

fn env_file(mut item: Node) -> Node {
    let place = item.place;
    match &mut item.value {
        Value::Str(_) => Node::map([("path", item), ("required", Node::bool(true, place))], place),
        Value::Map(map) => {
            map.insert_new("required", place, || Node::bool(true, place));
            item
        }
        _ => Node::new(Value::Null, place),
    }
}

fn dependencies(node: &mut Node, trail: &Trail<'_>) -> Result<(), Diagnostic> {
    match &mut node.value {
        Value::Map(map) => {
            for (name, node) in map.iter_mut() {
                let place = node.place;
                let Value::Map(options) = &mut node.value else {
                    return Err(wrong(node, &trail.key(name), "a mapping with a `condition`"));
                };
                options.insert_new("condition", place, || Node::text("service_started", place));
                options.insert_new("required", place, || Node::bool(true, place));
            }
        }
        Value::List(items) => {
            let mut map = Map::default();
            for item in items.iter() {
                let name = item.as_str().ok_or_else(|| wrong(item, trail, "the name of a service"))?;
                map.insert(name, item.place, dependency(item.place));
            }
            node.value = Value::Map(Box::new(map));
        }
        _ => return Err(wrong(node, trail, "a list or a mapping of services")),
    }
    Ok(())
}

fn device(node: &Node, lenient: bool) -> Result<Node, Diagnostic> {
    let text = node.as_str().unwrap_or_default();
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match parts.as_slice() {
        [source] => (*source, *source, "rwm"),
        [source, target] => (*source, *target, "rwm"),
        [source, target, permissions] => (*source, *target, *permissions),
        _ if lenient => ("", "", "rwm"),
        _ => {
            return Err(Diagnostic::new(
                &rules::INVALID_DEVICE,
                node.place,
                format!("confusing device mapping, please use long syntax: {text}"),
            ));
        }
    };
    let target = if target.is_empty() { source } else { target };
    let place = node.place;
    Ok(Node::map(
        [
            ("source", node.made(source)),
            ("target", node.made(target)),
            ("permissions", node.made(permissions)),
        ],
        place,
    ))
}

fn long_port(port: &port::Port, short: &Node, parts: &Parts) -> Node {
    let place = short.place;
    let part = |at: &Range<usize>| short.part(at.start, at.end);
    let mut map = Map::default();
    map.insert("mode", place, Node::text("ingress", place));
    if !port.host_ip.is_empty() {
        map.insert("host_ip", place, part(&parts.host_ip).made(port.host_ip.as_str()));
    }
    // Port 0 means no port. The check for entries without a target rejects it.
    if port.target != 0 {
        let target = Node { value: Value::Int(i64::from(port.target)), ..part(&parts.target) };
        map.insert("target", place, target);
    }
    if !port.published.is_empty() {
        map.insert("published", place, part(&parts.published).made(port.published.as_str()));
    }
    map.insert("protocol", place, part(&parts.protocol).made(port.protocol.as_str()));
    Node::new(Value::Map(Box::new(map)), place)
}

fn key_values(node: &mut Node, lenient: bool, trail: &Trail<'_>) -> Result<(), Diagnostic> {
    let Value::List(items) = &node.value else { return Ok(()) };
    let mut map = Map::default();
    for item in items {
        let text = item.as_str().ok_or_else(|| wrong(item, trail, "KEY=VALUE"))?;
        let Some(cut) = text.find('=') else {
            if lenient {
                return Ok(());
            }
            return Err(Diagnostic::new(
                &rules::INVALID_PAIR,
                item.place,
                format!("{trail}: invalid value {text}, expected key=value"),
            ));
        };
        map.insert(&text[..cut], item.place, item.part(cut + 1, text.len()));
    }
    node.value = Value::Map(Box::new(map));
    Ok(())
}

fn ssh(node: &mut Node, lenient: bool, trail: &Trail<'_>) -> Result<(), Diagnostic> {
    let Value::List(items) = &node.value else { return Ok(()) };
    let mut map = Map::default();
    for item in items {
        let text = item.as_str().ok_or_else(|| wrong(item, trail, "the name of an SSH key"))?;
        match text.find('=') {
            Some(cut) => map.insert(&text[..cut], item.place, item.part(cut + 1, text.len())),
            None if text == "default" => map.insert(text, item.place, Node::new(Value::Null, item.place)),
            None if lenient => return Ok(()),
            None => {
                return Err(Diagnostic::new(
                    &rules::INVALID_PAIR,
                    item.place,
                    format!("{trail}: invalid ssh key {text:?}"),
                )
                .remedy("write `default` or `ID=PATH`"));
            }
        };
    }
    node.value = Value::Map(Box::new(map));
    Ok(())
}

/// Removes empty entries of `dns`, which result from variables without a value.
pub fn omit_empty(root: &mut Node) {
    for section in ["services", "jobs"] {
        let entries = root.as_map_mut().and_then(|map| map.get_mut(section)).and_then(Node::as_map_mut);
        for (_, entry) in entries.into_iter().flat_map(Map::iter_mut) {
            let dns = entry.as_map_mut().and_then(|map| map.get_mut("dns"));
            if let Some(Node { value: Value::List(items), .. }) = dns {
                items.retain(|item| !item.is_null() && item.as_str() != Some(""));
            }
        }
    }
}
