//! Programs that end before a container starts -> init containers.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVar, SecurityContext};

use crate::{
    api::{PreStart, PullPolicy},
    translate::{names::pod_volume, resolve::ResolvedService},
};

/// The init containers of a service, in the order in which they run.
pub(super) fn pre_start(service: &ResolvedService<'_>) -> Option<Vec<Container>> {
    let hooks = service.spec.pre_start.iter().zip(&service.pre_start_users).enumerate();
    let containers: Vec<_> =
        hooks.map(|(index, (hook, user))| container(service, hook, *user, index)).collect();
    (!containers.is_empty()).then_some(containers)
}

fn container(
    service: &ResolvedService<'_>,
    hook: &PreStart,
    user: Option<(i64, Option<i64>)>,
    index: usize,
) -> Container {
    let privileged = hook.privileged.filter(|&yes| yes);
    Container {
        name: pod_volume(service.name, &format!("pre-start-{index}")),
        image: Some(hook.image.clone().unwrap_or_else(|| service.spec.image.clone())),
        image_pull_policy: Some(pull_policy(service.spec.pull_policy).to_owned()),
        command: hook.entrypoint.clone(),
        args: (!hook.command.is_empty()).then(|| hook.command.clone()),
        env: Some(environment(service, &hook.environment)),
        working_dir: hook.working_dir.clone(),
        volume_mounts: Some(service.mounts.mounts.values().cloned().collect()),
        security_context: (privileged.is_some() || user.is_some()).then(|| SecurityContext {
            privileged,
            run_as_user: user.map(|(user, _)| user),
            run_as_group: user.and_then(|(_, group)| group),
            ..SecurityContext::default()
        }),
        ..Container::default()
    }
}

/// The service's variables, and the hook's own, which win.
fn environment(service: &ResolvedService<'_>, own: &BTreeMap<String, crate::api::Text>) -> Vec<EnvVar> {
    let inherited = service.environment.iter().filter(|variable| !own.contains_key(&variable.name)).cloned();
    let own = own.iter().map(|(name, value)| EnvVar {
        name: name.clone(),
        value: Some(value.0.clone()).filter(|value| !value.is_empty()),
        value_from: None,
    });
    inherited.chain(own).collect()
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
