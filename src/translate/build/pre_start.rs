//! Programs that end before a container starts -> init containers.

use k8s_openapi::api::core::v1::Container;

use super::container::{resources, security};
use crate::{
    api::PullPolicy,
    translate::{
        names::pod_volume,
        resolve::{Before, ResolvedService},
    },
};

/// The init containers of a service, in the order in which they run.
pub(super) fn pre_start(service: &ResolvedService<'_>) -> Vec<Container> {
    let programs = service.pre_start.iter().enumerate();
    programs.map(|(index, before)| container(service, before, index)).collect()
}

/// It is confined and limited as the service, but for the privileges and the user, which are its own.
fn container(service: &ResolvedService<'_>, before: &Before<'_>, index: usize) -> Container {
    let program = before.spec;
    let mut context = service.security.container.clone();
    context.privileged = program.privileged.filter(|&yes| yes);
    if context.privileged.is_some() {
        // Kubernetes takes no container that has all privileges and may gain none.
        context.allow_privilege_escalation = None;
    }
    Container {
        name: pod_volume(service.name, &format!("pre-start-{index}")),
        image: Some(program.image.clone().unwrap_or_else(|| service.spec.image.clone())),
        image_pull_policy: Some(pull_policy(service.spec.pull_policy).to_owned()),
        command: program.entrypoint.clone(),
        args: (!program.command.is_empty()).then(|| program.command.clone()),
        env: Some(before.environment.clone()),
        working_dir: program.working_dir.clone(),
        resources: resources(&service.resources),
        volume_mounts: Some(service.mounts.mounts.values().cloned().collect()),
        security_context: security(context, before.user),
        ..Container::default()
    }
}

/// When an image is pulled, in Kubernetes' words. Without a word of the Stack it is Compose's `missing`;
/// Kubernetes would pull `:latest` at every start.
pub(super) fn pull_policy(policy: Option<PullPolicy>) -> &'static str {
    match policy.unwrap_or_default() {
        PullPolicy::Missing => "IfNotPresent",
        PullPolicy::Always => "Always",
        PullPolicy::Never => "Never",
    }
}
