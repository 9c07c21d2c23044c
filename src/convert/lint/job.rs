//! Services that become Jobs, perhaps unintentionally.

use std::collections::BTreeSet;

use compose_loader::{Node, Place};

use crate::api::StackSpec;
use crate::convert::context::Context;
use crate::convert::reader::pointer;
use crate::rules;
use crate::translate::one_shots_by_default;

pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    let by_default: BTreeSet<&str> = one_shots_by_default(spec).into_iter().collect();
    let waited_for = waited_for(context);
    for (service, node) in context.project.services() {
        let name = context.names.service(service);
        let Some(made) = spec.services.get(&name) else { continue };
        let at = pointer(["services", service, "restart"]);
        if by_default.contains(&*name) {
            let replicas = made.deploy.as_ref().and_then(|deploy| deploy.replicas).unwrap_or(1);
            let detail = if replicas > 1 { format!("{replicas} replicas") } else { String::new() };
            context.log.remark(&rules::JOB_BY_DEFAULT, &at, key_place(context, service), detail);
            continue;
        }
        let ends = made.restart.as_deref().filter(|word| *word == "no" || word.starts_with("on-failure"));
        let serves = !made.ports.is_empty();
        if let Some(word) = ends.filter(|_| serves && !waited_for.contains(service)) {
            let policy = || node.get("deploy")?.get("restart_policy");
            let (at, place) = match node.get("restart") {
                Some(word) if policy().is_none() => (at, word.place),
                _ => {
                    let at = pointer(["services", service, "deploy", "restart_policy"]);
                    (at, policy().map_or(Place::NONE, |policy| policy.place))
                }
            };
            context.log.remark(&rules::SERVER_AS_JOB, &at, place, format!("restart: {word}"));
        }
    }
}

/// Returns the services that others depend on with `service_completed_successfully`.
fn waited_for<'a>(context: &Context<'a>) -> BTreeSet<&'a str> {
    let dependencies = context.project.services().filter_map(|(_, node)| node.get("depends_on")?.as_map());
    let ended = |node: &Node| node.str_at("condition") == Some("service_completed_successfully");
    dependencies.flat_map(|map| map.iter()).filter(|(_, on)| ended(on)).map(|(name, _)| &**name).collect()
}

/// Returns the place of a service's name.
fn key_place(context: &Context<'_>, service: &str) -> Place {
    let services = context.project.tree.get("services").and_then(Node::as_map);
    services.and_then(|map| map.entry(service)).map_or(Place::NONE, |entry| entry.key)
}
