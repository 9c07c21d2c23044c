//! Programs that end before a service starts -> init containers.

use k8s_openapi::api::core::v1::{Container, SecurityContext};

use super::container::{pull_policy, resources, security};
use crate::translate::resolve::{PreStart, ResolvedService};

/// The init containers of a service, in their order, with its mounts and within its limits.
pub(super) fn containers(service: &ResolvedService<'_>) -> Vec<Container> {
    let programs = service.settings.hooks.pre_start.iter().enumerate();
    programs.map(|(index, program)| container(service, index, program)).collect()
}

fn container(service: &ResolvedService<'_>, index: usize, program: &PreStart<'_>) -> Container {
    let spec = program.spec;
    Container {
        // It begins with a digit, which no service's name does.
        name: format!("{index}-pre-start"),
        image: Some(spec.image.as_ref().unwrap_or(&service.spec.image).clone()),
        image_pull_policy: Some(pull_policy(service.spec)),
        command: Some(spec.command.clone()),
        env: Some(program.environment.clone()),
        working_dir: spec.working_dir.clone(),
        resources: resources(&service.resources),
        volume_mounts: Some(service.mounts.mounts.values().cloned().collect()),
        security_context: security(&confined(service, spec.privileged == Some(true)), program.user),
        ..Container::default()
    }
}

/// What the service may do, but for the privileges, which each program is given for itself.
fn confined(service: &ResolvedService<'_>, is_privileged: bool) -> SecurityContext {
    let mut context = service.settings.security.container.clone();
    context.privileged = is_privileged.then_some(true);
    if is_privileged {
        // Kubernetes takes no container that has all privileges and may gain none.
        context.allow_privilege_escalation = None;
    }
    context
}
