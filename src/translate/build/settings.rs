//! A service's own settings -> fields of its pod.

use k8s_openapi::api::core::v1::{LocalObjectReference, PodSecurityContext, PodSpec, SeccompProfile, Sysctl};

use super::pre_start;
use crate::translate::resolve::ResolvedService;

/// Adds what a service says of its pod.
pub(super) fn add(spec: &mut PodSpec, service: &ResolvedService<'_>) {
    let settings = &service.settings;
    let on = |is: bool| is.then_some(true);
    let secret = |name: &String| LocalObjectReference { name: name.clone() };
    let sysctl = |(name, value): (&String, &String)| Sysctl { name: name.clone(), value: value.clone() };
    spec.host_network = on(settings.host.network);
    // From the node's network, names of the cluster are found only if that is asked for.
    spec.dns_policy = settings.host.network.then(|| "ClusterFirstWithHostNet".to_owned());
    spec.dns_config = Some(settings.resolver.clone());
    spec.host_aliases = Some(settings.host_aliases.clone());
    spec.host_ipc = on(settings.host.ipc);
    spec.host_pid = on(settings.host.pid);
    // The pod's own first process reaps orphans, and the program is not process 1.
    spec.share_process_namespace = on(settings.has_init);
    spec.host_users = settings.security.own_users.then_some(false);
    spec.node_selector = (!settings.node_selector.is_empty()).then(|| settings.node_selector.clone());
    spec.runtime_class_name.clone_from(&service.spec.runtime);
    spec.image_pull_secrets = Some(settings.pull_secrets.iter().map(secret).collect());
    spec.init_containers = Some(pre_start::containers(service));
    spec.security_context = Some(PodSecurityContext {
        // Docker's default.
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
        sysctls: Some(settings.sysctls.iter().map(sysctl).collect()),
        supplemental_groups: Some(settings.security.groups.clone()),
        ..PodSecurityContext::default()
    });
}
