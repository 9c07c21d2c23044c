//! Restarts of services without a volume.

use crate::api::StackSpec;
use crate::convert::context::Context;
use crate::convert::reader::pointer;
use crate::rules;

/// Adds one entry for the whole project, at the first service. The entry names all such services.
pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    let mut services = Vec::new();
    let mut first = None;
    for (service, node) in context.project.services() {
        let Some(made) = spec.services.get(&context.names.service(service)) else { continue };
        let restarts = made.restart.as_deref().is_some_and(|word| word != "no");
        if !restarts || !made.volumes.is_empty() || made.read_only == Some(true) {
            continue;
        }
        services.push(service);
        let policy = || Some(("/deploy/restart_policy", node.get("deploy")?.get("restart_policy")?.place));
        let said = node.get("restart").map(|word| ("/restart", word.place)).or_else(policy);
        first = first.or(said.map(|(key, place)| (pointer(["services", service]) + key, place)));
    }
    if let Some((at, place)) = first {
        context.log.remark(&rules::LOST_CONTAINER_FILES, &at, place, services.join(", "));
    }
}
