//! Replicas, resources, placement, restarts and updates.

use compose_loader::Node;

use super::process::labels;
use crate::api::{
    Deploy, EndpointMode, Mode, Placement, Quantity, Resource, Resources, Service, UpdateConfig, UpdateOrder,
};
use crate::convert::reader::{Section, Value, int};
use crate::convert::sizes::{duration, processors, quantity};
use crate::rules;

/// Converts `deploy`, and the older attributes with the same meaning.
pub fn deploy(section: &mut Section<'_>, service: &mut Service) {
    let mut made = Deploy::default();
    let mut resources = Resources::default();
    let (mut limits, mut reservations) = (Resource::default(), Resource::default());
    older(section, &mut made, &mut limits, &mut reservations);
    for request in section.take("gpus").map(Value::items).unwrap_or_default() {
        device(request.section(), &mut resources);
    }
    service.restart = section.take("restart").and_then(restart);
    if let Some(mut deploy) = section.take("deploy").map(Value::section) {
        deploy.always(&["resources", "placement"]);
        made.mode = deploy.take("mode").and_then(mode);
        made.replicas = count(&mut deploy, "replicas").or(made.replicas);
        made.labels = labels(&mut deploy, "labels");
        if let Some(update) = deploy.take("update_config") {
            made.update_config = Some(update_config(update.section()));
        }
        if let Some(value) = deploy.take("endpoint_mode") {
            made.endpoint_mode = word(value, &[("vip", EndpointMode::Vip), ("dnsrr", EndpointMode::Dnsrr)]);
        }
        if let Some(policy) = deploy.take("restart_policy") {
            service.restart = Some(restart_policy(policy.section()));
        }
        if let Some(mut both) = deploy.take("resources").map(Value::section) {
            if let Some(section) = both.take("limits") {
                amounts(section.section(), &mut limits, &mut resources);
            }
            if let Some(section) = both.take("reservations") {
                amounts(section.section(), &mut reservations, &mut resources);
            }
            both.rest();
        }
        made.placement = deploy.take("placement").and_then(|value| placement(value.section()));
        deploy.rest();
    }
    resources.limits = (limits != Resource::default()).then_some(limits);
    resources.reservations = (reservations != Resource::default()).then_some(reservations);
    made.resources = (resources != Resources::default()).then_some(resources);
    service.deploy = (made != Deploy::default()).then_some(made);
}

/// Converts the attributes that are older than `deploy`. The loader rejects a project in which both conflict.
fn older(section: &mut Section<'_>, made: &mut Deploy, limits: &mut Resource, reservations: &mut Resource) {
    made.replicas = count(section, "scale");
    limits.cpus = section.take("cpus").and_then(|value| processors(value.mapped()));
    limits.memory = section.take("mem_limit").and_then(|value| quantity(value.mapped()));
    reservations.memory = section.take("mem_reservation").and_then(|value| quantity(value.mapped()));
    if let Some(value) = section.take("cpu_shares") {
        let shares = int(value.judged(&rules::CPU_SHARES)).filter(|shares| *shares > 0);
        reservations.cpus = shares.map(|shares| thousandths(shares * 1000 / 1024));
    }
    let period = section.take("cpu_period").and_then(|value| int(value.judged(&rules::CPU_QUOTA)));
    if let Some(value) = section.take("cpu_quota") {
        let quota = int(value.judged(&rules::CPU_QUOTA)).filter(|quota| *quota > 0);
        let period = period.filter(|period| *period > 0).unwrap_or(100_000);
        let share = quota.and_then(|quota| quota.checked_mul(1000)).map(|quota| quota / period);
        limits.cpus = limits.cpus.take().or(share.map(thousandths));
    }
}

fn thousandths(number: i64) -> Quantity {
    Quantity(format!("{}m", number.max(1)))
}

fn count(section: &mut Section<'_>, key: &str) -> Option<i32> {
    section.int(key).and_then(|number| i32::try_from(number).ok())
}

/// Returns a word of a list, or refuses the value.
fn word<T: Copy>(value: Value<'_>, words: &[(&str, T)]) -> Option<T> {
    let text = value.peek_text().unwrap_or_default();
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
    if found.is_some() || text.is_empty() {
        value.mapped();
    } else {
        value.judged(&rules::UNKNOWN_SETTING_VALUE);
    }
    found
}

fn mode(value: Value<'_>) -> Option<Mode> {
    let text = value.peek_text().unwrap_or_default();
    let mode = match text {
        "global" => Some(Mode::Global),
        "replicated-job" => Some(Mode::ReplicatedJob),
        "global-job" => Some(Mode::GlobalJob),
        _ => None,
    };
    if mode.is_some() || matches!(text, "replicated" | "") {
        value.mapped();
    } else {
        value.judged(&rules::UNKNOWN_DEPLOY_MODE);
    }
    mode
}

fn update_config(mut section: Section<'_>) -> UpdateConfig {
    let orders = [("start-first", UpdateOrder::StartFirst), ("stop-first", UpdateOrder::StopFirst)];
    let made = UpdateConfig {
        order: section.take("order").and_then(|value| word(value, &orders)),
        parallelism: count(&mut section, "parallelism"),
        delay: section.take("delay").and_then(|value| duration(value.mapped())),
        monitor: section.take("monitor").and_then(|value| duration(value.mapped())),
    };
    section.rest();
    made
}

fn restart(value: Value<'_>) -> Option<String> {
    let text = value.peek_text().unwrap_or_default().to_owned();
    let tries =
        text.strip_prefix("on-failure:").map(|tries| tries.parse::<u32>().is_ok_and(|n| n < 1_000_000));
    if matches!(text.as_str(), "no" | "always" | "unless-stopped" | "on-failure") || tries == Some(true) {
        value.mapped();
        return Some(text);
    }
    if text.is_empty() {
        value.mapped()
    } else {
        value.judged(&rules::UNKNOWN_RESTART_POLICY)
    };
    None
}

/// Converts the restart policy of `deploy`, which overrides `restart`.
fn restart_policy(mut section: Section<'_>) -> String {
    let condition = section.take("condition");
    let word = condition.as_ref().and_then(Value::peek_text).unwrap_or("any").to_owned();
    if let Some(value) = condition {
        let known = matches!(word.as_str(), "none" | "on-failure" | "any" | "always" | "unless-stopped" | "");
        if known {
            value.mapped()
        } else {
            value.judged(&rules::UNKNOWN_RESTART_POLICY)
        };
    }
    let tries = section.take("max_attempts").map(|value| {
        let number = int(value.peek()).unwrap_or(0);
        match word.as_str() {
            "on-failure" | "none" => value.mapped(),
            _ => value.judged(&rules::RESTART_LIMIT),
        };
        number
    });
    section.rest();
    match (word.as_str(), tries) {
        ("none", _) => "no".to_owned(),
        ("on-failure", Some(tries @ 1..1_000_000)) => format!("on-failure:{tries}"),
        ("on-failure", _) => "on-failure".to_owned(),
        _ => "always".to_owned(),
    }
}

fn amounts(mut section: Section<'_>, amount: &mut Resource, resources: &mut Resources) {
    if let Some(value) = section.take("cpus") {
        amount.cpus = processors(value.mapped()).or(amount.cpus.take());
    }
    if let Some(value) = section.take("memory") {
        amount.memory = quantity(value.mapped()).or(amount.memory.take());
    }
    for request in section.take("devices").map(Value::items).unwrap_or_default() {
        device(request.section(), resources);
    }
    for generic in section.take("generic_resources").map(Value::items).unwrap_or_default() {
        let mut generic = generic.section();
        if let Some(mut spec) = generic.take("discrete_resource_spec").map(Value::section) {
            let kind = spec.take("kind");
            let name = kind.as_ref().and_then(Value::peek_text).unwrap_or_default().to_owned();
            let known = name.contains('/');
            if let Some(kind) = kind {
                if known {
                    kind.mapped()
                } else {
                    kind.judged(&rules::GENERIC_RESOURCE)
                };
            }
            if let (Some(number), true) = (spec.int("value"), known) {
                resources.devices.insert(name, number);
            }
            spec.rest();
        }
        generic.rest();
    }
    section.rest();
}

/// Converts a device request. Only GPUs have resource names that are the same on all clusters.
fn device(mut section: Section<'_>, resources: &mut Resources) {
    let driver = section.take("driver");
    let word = driver.as_ref().and_then(Value::peek_text).unwrap_or_default().to_owned();
    let capabilities = section.take("capabilities");
    let has = |wanted: &str| {
        let list = capabilities.as_ref().and_then(|value| value.peek().as_list()).unwrap_or_default();
        list.iter().filter_map(Node::as_str).any(|capability| capability == wanted)
    };
    let name = match word.as_str() {
        "nvidia" => Some("nvidia.com/gpu"),
        "amd" => Some("amd.com/gpu"),
        "intel" => Some("gpu.intel.com/i915"),
        "" if has("gpu") || has("nvidia") || capabilities.is_none() => Some("nvidia.com/gpu"),
        own if own.contains('/') => Some(own),
        _ => None,
    };
    for value in [driver, capabilities].into_iter().flatten() {
        if name.is_some() {
            value.mapped()
        } else {
            value.judged(&rules::UNKNOWN_DEVICE)
        };
    }
    let named = section.take("device_ids").map(|ids| {
        let number = ids.peek().as_list().map_or(0, <[_]>::len);
        ids.judged(&rules::DEVICE_IDS);
        i64::try_from(number).unwrap_or(1)
    });
    let counted = section.take("count").map(|count| match int(count.peek()) {
        Some(number) if number > 0 => {
            count.mapped();
            number
        }
        // The loader adds the count -1 (all) also to a list of device ids.
        _ if named.is_some() => {
            count.mapped();
            1
        }
        _ => {
            count.judged(&rules::ALL_DEVICES);
            1
        }
    });
    for option in section.take("options").into_iter() {
        option.judged(&rules::DEVICE_OPTIONS);
    }
    if let Some(name) = name {
        *resources.devices.entry(name.to_owned()).or_default() += named.or(counted).unwrap_or(1);
    }
    section.rest();
}

fn placement(mut section: Section<'_>) -> Option<Placement> {
    let mut made = Placement::default();
    for value in section.take("constraints").map(Value::items).unwrap_or_default() {
        let text = value.peek_text().unwrap_or_default();
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let known = ["node.labels.", "node.hostname", "node.role", "node.platform.os", "node.platform.arch"];
        if known.iter().any(|start| text.starts_with(start)) && (text.contains("==") || text.contains("!=")) {
            made.constraints.extend(value.text().map(|_| text));
        } else {
            value.judged(&rules::PLACEMENT_CONSTRAINT);
        }
    }
    for preference in section.take("preferences").map(Value::items).unwrap_or_default() {
        let mut preference = preference.section();
        if let Some(value) = preference.take("spread") {
            if value.peek_text().is_some_and(|text| text.starts_with("node.labels.")) {
                made.spread.extend(value.text());
            } else {
                value.judged(&rules::PLACEMENT_CONSTRAINT);
            }
        }
        preference.rest();
    }
    made.max_replicas_per_node = count(&mut section, "max_replicas_per_node").filter(|number| *number > 0);
    section.rest();
    (made != Placement::default()).then_some(made)
}
