//! Builder of init containers for `preStart`.

use k8s_openapi::api::core::v1::Container;

use super::settings::{pull_policy, resources, security};
use crate::{
    text::names::pod_volume,
    translate::resolve::{Before, ResolvedService},
};

/// Builds the init containers of a service, in the order in which they run.
pub(super) fn pre_start(service: &ResolvedService<'_>) -> Vec<Container> {
    let programs = service.own.pre_start.iter().enumerate();
    programs.map(|(index, before)| container(service, before, index)).collect()
}

/// Builds an init container with the security settings and limits of the service. The privileges and the user are those of
/// the program.
fn container(service: &ResolvedService<'_>, before: &Before<'_>, index: usize) -> Container {
    let program = before.spec;
    let mut context = service.own.security.container.clone();
    context.privileged = program.privileged.filter(|&yes| yes);
    if context.privileged.is_some() {
        // Kubernetes refuses a privileged container without privilege escalation.
        context.allow_privilege_escalation = None;
    }
    Container {
        name: pod_volume(service.own.name, &format!("pre-start-{index}")),
        image: Some(program.image.clone().unwrap_or_else(|| service.own.spec.image.clone())),
        image_pull_policy: Some(pull_policy(service.own.spec.pull_policy).to_owned()),
        command: program.entrypoint.clone(),
        args: (!program.command.is_empty()).then(|| program.command.clone()),
        env: Some(before.environment.clone()),
        working_dir: program.working_dir.clone(),
        resources: resources(&service.own.resources),
        volume_mounts: Some(service.own.mounts.mounts.values().cloned().collect()),
        security_context: security(context, before.user),
        ..Container::default()
    }
}
