//! Services of one Pod: those that share a network, IPC or process namespace by `service:<name>`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Problems, ResolvedService, Restart};
use crate::{
    api::{Mode, Reason, Service, StackSpec},
    translate::{
        Activity, Approximation, Kind,
        order::{Order, order},
    },
};

/// The services that share a Pod.
#[derive(Debug, Default)]
pub(super) struct Sharing<'a> {
    /// The service that names the Pod, by each service that is not alone in its Pod.
    leads: BTreeMap<&'a str, &'a str>,
}

/// Returns the fields by which a service shares a namespace of another service, with the name of that service.
pub(super) fn targets(service: &Service) -> impl Iterator<Item = (&'static str, &str)> {
    let fields = [("networkMode", &service.network_mode), ("ipc", &service.ipc), ("pid", &service.pid)];
    fields.into_iter().filter_map(|(field, value)| Some((field, value.as_deref()?.strip_prefix("service:")?)))
}

impl<'a> Sharing<'a> {
    /// Returns the connected components of the graph of sharing services. The first service that refers to no other one
    /// names the Pod.
    pub fn of(spec: &'a StackSpec, is_inactive: impl Fn(&str) -> bool, problems: &mut Problems) -> Self {
        let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, service) in spec.services.iter().filter(|(name, _)| !is_inactive(name)) {
            for (field, other) in targets(service) {
                let path = format!("spec.services.{name}.{field}");
                if !spec.services.contains_key(other) {
                    let known = spec.services.keys().map(String::as_str).filter(|known| known != name);
                    let what = ("service", other, "spec.services");
                    problems.unknown(Reason::UnknownDependency, path, what, known);
                } else if is_inactive(other) {
                    let message = format!(
                        "'{other}' is not active, so it has no containers to share with: add its profile to \
                         spec.profiles, or give this service the same 'profiles'"
                    );
                    problems.value(path, message);
                } else {
                    needs.entry(name).or_default().push(other);
                    needs.entry(other).or_default();
                }
            }
        }
        let Order { names, cycles } = order(&needs);
        for cycle in cycles {
            let message = format!(
                "the services share with each other in a cycle ({}): remove one reference 'service:<name>'",
                cycle.join(" -> ")
            );
            problems.add(Reason::DependencyCycle, format!("spec.services.{}", cycle[0]), message);
        }
        let mut leads: BTreeMap<&str, &str> = BTreeMap::new();
        // A service comes after the services to which it refers, and joins their Pods to one.
        for name in names {
            let mut joined: BTreeSet<&str> =
                needs[name].iter().filter_map(|other| leads.get(other).copied()).collect();
            let lead = joined.pop_first().unwrap_or(name);
            for other in leads.values_mut().filter(|other| joined.contains(*other)) {
                *other = lead;
            }
            leads.insert(name, lead);
        }
        Self { leads }
    }

    /// Returns the service that names the Pod of `service`.
    pub fn lead(&self, service: &'a str) -> &'a str {
        self.leads.get(service).copied().unwrap_or(service)
    }

    /// Reports whether a service is not alone in its Pod.
    pub fn shares_pod(&self, service: &str) -> bool {
        self.leads.contains_key(service)
    }

    /// Returns the services of each Pod of several services. The service that names the Pod is the first.
    pub fn pods(&self) -> Vec<Vec<&'a str>> {
        let mut pods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, lead) in &self.leads {
            let members = pods.entry(lead).or_insert_with(|| vec![lead]);
            if name != lead {
                members.push(name);
            }
        }
        pods.into_values().collect()
    }
}

/// Reconciles the settings that a Pod has once, and refuses services of a Pod that set them differently.
pub(super) fn agree<'a>(
    sharing: &Sharing<'a>,
    services: &mut BTreeMap<&'a str, ResolvedService<'a>>,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) {
    for members in sharing.pods() {
        let pod: Vec<&ResolvedService<'_>> = members.iter().map(|name| &services[name]).collect();
        let Some((lead, others)) = pod.split_first() else { continue };
        for other in others {
            disagreements(lead, other, problems);
            approximations.extend(shared_unasked(lead, other));
        }
        approximations.extend(conflicting_labels(&pod));
        check_ports(&pod, problems);
        check_users(&pod, problems);
        let kind = kind(&pod, problems);
        let start_first = kind != Kind::StatefulSet && pod.iter().all(|service| service.start_first);
        let networks: BTreeSet<_> = pod.iter().flat_map(|service| &service.networks).copied().collect();
        let on_node = lead.host.network;
        let only_internal =
            !on_node && pod.iter().filter(|service| !service.networks.is_empty()).all(|it| it.only_internal);
        let mut placement = lead.placement.clone();
        others.iter().for_each(|other| placement.join(&other.placement));
        let labels: Vec<_> = pod.iter().map(|service| service.deploy_labels.clone()).collect();
        if let Some(lead) = members.first().and_then(|name| services.get_mut(name)) {
            labels.into_iter().for_each(|more| lead.deploy_labels.join(more));
        }
        for name in &members {
            if let Some(service) = services.get_mut(name) {
                service.kind = kind;
                service.start_first = start_first;
                service.networks.clone_from(&networks);
                service.only_internal = only_internal;
                service.host.network = on_node;
                service.placement.clone_from(&placement);
            }
        }
    }
}

/// Returns the kind of the workload for all services of a Pod.
fn kind(pod: &[&ResolvedService<'_>], problems: &mut Problems) -> Kind {
    let has = |kind| pod.iter().any(|service| service.kind == kind);
    if has(Kind::Job)
        && let Some(runs_on) = pod.iter().find(|service| service.kind != Kind::Job)
    {
        for ends in pod.iter().filter(|service| service.kind == Kind::Job) {
            let message = format!(
                "a one-shot cannot share a Pod with '{}', which is not a one-shot, because a Pod ends as a whole: \
                 give both the same 'restart', or make the one-shot a 'preStart' program of the service that waits \
                 for it",
                runs_on.name
            );
            problems.value(format!("spec.services.{}.restart", ends.name), message);
        }
    }
    // The most restrictive kind is correct for all services.
    let all = [Kind::Job, Kind::DaemonSet, Kind::StatefulSet];
    all.into_iter().find(|&kind| has(kind)).unwrap_or(Kind::Deployment)
}

/// Refuses settings that two services of one Pod must not set differently.
fn disagreements(lead: &ResolvedService<'_>, other: &ResolvedService<'_>, problems: &mut Problems) {
    let path = format!("spec.services.{}", other.name);
    let mode = |service: &ResolvedService<'_>| {
        service.spec.deploy.as_ref().and_then(|deploy| deploy.mode).unwrap_or_default()
    };
    let tries = |service: &ResolvedService<'_>| match service.restart {
        Restart::OnFailure(tries) => tries,
        _ => 0,
    };
    let both_once = lead.kind == Kind::Job && other.kind == Kind::Job;
    let differing = [
        ("deploy.replicas", lead.replicas != other.replicas && mode(lead) != Mode::Global),
        ("deploy.mode", mode(lead) != mode(other)),
        ("stopped", (lead.activity == Activity::Stopped) != (other.activity == Activity::Stopped)),
        ("restart", both_once && tries(lead) != tries(other)),
    ];
    let updates = |service: &ResolvedService<'_>| {
        service.spec.deploy.as_ref().and_then(|deploy| deploy.update_config.clone())
    };
    for (field, _) in differing.into_iter().filter(|(_, differ)| *differ) {
        let message = format!(
            "'{}' shares the Pod and has another '{field}', and a Pod has one: set the same value for both",
            lead.name
        );
        problems.value(format!("{path}.{field}"), message);
    }
    // A Pod has these fields once, with the values of the service that names it.
    let (mine, leads) = (other.spec, lead.spec);
    let of_the_pod = [
        ("hostname", mine.hostname.is_some() && mine.hostname != leads.hostname),
        ("domainname", mine.domainname.is_some() && mine.domainname != leads.domainname),
        ("dns", !mine.dns.is_empty() && mine.dns != leads.dns),
        ("dnsSearch", !mine.dns_search.is_empty() && mine.dns_search != leads.dns_search),
        ("dnsOpt", !mine.dns_opt.is_empty() && mine.dns_opt != leads.dns_opt),
        ("extraHosts", !mine.extra_hosts.is_empty() && mine.extra_hosts != leads.extra_hosts),
        ("sysctls", !mine.sysctls.is_empty() && mine.sysctls != leads.sysctls),
        ("groupAdd", !mine.group_add.is_empty() && mine.group_add != leads.group_add),
        ("networkMode", other.host.network && !lead.host.network),
        ("runtime", mine.runtime.is_some() && mine.runtime != leads.runtime),
        ("platform", mine.platform.is_some() && mine.platform != leads.platform),
        ("deploy.updateConfig", updates(other).is_some() && updates(other) != updates(lead)),
    ];
    for (field, _) in of_the_pod.into_iter().filter(|(_, differ)| *differ) {
        let message = format!(
            "'{0}' shares the Pod, and a Pod has one '{field}': set '{field}' only for '{0}'",
            lead.name
        );
        problems.value(format!("{path}.{field}"), message);
    }
    if shares_network(other) && !mine.networks.is_empty() {
        let message =
            format!("the service uses the network of '{}': move 'networks' to that service", lead.name);
        problems.value(format!("{path}.networks"), message);
    }
}

/// Reports whether the service uses the network of another service.
pub(super) fn shares_network(service: &ResolvedService<'_>) -> bool {
    targets(service.spec).any(|(field, _)| field == "networkMode")
}

/// Returns the namespaces that services of a Pod share although the Stack does not ask for that.
fn shared_unasked(lead: &ResolvedService<'_>, other: &ResolvedService<'_>) -> Vec<Approximation> {
    let mut found = Vec::new();
    for (field, target) in targets(other.spec) {
        let message = match field {
            "networkMode" => continue,
            "ipc" if shares_network(other) => continue,
            "pid" if shares_network(other) => format!(
                "all containers of the Pod of '{target}' share one process namespace, and no program is process 1"
            ),
            "pid" => format!(
                "the containers also share the network of '{}', all containers of the Pod share one process \
                 namespace, and no program is process 1",
                lead.name
            ),
            _ => {
                format!(
                    "the containers also share the network of '{}', because they are in one Pod",
                    lead.name
                )
            }
        };
        found.push(Approximation { path: format!("spec.services.{}.{field}", other.name), message });
    }
    found
}

/// Returns the labels and annotations that services of one Pod set to different values.
fn conflicting_labels(pod: &[&ResolvedService<'_>]) -> Vec<Approximation> {
    let mut found = Vec::new();
    let mut first: BTreeMap<&String, (&str, &String)> = BTreeMap::new();
    for service in pod {
        let fields = [("labels", &service.spec.labels), ("annotations", &service.spec.annotations)];
        for (field, key, value) in
            fields.iter().flat_map(|(field, all)| all.iter().map(move |(key, value)| (field, key, value)))
        {
            if let Some((name, kept)) = first.get(key).filter(|(_, kept)| **kept != value.0) {
                let message = format!(
                    "a Pod has one value for each key: the value '{kept}' of '{name}', which shares the Pod, is used"
                );
                let path = format!("spec.services.{}.{field}.{key}", service.name);
                found.push(Approximation { path, message });
            }
        }
        for (key, value) in &service.labels.annotations {
            first.entry(key).or_insert((service.name, value));
        }
    }
    found
}

/// Refuses two services of one Pod with the same port, because they share a network.
fn check_ports(pod: &[&ResolvedService<'_>], problems: &mut Problems) {
    let mut taken = BTreeMap::new();
    for service in pod {
        let ports = service.spec.ports.iter().map(|port| (port.target, port.protocol, "ports"));
        let exposed = service.spec.expose.iter().map(|port| (port.port, port.protocol, "expose"));
        for (port, protocol, field) in ports.chain(exposed) {
            let protocol = protocol.unwrap_or_default();
            let other = *taken.entry((port, protocol)).or_insert(service.name);
            if other != service.name {
                let message = format!(
                    "port {port}/{} is also a port of '{other}', and both services share the network of one Pod: let \
                     one of the two listen on another port, or remove the duplicate",
                    protocol.as_str()
                );
                problems.add(Reason::PortClash, format!("spec.services.{}.{field}", service.name), message);
            }
        }
    }
}

/// Refuses a user namespace of the Pod together with namespaces of the node.
fn check_users(pod: &[&ResolvedService<'_>], problems: &mut Problems) {
    if pod.iter().any(|service| service.host.is_any()) {
        for service in pod.iter().filter(|service| service.security.is_unmasked()) {
            problems.value(format!("spec.services.{}.securityOpt", service.name), UNMASKED_ON_HOST);
        }
    }
}

/// The message for `systempaths=unconfined` together with namespaces of the node.
pub(super) const UNMASKED_ON_HOST: &str = "systempaths=unconfined requires a user namespace of the Pod, which \
                                           Kubernetes does not support together with the network, processes or IPC \
                                           of the node: remove one of the two";

/// Returns the services that name Pods whose containers see processes of other containers.
pub(super) fn seeing_others<'a>(services: &BTreeMap<&'a str, ResolvedService<'a>>) -> BTreeSet<&'a str> {
    let active = services.values().filter(|service| service.activity != Activity::Inactive);
    let seeing = active.filter(|it| it.spec.init == Some(true) || it.spec.pid.is_some());
    seeing.map(|service| service.lead).collect()
}

/// Reports whether the service shares the process namespace of another service.
pub(in crate::translate) fn shares_processes(service: &Service) -> bool {
    targets(service).any(|(field, _)| field == "pid")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pods of services that are written as `name:target,target`.
    fn pods(services: &str) -> String {
        let mut spec = StackSpec::default();
        for (name, targets) in services.split_whitespace().filter_map(|service| service.split_once(':')) {
            let mut targets =
                targets.split(',').filter(|it| !it.is_empty()).map(|it| format!("service:{it}"));
            let (network_mode, ipc, pid) = (targets.next(), targets.next(), targets.next());
            let service = Service { network_mode, ipc, pid, ..Service::default() };
            spec.services.insert(name.to_owned(), service);
        }
        let mut problems = Problems::default();
        let sharing = Sharing::of(&spec, |name| name.starts_with('-'), &mut problems);
        match problems.into_result() {
            Ok(()) => sharing.pods().iter().map(|pod| pod.join("+")).collect::<Vec<_>>().join(" "),
            Err(invalid) => invalid.problems[0].reason.as_str().to_owned(),
        }
    }

    #[test]
    fn sharing_services_are_one_pod_with_the_name_of_the_service_they_refer_to() {
        for (services, expected) in [
            ("a: b:", ""),
            ("a:b b:", "b+a"),
            ("a:b b:c c: d:", "c+a+b"),
            ("a:z b:z z:", "z+a+b"),
            ("a:y,z y: z:", "y+a+z"),
            ("a:z b:y,z y: z: c:x x:", "x+c y+a+b+z"),
            ("a:b,b,b b:", "b+a"),
            ("-a:ghost", ""),
        ] {
            assert_eq!(pods(services), expected, "{services}");
        }
    }

    #[test]
    fn circles_and_unknown_or_inactive_targets_are_refused() {
        for (services, expected) in [
            ("a:b b:a", "DependencyCycle"),
            ("a:a", "DependencyCycle"),
            ("a:ghost", "UnknownDependency"),
            ("a:-b -b:", "InvalidValue"),
        ] {
            assert_eq!(pods(services), expected, "{services}");
        }
    }
}
