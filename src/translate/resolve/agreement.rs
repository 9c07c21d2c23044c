//! Agreement of the services of a Pod on the settings that a Pod has once.

use std::collections::BTreeMap;

use super::{
    kind::Restart,
    ports::KnownPort,
    security::UNMASKED_ON_HOST,
    service::{PodSettings, ServiceDraft},
    sharing::targets,
};
use crate::{
    api::{Mode, Reason},
    translate::{
        Activity, Kind,
        findings::{FieldPath, Findings},
    },
};

/// Returns the settings for all services of a Pod, and refuses services that set them differently. The first service names
/// the Pod.
pub(super) fn agree<'a>(
    lead: &ServiceDraft<'a>,
    others: &[&ServiceDraft<'a>],
    findings: &Findings,
) -> PodSettings<'a> {
    for other in others {
        let at = findings.service(other.own.name);
        refuse_disagreements(lead, other, &at);
        report_shared_unasked(lead, other, &at);
    }
    let pod: Vec<_> = [lead].into_iter().chain(others.iter().copied()).collect();
    report_conflicting_labels(&pod, findings);
    check_ports(&pod, findings);
    check_users(&pod, findings);
    let kind = kind(&pod, findings);
    let mut settings = PodSettings {
        kind,
        start_first: kind != Kind::StatefulSet && pod.iter().all(|service| service.pod.start_first),
        networks: pod.iter().flat_map(|service| &service.pod.networks).copied().collect(),
        only_internal: !lead.host.network
            && pod
                .iter()
                .filter(|service| !service.pod.networks.is_empty())
                .all(|service| service.pod.only_internal),
        placement: lead.pod.placement.clone(),
        workload_labels: lead.pod.workload_labels.clone(),
    };
    for other in others {
        settings.placement.join(&other.pod.placement);
        settings.workload_labels.join(&other.pod.workload_labels);
    }
    settings
}

/// Returns the kind of the workload for all services of a Pod.
fn kind(pod: &[&ServiceDraft<'_>], findings: &Findings) -> Kind {
    let has = |kind| pod.iter().any(|service| service.pod.kind == kind);
    if has(Kind::Job)
        && let Some(runs_on) = pod.iter().find(|service| service.pod.kind != Kind::Job)
    {
        for ends in pod.iter().filter(|service| service.pod.kind == Kind::Job) {
            let message = format!(
                "a one-shot cannot share a Pod with '{}', which is not a one-shot, because a Pod ends as a whole: \
                 give both the same 'restart', or make the one-shot a 'preStart' program of the service that waits \
                 for it",
                runs_on.own.name
            );
            findings.service(ends.own.name).child("restart").invalid(message);
        }
    }
    // The most restrictive kind is correct for all services.
    let all = [Kind::Job, Kind::DaemonSet, Kind::StatefulSet];
    all.into_iter().find(|&kind| has(kind)).unwrap_or(Kind::Deployment)
}

/// Refuses settings that two services of one Pod must not set differently.
fn refuse_disagreements(lead: &ServiceDraft<'_>, other: &ServiceDraft<'_>, at: &FieldPath<'_>) {
    let mode = |service: &ServiceDraft<'_>| {
        service.own.spec.deploy.as_ref().and_then(|deploy| deploy.mode).unwrap_or_default()
    };
    let tries = |service: &ServiceDraft<'_>| match service.own.restart {
        Restart::OnFailure(tries) => tries,
        _ => 0,
    };
    let both_once = lead.pod.kind == Kind::Job && other.pod.kind == Kind::Job;
    let differing = [
        ("deploy.replicas", lead.own.replicas != other.own.replicas && mode(lead) != Mode::Global),
        ("deploy.mode", mode(lead) != mode(other)),
        ("stopped", (lead.own.activity == Activity::Stopped) != (other.own.activity == Activity::Stopped)),
        ("restart", both_once && tries(lead) != tries(other)),
    ];
    let updates = |service: &ServiceDraft<'_>| {
        service.own.spec.deploy.as_ref().and_then(|deploy| deploy.update_config.clone())
    };
    for (field, _) in differing.into_iter().filter(|(_, differ)| *differ) {
        let message = format!(
            "'{}' shares the Pod and has another '{field}', and a Pod has one: set the same value for both",
            lead.own.name
        );
        at.child(field).invalid(message);
    }
    // A Pod has these fields once, with the values of the service that names it.
    let (mine, leads) = (other.own.spec, lead.own.spec);
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
            lead.own.name
        );
        at.child(field).invalid(message);
    }
    if shares_network(other) && !mine.networks.is_empty() {
        let message =
            format!("the service uses the network of '{}': move 'networks' to that service", lead.own.name);
        at.child("networks").invalid(message);
    }
}

/// Reports whether the service uses the network of another service.
fn shares_network(service: &ServiceDraft<'_>) -> bool {
    targets(service.own.spec).any(|(field, _)| field == "networkMode")
}

/// Reports the namespaces that services of a Pod share although the Stack does not ask for that.
fn report_shared_unasked(lead: &ServiceDraft<'_>, other: &ServiceDraft<'_>, at: &FieldPath<'_>) {
    for (field, target) in targets(other.own.spec) {
        let message = match field {
            "networkMode" => continue,
            "ipc" if shares_network(other) => continue,
            "pid" if shares_network(other) => format!(
                "all containers of the Pod of '{target}' share one process namespace, and no program is process 1"
            ),
            "pid" => format!(
                "the containers also share the network of '{}', all containers of the Pod share one process \
                 namespace, and no program is process 1",
                lead.own.name
            ),
            _ => {
                format!(
                    "the containers also share the network of '{}', because they are in one Pod",
                    lead.own.name
                )
            }
        };
        at.child(field).approximate(message);
    }
}

/// Reports the labels and annotations that services of one Pod set to different values.
fn report_conflicting_labels(pod: &[&ServiceDraft<'_>], findings: &Findings) {
    let mut first: BTreeMap<&String, (&str, &String)> = BTreeMap::new();
    for service in pod {
        let fields = [("labels", &service.own.spec.labels), ("annotations", &service.own.spec.annotations)];
        for (field, key, value) in
            fields.iter().flat_map(|(field, all)| all.iter().map(move |(key, value)| (field, key, value)))
        {
            if let Some((name, kept)) = first.get(key).filter(|(_, kept)| **kept != value.0) {
                let message = format!(
                    "a Pod has one value for each key: the value '{kept}' of '{name}', which shares the Pod, is used"
                );
                findings.service(service.own.name).key(field, key).approximate(message);
            }
        }
        for (key, value) in &service.own.labels.annotations {
            first.entry(key).or_insert((service.own.name, value));
        }
    }
}

/// Refuses two services of one Pod with the same port, because they share a network.
fn check_ports(pod: &[&ServiceDraft<'_>], findings: &Findings) {
    let mut taken = BTreeMap::new();
    for service in pod {
        let ports = service.own.spec.ports.iter().map(|port| (port.target, port.protocol, "ports"));
        let exposed = service.own.spec.expose.iter().map(|port| (port.port, port.protocol, "expose"));
        for (number, protocol, field) in ports.chain(exposed) {
            let Some(port) = KnownPort::of(number, protocol) else { continue };
            let other = *taken.entry(port).or_insert(service.own.name);
            if other != service.own.name {
                let message = format!(
                    "port {port} is also a port of '{other}', and both services share the network of one Pod: let one of \
                     the two listen on another port, or remove the duplicate"
                );
                findings.service(service.own.name).child(field).problem(Reason::PortClash, message);
            }
        }
    }
}

/// Refuses a user namespace of the Pod together with namespaces of the node.
fn check_users(pod: &[&ServiceDraft<'_>], findings: &Findings) {
    if pod.iter().any(|service| service.host.is_any()) {
        for service in pod.iter().filter(|service| service.own.security.is_unmasked()) {
            findings.service(service.own.name).child("securityOpt").invalid(UNMASKED_ON_HOST);
        }
    }
}
