//! The conversion of a service.

mod deploy;
mod health;
mod hooks;
mod mounts;
mod networks;
mod ports;
mod process;
mod security;
mod text;
mod volumes;

use std::collections::BTreeMap;

use compose_loader::Node;

pub use self::process::labels;
use self::text::Variables;
pub use self::volumes::volumes_from;
use super::context::Context;
use super::reader::{Section, Value};
use super::{jobs, settings};
use crate::api::{Dependency, DependencyCondition, Service};
use crate::rules;

/// Converts a service.
pub fn service(context: &mut Context<'_>, name: &str, mut section: Section<'_>) -> Service {
    let section = &mut section;
    let mut made = Service::default();
    let service = &mut made;
    if section.has("triggers") {
        jobs::leave_out(section);
    }
    jobs::triggers(section, service);
    let mut variables = Variables::of(context, name);
    process::image(context, name, section, service);
    process::environment(context, section, &mut variables, service);
    (service.entrypoint, service.command) = process::command(context, section, &mut variables);
    process::settings(context, section, service);
    health::health(context, section, &mut variables, service);
    deploy::deploy(section, service);
    ports::ports(context, section, service);
    networks::networks(context, name, section, service);
    security::security(context, section, service);
    hooks::hooks(context, section, &mut variables, service);
    service.environment_from = variables.into_from();
    mounts::mounts(context, section, service);
    volumes::volumes(context, name, section, service);
    for (other, value) in section.take("depends_on").map(Value::entries).unwrap_or_default() {
        let dependency = dependency(check(context, other), value.section());
        service.depends_on.insert(context.names.service(other), dependency);
    }
    loader_only(section);
    settings::service(section, service);
    section.finish();
    made
}

/// Attributes that the loader has resolved. Their values are elsewhere in the tree.
fn loader_only(section: &mut Section<'_>) {
    for key in ["extends", "env_file", "label_file"] {
        section.take(key).map(Value::mapped);
    }
}

/// The source of a service's health check.
#[derive(Clone, Copy, PartialEq)]
enum Check {
    /// The project.
    Own,
    /// The image, if it has one. The operator reads the image metadata.
    InTheImage,
    /// None.
    None,
}

fn check(context: &Context<'_>, service: &str) -> Check {
    let setting =
        context.project.tree.get("x-stackwright").and_then(|settings| settings.get("imageMetadata"));
    let of_image =
        if setting.and_then(Node::as_str) == Some("Ignore") { Check::None } else { Check::InTheImage };
    let Some(check) = context.project.service(service).and_then(|node| node.get("healthcheck")) else {
        return of_image;
    };
    let test = check.get("test").and_then(Node::as_list).unwrap_or_default();
    match test.first().and_then(Node::as_str) {
        _ if check.get("disable").and_then(Node::as_bool) == Some(true) => Check::None,
        Some("NONE") => Check::None,
        Some(_) => Check::Own,
        None => of_image,
    }
}

fn dependency(check: Check, mut section: Section<'_>) -> Dependency {
    let condition = section.take("condition").and_then(|value| {
        let word = value.peek_text().unwrap_or_default();
        let condition = match word {
            "service_healthy" => Some(DependencyCondition::ServiceHealthy),
            "service_completed_successfully" => Some(DependencyCondition::ServiceCompletedSuccessfully),
            _ => None,
        };
        if condition == Some(DependencyCondition::ServiceHealthy) {
            match check {
                Check::Own => {}
                Check::InTheImage => section.remark("condition", &rules::IMAGE_HEALTH_CHECK, ""),
                Check::None => {
                    value.judged(&rules::DEPENDENCY_WITHOUT_HEALTH_CHECK);
                    return None;
                }
            }
        }
        if condition.is_some() || matches!(word, "service_started" | "") {
            value.mapped();
        } else {
            value.judged(&rules::UNKNOWN_SETTING_VALUE);
        }
        condition
    });
    let made = Dependency {
        condition,
        required: section.bool("required").filter(|required| !required),
        restart: section.bool("restart").filter(|restart| *restart),
    };
    section.rest();
    made
}

/// Removes the services of a provider, which have nothing to run.
pub fn without_image(services: &mut BTreeMap<String, Service>) {
    services.retain(|_, service| !service.image.is_empty());
    let there: Vec<String> = services.keys().cloned().collect();
    for service in services.values_mut() {
        service.depends_on.retain(|other, _| there.contains(other));
    }
}

/// Adds the aliases of links to the linked services.
pub fn aliases(context: &mut Context<'_>, services: &mut BTreeMap<String, Service>) {
    for alias in std::mem::take(&mut context.aliases) {
        let Some(service) = services.get_mut(&alias.service) else { continue };
        let has = service.networks.values().any(|place| place.aliases.contains(&alias.name));
        if has || service.container_name.as_ref() == Some(&alias.name) || service.network_mode.is_some() {
            continue;
        }
        if service.networks.is_empty() {
            service.networks.insert("default".to_owned(), crate::api::ServiceNetwork::default());
        }
        if let Some(place) = service.networks.values_mut().next() {
            place.aliases.push(alias.name);
        }
    }
}
