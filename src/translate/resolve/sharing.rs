//! Services of one pod: those that share a network, IPC or processes by `service:<name>`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Problems, ResolvedService, Restart};
use crate::{
    api::{Mode, Service, StackSpec},
    translate::{
        Activity, Approximation, Kind, Reason,
        order::{Order, order},
    },
};

/// Which services share a pod.
#[derive(Debug, Default)]
pub(super) struct Sharing<'a> {
    /// The service that names the pod, by each service that is not alone in its pod.
    leads: BTreeMap<&'a str, &'a str>,
}

/// What a service shares with others: the field that says so, and whose it is.
pub(super) fn targets(service: &Service) -> impl Iterator<Item = (&'static str, &str)> {
    let fields = [("networkMode", &service.network_mode), ("ipc", &service.ipc), ("pid", &service.pid)];
    fields.into_iter().filter_map(|(field, value)| Some((field, value.as_deref()?.strip_prefix("service:")?)))
}

impl<'a> Sharing<'a> {
    /// The connected parts of the graph of who shares with whom. A pod is named by the service that
    /// the others point to: the first one that points to none.
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
                        "'{other}' is of no active profile, so there is nothing to share: add its profile to \
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
                "the services share with each other in a circle ({}), so none could be first: take one 'service:' out",
                cycle.join(" -> ")
            );
            problems.add(Reason::DependencyCycle, format!("spec.services.{}", cycle[0]), message);
        }
        let mut leads: BTreeMap<&str, &str> = BTreeMap::new();
        // Whoever is pointed to comes first, and joins what its pointers join to one.
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

    /// The service that names the pod of `service`.
    pub fn lead(&self, service: &'a str) -> &'a str {
        self.leads.get(service).copied().unwrap_or(service)
    }

    /// Whether a service is not alone in its pod.
    pub fn shares_pod(&self, service: &str) -> bool {
        self.leads.contains_key(service)
    }

    /// The services of each pod of several, the one that names it first.
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

/// Makes the services of each pod agree on what a pod has once, or says why they cannot.
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
        approximations.extend(labels_of_two_minds(&pod));
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

/// The one kind of workload for all services of a pod.
fn kind(pod: &[&ResolvedService<'_>], problems: &mut Problems) -> Kind {
    let has = |kind| pod.iter().any(|service| service.kind == kind);
    if has(Kind::Job)
        && let Some(runs_on) = pod.iter().find(|service| service.kind != Kind::Job)
    {
        for ends in pod.iter().filter(|service| service.kind == Kind::Job) {
            let message = format!(
                "it runs once and shares a pod with '{}', which is kept running: a pod ends as a whole, so give both the \
                 same 'restart', or make it a 'preStart' program of the service that waits for it",
                runs_on.name
            );
            problems.value(format!("spec.services.{}.restart", ends.name), message);
        }
    }
    // What is most careful for one is right for all.
    let all = [Kind::Job, Kind::DaemonSet, Kind::StatefulSet];
    all.into_iter().find(|&kind| has(kind)).unwrap_or(Kind::Deployment)
}

/// What two services of one pod may not say differently.
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
            "it shares a pod with '{}', which has another '{field}': a pod has one, so give both the same",
            lead.name
        );
        problems.value(format!("{path}.{field}"), message);
    }
    // A pod has these once, and they are the lead's.
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
            "it shares a pod with '{0}', and a pod has one '{field}': set it on '{0}' alone",
            lead.name
        );
        problems.value(format!("{path}.{field}"), message);
    }
    if shares_network(other) && !mine.networks.is_empty() {
        let message = format!(
            "it has the network of '{}': put that service on the networks, and take this out",
            lead.name
        );
        problems.value(format!("{path}.networks"), message);
    }
}

/// Whether the service asks for the network of another one.
pub(super) fn shares_network(service: &ResolvedService<'_>) -> bool {
    targets(service.spec).any(|(field, _)| field == "networkMode")
}

/// What the services of a pod share although they do not ask for it.
fn shared_unasked(lead: &ResolvedService<'_>, other: &ResolvedService<'_>) -> Vec<Approximation> {
    let mut found = Vec::new();
    for (field, target) in targets(other.spec) {
        let message = match field {
            "networkMode" => continue,
            "ipc" if shares_network(other) => continue,
            "pid" if shares_network(other) => format!(
                "every container of the pod of '{target}' sees the others' processes, and none of them is process 1"
            ),
            "pid" => format!(
                "the containers share the network of '{}' too, every one of the pod sees the others' processes, and none \
                 of them is process 1",
                lead.name
            ),
            _ => {
                format!("the containers share the network of '{}' too, since they are in one pod", lead.name)
            }
        };
        found.push(Approximation { path: format!("spec.services.{}.{field}", other.name), message });
    }
    found
}

/// Labels and annotations that services of one pod give other values than one before them.
fn labels_of_two_minds(pod: &[&ResolvedService<'_>]) -> Vec<Approximation> {
    let mut found = Vec::new();
    let mut first: BTreeMap<&String, (&str, &String)> = BTreeMap::new();
    for service in pod {
        let fields = [("labels", &service.spec.labels), ("annotations", &service.spec.annotations)];
        for (field, key, value) in
            fields.iter().flat_map(|(field, all)| all.iter().map(move |(key, value)| (field, key, value)))
        {
            if let Some((name, kept)) = first.get(key).filter(|(_, kept)| **kept != value.0) {
                let message = format!(
                    "the pod that it shares with '{name}' has it once, with that one's value '{kept}'"
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

/// Refuses two services of one pod that listen on one port: they have one network.
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
                    "port {port}/{} is the port of '{other}' already, and both are in one pod with one network: let one of \
                     the two listen on another port, or take it out where it is only repeated",
                    protocol.as_str()
                );
                problems.add(Reason::PortClash, format!("spec.services.{}.{field}", service.name), message);
            }
        }
    }
}

/// Refuses users of a pod's own beside what only the node's users may use.
fn check_users(pod: &[&ResolvedService<'_>], problems: &mut Problems) {
    if pod.iter().any(|service| service.host.is_any()) {
        for service in pod.iter().filter(|service| service.security.is_unmasked()) {
            problems.value(format!("spec.services.{}.securityOpt", service.name), UNMASKED_ON_HOST);
        }
    }
}

/// Why a container that uses the node's namespaces cannot see all of `/proc`.
pub(super) const UNMASKED_ON_HOST: &str = "systempaths=unconfined gives the pod users of its own, which may not use the node's network, processes or IPC: \
     take one of the two out";

/// The services that name pods whose containers see other processes than their own.
pub(super) fn seeing_others<'a>(services: &BTreeMap<&'a str, ResolvedService<'a>>) -> BTreeSet<&'a str> {
    let active = services.values().filter(|service| service.activity != Activity::Inactive);
    let seeing = active.filter(|it| it.spec.init == Some(true) || it.spec.pid.is_some());
    seeing.map(|service| service.lead).collect()
}

/// Whether the containers of the pod see each other's processes.
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
    fn services_that_share_are_one_pod_that_is_named_by_whom_they_point_to() {
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
    fn what_cannot_be_shared_is_refused() {
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
