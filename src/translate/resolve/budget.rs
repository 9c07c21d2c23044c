//! Checks of the [`Limits`] before objects are built.
//!
//! Counts that depend only on the spec are checked before resolution, and the others after it. The memory is an upper
//! bound, which `tests/limits` verifies by measurement.

mod estimate;
mod gauge;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    activity::is_inactive,
    resolved::Resolved,
    service::{ResolvedService, ServiceDraft},
    siblings::Siblings,
    volumes::{DeclaredVolume, Origin},
};
use crate::{
    api::{Reason, Service, StackSpec},
    translate::{
        Activity, Facts, Invalid, Kind, Limits,
        findings::{FieldPath, Findings},
        limits::Limit,
    },
};
use estimate::{OBJECT, files_of_volumes, of_service, of_volumes};
use gauge::Gauge;

/// The memory of a port of a Service.
const PORT: usize = 1 << 10;

/// The minimum number of objects of a service: a workload and a Service.
const OF_A_SERVICE: usize = 2;

/// The number of Services with the ports of a service, without those of its additional names: one for its name and one for
/// published ports.
const WITH_PORTS: usize = 2;

/// A count that is checked against a limit.
struct Count<'a> {
    limit: Limit,
    at: FieldPath<'a>,
    /// The subject and the verb of the message.
    who: &'a str,
    number: usize,
    /// The counted objects, with an explanation.
    what: &'a str,
}

/// The memory of each service of a Stack by name, and of everything else.
#[derive(Clone)]
pub(super) struct Memory<'a> {
    services: Vec<(&'a str, usize)>,
    others: usize,
}

/// Checks the limits that depend only on the spec.
///
/// # Errors
/// Fails if a limit is exceeded.
pub(super) fn check_spec<'a>(spec: &'a StackSpec, facts: &Facts) -> Result<Memory<'a>, Invalid> {
    let findings = Findings::default();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (name, service) in &spec.services {
        let own = further_names(service);
        let at = findings.service(name);
        let count = Count {
            limit: Limit::Names,
            at: at.child("networks"),
            who: "the service has",
            number: own.len(),
            what: "additional names, which become Services",
        };
        count.check(&facts.limits);
        if !is_inactive(service, spec) {
            names.extend(own);
            names.extend(service.external_links.keys().map(String::as_str));
        }
    }
    let active = || spec.services.values().filter(|service| !is_inactive(service, spec));
    let routes: usize = active().map(|service| service.ingress.len()).sum();
    let least = [active().count().saturating_mul(OF_A_SERVICE), names.len(), routes];
    check_objects(least.into_iter().fold(0, usize::saturating_add), "or more objects", facts, &findings);
    let shared = Gauge::of(&(&spec.networks, &spec.volumes, &spec.configs, &spec.secrets)).memory();
    let objects = [names.len(), spec.networks.len(), spec.volumes.len(), spec.configs.len()];
    let objects = objects.into_iter().fold(0, usize::saturating_add).saturating_mul(OBJECT);
    let files = files_of_volumes(spec);
    let services = spec.services.iter().map(|(name, service)| {
        let image = facts.images.get(name).map(|image| &image.config);
        (
            name.as_str(),
            of_service(spec, service, image.map(AsRef::as_ref)).saturating_add(of_volumes(&files, service)),
        )
    });
    let memory = Memory { services: services.collect(), others: shared.saturating_add(objects) };
    memory.check(facts, &findings);
    findings.check()?;
    Ok(memory)
}

/// Checks the ports of services, including those in addresses that other services use.
///
/// # Errors
/// Fails if a limit is exceeded.
pub(super) fn check_ports(
    spec: &StackSpec,
    siblings: &Siblings<'_>,
    facts: &Facts,
    memory: &Memory<'_>,
) -> Result<(), Invalid> {
    // Counting takes the time that the limit bounds, so a lower bound is checked first.
    check_dialled(spec, facts, memory.clone(), |service| siblings.least_dialled(service))?;
    check_dialled(spec, facts, memory.clone(), |service| siblings.count_dialled(service))
}

fn check_dialled(
    spec: &StackSpec,
    facts: &Facts,
    mut memory: Memory<'_>,
    dialled: impl Fn(&str) -> usize,
) -> Result<(), Invalid> {
    let findings = Findings::default();
    for ((name, service), (_, of_service)) in spec.services.iter().zip(&mut memory.services) {
        let dialled = dialled(name);
        check_known_ports(name, dialled, facts, &findings);
        let of_image = facts.images.get(name).map_or(0, |image| image.config.ports.len());
        let own = [service.ports.len(), service.expose.len(), of_image, dialled].into_iter().sum::<usize>();
        let frontends = further_names(service).len().saturating_add(WITH_PORTS);
        *of_service = of_service.saturating_add(own.saturating_mul(frontends).saturating_mul(PORT));
    }
    memory.check(facts, &findings);
    findings.check()
}

/// Checks the drafts of services.
///
/// # Errors
/// Fails if a limit is exceeded.
pub(super) fn check_services(
    volumes: &BTreeMap<&str, DeclaredVolume<'_>>,
    drafts: &BTreeMap<&str, ServiceDraft<'_>>,
    facts: &Facts,
) -> Result<(), Invalid> {
    let findings = Findings::default();
    let active = || drafts.values().filter(|service| service.own.activity != Activity::Inactive);
    for service in active() {
        check_known_ports(service.own.name, service.own.known_ports.len(), facts, &findings);
    }
    let anonymous: usize = active().map(|service| service.own.mounts.anonymous_claims.len()).sum();
    let named = volumes.values().filter(|volume| matches!(volume.origin, Origin::Claim(_))).count();
    let count = Count {
        limit: Limit::Claims,
        at: findings.root("spec"),
        who: "the Stack needs",
        number: named.saturating_add(anonymous),
        what: "claims for volumes",
    };
    count.check(&facts.limits);
    findings.check()
}

/// Checks the number of objects of a resolved Stack.
///
/// # Errors
/// Fails if a limit is exceeded.
pub(super) fn check(resolved: &Resolved<'_>, facts: &Facts) -> Result<(), Invalid> {
    let findings = Findings::default();
    check_objects(objects(resolved), "objects", facts, &findings);
    findings.check()
}

/// Returns the number of objects of a Stack.
pub(in crate::translate) fn objects(resolved: &Resolved<'_>) -> usize {
    let active = || resolved.services.values().filter(|service| service.own.activity != Activity::Inactive);
    let configs = resolved.stack.spec.configs.values().filter(|config| config.content.is_some()).count();
    let claims = resolved.volumes.values().filter(|volume| matches!(volume.origin, Origin::Claim(_))).count();
    let anonymous: usize = active().map(|service| service.own.mounts.anonymous_claims.len()).sum();
    let networks: BTreeSet<&str> =
        active().flat_map(|service| service.pod.networks.iter().copied()).collect();
    let frontends = |service: &ResolvedService<'_>| {
        let published = service.balanced_ports().next().is_some();
        let opened = service.opened_ports().next().is_some();
        let parts = [published, opened, service.pod.only_internal];
        1 + parts.into_iter().filter(|is_there| *is_there).count() + service.routes.len()
    };
    let leads = active().filter(|service| service.own.lead == service.own.name);
    let workloads = leads.filter(|lead| {
        lead.own.activity == Activity::Active || !matches!(lead.pod.kind, Kind::Job | Kind::DaemonSet)
    });
    [
        configs,
        claims,
        anonymous,
        networks.len(),
        resolved.names.services.len(),
        resolved.external_links.len(),
        active().map(frontends).sum(),
        workloads.count(),
    ]
    .into_iter()
    .fold(0, usize::saturating_add)
}

/// Returns the additional names of a service that become Services.
fn further_names(service: &Service) -> BTreeSet<&str> {
    let aliases = service.networks.values().flat_map(|network| &network.aliases);
    aliases.chain(&service.container_name).chain(&service.hostname).map(String::as_str).collect()
}

fn check_known_ports(service: &str, ports: usize, facts: &Facts, findings: &Findings) {
    let at = findings.service(service);
    let count = Count {
        limit: Limit::Ports,
        at: at.child("ports"),
        who: "the service has",
        number: ports,
        what: "ports, including those in addresses that other services use",
    };
    count.check(&facts.limits);
}

fn check_objects(objects: usize, what: &str, facts: &Facts, findings: &Findings) {
    let (at, who) = (findings.root("spec"), "the Stack needs");
    Count { limit: Limit::Objects, at, who, number: objects, what }.check(&facts.limits);
}

impl Memory<'_> {
    fn check(&self, facts: &Facts, findings: &Findings) {
        let sum = self.services.iter().map(|(_, memory)| *memory).fold(self.others, usize::saturating_add);
        let largest = self.services.iter().max_by_key(|(_, memory)| *memory);
        let what = match largest.filter(|(_, most)| *most > self.others) {
            Some((name, most)) => {
                format!("bytes of memory in the operator, {most} of them for '{name}'")
            }
            None => "bytes of memory in the operator".to_owned(),
        };
        let (at, who) = (findings.root("spec"), "the Stack needs");
        Count { limit: Limit::Memory, at, who, number: sum, what: &what }.check(&facts.limits);
    }
}

impl Count<'_> {
    fn check(self, limits: &Limits) {
        let most = self.limit.of(limits);
        if self.number <= most {
            return;
        }
        let remedy = match self.limit {
            Limit::Objects | Limit::Memory => "split the Stack into several",
            Limit::Claims => "split the Stack into several, or share volumes between services",
            Limit::Names | Limit::Ports => "remove unused ones",
        };
        let message = format!(
            "{} {} {}, and the limit is {most}: {remedy}, or ask the administrator of the operator to raise {}",
            self.who,
            self.number,
            self.what,
            self.limit.flag()
        );
        self.at.problem(Reason::TooLarge, message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        api::Stack,
        translate::{resolve::resolve, translate},
    };

    fn stack(web: Value) -> Stack {
        serde_json::from_value(json!({
            "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
            "spec": {
                "services": {"web": web, "client": {"image": "i", "restart": "always", "command": ["web:1 web:2 www:3"]}},
                "volumes": {"data": {}},
            },
        }))
        .unwrap()
    }

    /// A Stack of 3 names, 4 ports, 3 claims and 11 objects.
    fn full() -> Stack {
        stack(json!({
            "image": "i", "restart": "always", "ports": [{"target": 80}], "hostname": "host", "containerName": "box",
            "networks": {"default": {"aliases": ["www"]}},
            "volumes": [{"source": "data", "target": "/a"}, {"target": "/b"}, {"target": "/c"}],
        }))
    }

    #[test]
    fn each_limit_allows_what_it_says_and_refuses_one_more() {
        let stack = full();
        let with = |limits: Limits| Facts { limits, ..Facts::default() };
        let usual = Limits::default();
        let objects = translate(&stack, &Facts::default()).unwrap().names().len();
        let refusal = |memory: usize| translate(&stack, &with(Limits { memory, ..usual })).err();
        // The ports that are dialled are counted after the rest.
        let mut memory = 0;
        while let Some(invalid) = refusal(memory) {
            let number = invalid.message().split_whitespace().find_map(|word| word.parse().ok());
            memory = number.unwrap();
        }
        for (exact, less, told) in [
            (
                Limits { names: 3, ..usual },
                Limits { names: 2, ..usual },
                "spec.services.web.networks: the service has 3 additional names, which become Services, and the \
                 limit is 2: remove unused ones, or ask the administrator of the operator to raise \
                 --max-names-per-service",
            ),
            (
                Limits { ports: 4, ..usual },
                Limits { ports: 3, ..usual },
                "spec.services.web.ports: the service has 4 ports, including those in addresses that other services \
                 use, and the limit is 3: remove unused ones, or ask the administrator of the operator to raise \
                 --max-ports-per-service",
            ),
            (
                Limits { claims: 3, ..usual },
                Limits { claims: 2, ..usual },
                "spec: the Stack needs 3 claims for volumes, and the limit is 2: split the Stack into several, or \
                 share volumes between services, or ask the administrator of the operator to raise \
                 --max-claims-per-stack",
            ),
            (
                Limits { objects, ..usual },
                Limits { objects: objects - 1, ..usual },
                "spec: the Stack needs 13 objects, and the limit is 12: split the Stack into several, or ask the \
                 administrator of the operator to raise --max-objects-per-stack",
            ),
            (
                Limits { memory, ..usual },
                Limits { memory: memory - 1, ..usual },
                " bytes of memory in the operator, ",
            ),
        ] {
            assert!(translate(&stack, &with(exact)).is_ok(), "{exact:?}");
            let invalid = translate(&stack, &with(less)).unwrap_err();
            assert_eq!((invalid.problems.len(), invalid.problems[0].reason), (1, Reason::TooLarge));
            assert!(invalid.message().contains(told), "{invalid}");
        }
    }

    #[test]
    fn every_object_is_counted() {
        let facts = Facts::default();
        let counted = |stack: &Stack| objects(&resolve(stack, &facts).unwrap());
        let made = |stack: &Stack| translate(stack, &facts).unwrap().names().len();
        let full = full();
        let mut inactive = full.clone();
        inactive.spec.services.values_mut().for_each(|it| it.profiles = vec!["other".to_owned()]);
        let mut stopped = full.clone();
        stopped.spec.services.values_mut().for_each(|it| it.stopped = Some(true));
        for stack in [full, inactive, stopped] {
            assert_eq!(counted(&stack), made(&stack));
        }
    }
}
