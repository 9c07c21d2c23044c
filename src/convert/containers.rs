//! Texts with container names that Compose generates: `PROJECT-SERVICE-1`, and `PROJECT_SERVICE_1` of Compose v1.

use std::collections::{BTreeMap, BTreeSet};

use compose_loader::Node;

use super::answers::{Answer, Way, replicas};
use super::context::{Alias, Context, first_place, texts_at, with_addresses};
use super::reader::pointer;
use crate::rules;
use crate::text::addresses::addresses;
use crate::text::validation::is_service_name;

/// Adds the generated container name as an alias to a service with one container if a text uses the name. Lists the
/// texts with names that no service can have.
pub fn containers(context: &mut Context<'_>) {
    let containers = Containers::of(context);
    let mut hosts = BTreeSet::new();
    let mut aliases = BTreeSet::new();
    for (at, node) in with_addresses(context.project) {
        texts_at(node, &at, &mut |text, node, at| {
            for host in addresses(text).map(|address| address.host.to_lowercase()) {
                let Some(service) = containers.service(&host) else { continue };
                let name = context.names.service(service);
                if containers.answers(context, service, &host) {
                    let detail = format!("'{host}' is the container of '{service}': write '{name}'");
                    context.log.remark(&rules::GENERATED_NAME_OF_ONE, at, node.place, detail);
                    aliases.insert((name, host.clone()));
                } else {
                    let detail = format!("'{host}' is a container of '{service}': write '{name}'");
                    context.log.remark(&rules::GENERATED_NAME, at, node.place, detail);
                }
                hosts.insert(host);
            }
        });
    }
    // A file has no place in the Compose file, so the entry is at the service.
    let maps = context.objects.config_maps.iter();
    let files = maps.flat_map(|(map, data)| data.values().map(move |file| (map, file)));
    for (map, text) in files.filter_map(|(map, file)| Some((map, std::str::from_utf8(file).ok()?))) {
        for host in addresses(text).map(|address| address.host.to_lowercase()) {
            let Some(service) = containers.service(&host).filter(|_| hosts.insert(host.clone())) else {
                continue;
            };
            let (at, name) = (pointer(["services", service, "networks"]), context.names.service(service));
            let place = context.project.service(service).map(first_place).unwrap_or_default();
            let detail = format!("a file of the ConfigMap '{map}' contains '{host}': write '{name}'");
            if containers.answers(context, service, &host) {
                context.log.remark(&rules::GENERATED_NAME_OF_ONE, &at, place, detail);
                aliases.insert((name, host));
            } else {
                context.log.remark(&rules::GENERATED_NAME, &at, place, detail);
            }
        }
    }
    context.aliases.extend(aliases.into_iter().map(|(service, name)| Alias { service, name }));
}

/// The services whose containers have generated names.
struct Containers<'a> {
    project: String,
    /// The service and the number of its containers, by service name in lower case.
    services: BTreeMap<String, (&'a str, Option<i64>)>,
}

impl<'a> Containers<'a> {
    fn of(context: &Context<'a>) -> Self {
        let made =
            |service: &Node| service.get("container_name").is_none() && service.get("network_mode").is_none();
        let services = context.project.services().filter(|(_, service)| made(service));
        let services =
            services.map(|(name, service)| (name.to_lowercase(), (name, replicas(service)))).collect();
        Self { project: context.project.name.to_lowercase(), services }
    }

    /// Returns the service with this container name.
    fn service(&self, host: &str) -> Option<&'a str> {
        let rest = host.strip_prefix(&self.project)?;
        let between = rest.chars().next().filter(|c| matches!(c, '-' | '_'))?;
        let (service, number) = rest[1..].rsplit_once(between)?;
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        self.services.get(service).filter(|_| is_number).map(|(name, _)| *name)
    }

    /// Reports whether the service can have the name on a cluster.
    fn answers(&self, context: &Context<'_>, service: &str, host: &str) -> bool {
        let is_single =
            self.services.get(&service.to_lowercase()).is_some_and(|(_, count)| *count == Some(1));
        is_single
            && host.ends_with("-1")
            && is_service_name(host)
            && context.answers.answer(host, service, Way::Container) == Answer::Same
    }
}
