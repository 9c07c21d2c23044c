//! Services of one Pod: those that share a network, IPC or process namespace by `service:<name>`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    api::{Reason, Service, StackSpec},
    translate::{
        findings::Findings,
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
    pub fn of(spec: &'a StackSpec, is_inactive: impl Fn(&str) -> bool, findings: &Findings) -> Self {
        let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, service) in spec.services.iter().filter(|(name, _)| !is_inactive(name)) {
            let at = findings.service(name);
            for (field, other) in targets(service) {
                let at = at.child(field);
                if !spec.services.contains_key(other) {
                    let known = spec.services.keys().map(String::as_str).filter(|known| known != name);
                    let what = ("service", other, "spec.services");
                    at.unknown(Reason::UnknownDependency, what, known);
                } else if is_inactive(other) {
                    let message = format!(
                        "'{other}' is not active, so it has no containers to share with: add its profile to \
                         spec.profiles, or give this service the same 'profiles'"
                    );
                    at.invalid(message);
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
            findings.service(cycle[0]).problem(Reason::DependencyCycle, message);
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
        let findings = Findings::default();
        let sharing = Sharing::of(&spec, |name| name.starts_with('-'), &findings);
        match findings.check() {
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
