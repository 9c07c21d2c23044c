//! What a service says of its pod and its container that concerns no other service: one file for each
//! subject. What is said beside the values (approximations, powers over the node) counts only while the
//! service is on the cluster, so it is kept until that is known.

mod capabilities;
mod devices;
mod extra_hosts;
mod hooks;
mod host;
mod platform;
mod resolver;
mod security;
mod security_opt;
mod shm;
mod signal;
mod sysctls;

use std::{collections::BTreeMap, fmt::Display};

use k8s_openapi::api::core::v1::{HostAlias, PodDNSConfig};

use super::{Mounts, Problems, ResolvedService};
use crate::{
    api::{Service, StackSpec},
    translate::{Activity, Approximation, Facts, Power},
};

pub(in crate::translate) use hooks::PreStart;
pub(in crate::translate) use host::{Host, is_cut_off, is_on_host};
pub(in crate::translate) use security::Security;
pub(in crate::translate) use signal::Signal;

/// What a service says of its pod and its container.
pub(in crate::translate) struct Settings<'a> {
    /// What a node must be.
    pub node_selector: BTreeMap<String, String>,
    /// Which namespaces of the node it uses.
    pub host: Host,
    /// Whether something else than the program is process 1.
    pub has_init: bool,
    pub resolver: PodDNSConfig,
    pub host_aliases: Vec<HostAlias>,
    /// Kernel parameters of the pod by name, ours among them.
    pub sysctls: BTreeMap<String, String>,
    pub security: Security,
    pub hooks: hooks::Hooks<'a>,
    /// The Secrets with which images are pulled.
    pub pull_secrets: &'a [String],
    approximations: Vec<Approximation>,
    powers: Vec<(String, Power)>,
}

/// Reads the settings, and adds what they mount to `mounts`.
pub(super) fn settings<'a>(
    spec: &'a StackSpec,
    service: &'a Service,
    path: &str,
    mounts: &mut Mounts<'a>,
    problems: &mut Problems,
) -> Settings<'a> {
    let mut remarks = Remarks { path, problems, approximations: Vec::new(), powers: Vec::new() };
    let host = host::host(service, &mut remarks);
    platform::check_runtime(service, &mut remarks);
    if service.storage_size.is_some() {
        remarks.approximate(
            "storageSize",
            "a container that has written more, its logs and temporary folders counted, is ended with its pod and made \
             anew, where Docker refuses what is written beyond",
        );
    }
    shm::mount(service, &host, mounts, &mut remarks);
    devices::mount(service, mounts, &mut remarks);
    Settings {
        node_selector: platform::node_selector(service, &mut remarks),
        // The node's processes have an init already.
        has_init: service.init == Some(true) && !host.pid,
        resolver: resolver::resolver(service, &mut remarks),
        host_aliases: extra_hosts::host_aliases(service, &mut remarks),
        sysctls: sysctls::sysctls(service, &host, &mut remarks),
        security: security::security(service, &host, &mut remarks),
        hooks: hooks::hooks(service, &mut remarks),
        pull_secrets: &spec.image_pull_secrets,
        host,
        approximations: remarks.approximations,
        powers: remarks.powers,
    }
}

/// Says what is to be said of the settings of a service that is on the cluster: what differs, and
/// which powers it uses that the namespace does not allow.
pub(super) fn report(
    service: &ResolvedService<'_>,
    namespace: Option<&str>,
    facts: &Facts,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) {
    if service.activity == Activity::Inactive {
        return;
    }
    approximations.extend(service.settings.approximations.iter().cloned());
    for (path, power) in &service.settings.powers {
        if !facts.powers.allows(*power) {
            problems.not_allowed(path, *power, namespace);
        }
    }
}

/// What is said of a service's settings beside their values.
struct Remarks<'p> {
    path: &'p str,
    problems: &'p mut Problems,
    approximations: Vec<Approximation>,
    powers: Vec<(String, Power)>,
}

impl Remarks<'_> {
    /// A value that cannot be used as it is.
    fn refuse(&mut self, field: impl Display, message: impl Into<String>) {
        self.problems.value(format!("{}.{field}", self.path), message);
    }

    /// What differs from Compose, and why.
    fn approximate(&mut self, field: impl Display, message: impl Into<String>) {
        let path = format!("{}.{field}", self.path);
        self.approximations.push(Approximation { path, message: message.into() });
    }

    /// A power over the node that a field uses.
    fn uses(&mut self, field: impl Display, power: Power) {
        self.powers.push((format!("{}.{field}", self.path), power));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a service, one line for each remark: `-` a problem, `~` an approximation, `!` a
    /// power; and the settings.
    pub(super) fn read(service: &Service) -> (Settings<'_>, Vec<String>) {
        let (spec, mut problems, mut mounts) = (StackSpec::default(), Problems::default(), Mounts::default());
        let spec: &'static StackSpec = Box::leak(Box::new(spec));
        let settings = settings(spec, service, "s", &mut mounts, &mut problems);
        let refused = problems.into_result().err().map(|invalid| invalid.problems).unwrap_or_default();
        let refused = refused.into_iter().map(|problem| format!("- {}", problem.path));
        let said = settings.approximations.iter().map(|it| format!("~ {}", it.path));
        let powers = settings.powers.iter().map(|(path, power)| format!("! {path} {}", power.as_str()));
        let remarks = refused.chain(said).chain(powers).collect();
        (settings, remarks)
    }

    pub(super) fn service(value: serde_json::Value) -> Service {
        let mut service = value;
        service["image"] = "app".into();
        serde_json::from_value(service).unwrap()
    }
}
