//! A service -> its unit: workload, Services, what it waits for and what it lacks.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::PodTemplateSpec;

use super::{
    daemon_set::daemon_set,
    deployment::deployment,
    ingress::ingresses,
    job::job,
    network_policy,
    network_policy::Networks,
    pod::{Template, template},
    service::services,
    stateful_set::stateful_set,
};
use crate::{
    api::labels::{COMPLETED, IMAGES},
    translate::{
        Activity, Approximation, Facts, Kind, Missing, Need, Object, ObjectKind, Unit, Unread, WaitFor,
        Workload, remembered,
        resolve::{AtOnce, Health, Resolved, ResolvedService, Restart},
    },
};

/// The template of the pods of some services. `templates` are the hashes of the services that they depend on.
pub(super) fn template_of(
    resolved: &Resolved<'_>,
    services: &[&ResolvedService<'_>],
    facts: &Facts,
    templates: &BTreeMap<&str, String>,
) -> Template {
    // Those that are not there yet are of this pod, and restart with it anyway.
    let restarted_with: BTreeSet<_> = services
        .iter()
        .flat_map(|service| service.restarts_with())
        .filter_map(|name| templates.get(name).map(|template| format!("{name}={template}")))
        .collect();
    let restarted_with =
        (!restarted_with.is_empty()).then(|| restarted_with.into_iter().collect::<Vec<_>>().join(","));
    template(resolved, services, facts, restarted_with)
}

/// The unit of the services that share a pod: the one that names it, and others.
pub(super) fn unit(
    resolved: &Resolved<'_>,
    lead: &ResolvedService<'_>,
    others: &[&ResolvedService<'_>],
    facts: &Facts,
    Template { pods, hash: template, edition }: Template,
    networks: &Networks<'_>,
) -> Unit {
    let services: Vec<&ResolvedService<'_>> = [lead].into_iter().chain(others.iter().copied()).collect();
    let completes_on_exit = services.iter().all(|service| completes_on_exit(service));
    let active = lead.activity == Activity::Active;
    // Stopping and starting it runs it again.
    let completed = completes_on_exit && active && facts.completed.get(lead.name) == Some(&template);
    let replicas = match lead.kind {
        _ if !active || completed => 0,
        // What the nodes make of it, only they know.
        Kind::DaemonSet => 1,
        _ => lead.replicas,
    };
    let asked: Vec<_> = services.iter().filter_map(|service| service.resources.asked.clone()).collect();
    Unit {
        services: services.iter().map(|service| service.name.to_owned()).collect(),
        activity: lead.activity,
        workload: workload(resolved, &services, pods, &template, replicas, completed),
        frontends: services
            .iter()
            .flat_map(|service| frontends(resolved, service, facts, networks))
            .collect(),
        waits_for: together(services.iter().flat_map(|service| service.waits_for.iter().cloned())),
        waits_within: if edition.orders_containers() { waits_within(&services) } else { BTreeMap::new() },
        missing: together(services.iter().flat_map(|service| missing(service, facts))),
        unread: together(services.iter().filter_map(|service| unread(service, facts))),
        replicas,
        startup_deadline: services
            .iter()
            .filter_map(|service| {
                Some((service.name.to_owned(), service.health.as_ref()?.startup_deadline()))
            })
            .collect(),
        restarted_when_unhealthy: services
            .iter()
            .filter(|service| service.health.as_ref().is_some_and(Health::restarts))
            .map(|service| service.name.to_owned())
            .collect(),
        may_overlap: lead.start_first,
        completes_on_exit,
        requests: (!asked.is_empty()).then(|| asked.join(" and ")),
        template,
    }
}

/// What each service waits for among the others of its pod.
fn waits_within(services: &[&ResolvedService<'_>]) -> BTreeMap<String, Vec<WaitFor>> {
    let waiting = services.iter().filter(|service| !service.waits_in_pod.is_empty());
    waiting.map(|service| (service.name.to_owned(), service.waits_in_pod.clone())).collect()
}

/// Whether a service that is kept running has completed when its container ends with exit code 0.
fn completes_on_exit(service: &ResolvedService<'_>) -> bool {
    // A container that is restarted for being unhealthy ends too, and mostly well. And on each node by
    // itself, nothing can be held at zero.
    let is_restarted = service.health.as_ref().is_some_and(Health::restarts);
    let can_be_held = matches!(service.kind, Kind::Deployment | Kind::StatefulSet);
    can_be_held && service.restart == Restart::Unset && !is_restarted
}

/// Each once, in the order in which they come.
fn together<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut found, one| {
        if !found.contains(&one) {
            found.push(one);
        }
        found
    })
}

fn workload(
    resolved: &Resolved<'_>,
    services: &[&ResolvedService<'_>],
    pods: PodTemplateSpec,
    template: &str,
    replicas: i32,
    completed: bool,
) -> Option<Workload> {
    let service = services.first()?;
    let images: BTreeMap<_, _> = services.iter().filter_map(|it| Some((it.name, it.image?))).collect();
    let metadata = |name: String| {
        let mut metadata = resolved.metadata_of(service, name);
        let own = metadata.labels.take().unwrap_or_default();
        metadata.labels = Some(service.deploy_labels.labels.clone().into_iter().chain(own).collect());
        let mut annotations = service.deploy_labels.annotations.clone();
        annotations.extend(completed.then(|| (COMPLETED.to_owned(), template.to_owned())));
        annotations.extend((!images.is_empty()).then(|| (IMAGES.to_owned(), remembered(&images))));
        metadata.annotations = (!annotations.is_empty()).then_some(annotations);
        metadata
    };
    let name = resolved.object_name(service.name);
    match (service.kind, service.activity) {
        (_, Activity::Inactive) => None,
        // A Job that is held at zero would count as complete, so there is none.
        // A DaemonSet cannot be held at zero at all.
        (Kind::Job | Kind::DaemonSet, Activity::Stopped) => None,
        (Kind::Job, Activity::Active) => {
            // A Job's template never changes: another template is another Job.
            let metadata = metadata(resolved.object_name(&format!("{}-{template}", service.name)));
            Some(Workload::Job(Box::new(job(service, metadata, pods))))
        }
        (Kind::DaemonSet, Activity::Active) => {
            Some(Workload::DaemonSet(Box::new(daemon_set(resolved, service, metadata(name), pods))))
        }
        (Kind::StatefulSet, _) => {
            let stateful_set = stateful_set(resolved, service, metadata(name), replicas, pods);
            Some(Workload::StatefulSet(Box::new(stateful_set)))
        }
        (_, _) => {
            let deployment = deployment(resolved, service, metadata(name), replicas, pods);
            Some(Workload::Deployment(Box::new(deployment)))
        }
    }
}

/// What the service shows of itself, whether or not it runs: names that do not resolve would be
/// looked up again much later by some programs.
fn frontends(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    facts: &Facts,
    networks: &Networks<'_>,
) -> Vec<Object> {
    if service.activity == Activity::Inactive {
        return Vec::new();
    }
    let policies = [network_policy::published(resolved, service), networks.internal(service)];
    let policies = policies.iter().flatten().map(Object::from);
    let services = services(resolved, service, facts);
    let ingresses = ingresses(resolved, service);
    policies.chain(services.iter().map(Object::from)).chain(ingresses.iter().map(Object::from)).collect()
}

/// The objects and keys that the service reads and that are not there.
fn missing(service: &ResolvedService<'_>, facts: &Facts) -> Vec<Missing> {
    let mut missing: Vec<Missing> = Vec::new();
    for read in service.reads.iter().filter(|_| service.activity != Activity::Inactive) {
        let need = match facts.objects.get(&(read.kind, read.name.to_owned())) {
            None => Need::Object,
            Some(keys) if !keys.contains_key(read.key) => Need::Key(read.key.to_owned()),
            Some(_) => continue,
        };
        let one = Missing { kind: read.kind, name: read.name.to_owned(), need };
        if missing.last() != Some(&one) {
            missing.push(one);
        }
    }
    let is_missing = |claim: &&&str| !facts.claims.contains_key(**claim);
    let claims = service.mounts.external_claims.iter();
    if service.activity != Activity::Inactive {
        missing.extend(claims.filter(is_missing).map(|claim| Missing {
            kind: ObjectKind::PersistentVolumeClaim,
            name: (*claim).to_owned(),
            need: Need::Object,
        }));
    }
    missing
}

/// The service's image, where it could not be read yet and is waited for.
fn unread(service: &ResolvedService<'_>, facts: &Facts) -> Option<Unread> {
    let cause = facts.unread.get(service.name).filter(|_| service.activity != Activity::Inactive)?;
    Some(Unread { image: service.spec.image.clone(), cause: cause.clone() })
}

/// What of a service could not be reproduced exactly.
pub(super) fn approximations(
    service: &ResolvedService<'_>,
    facts: &Facts,
    unit: &Unit,
) -> Vec<Approximation> {
    let path = format!("spec.services.{}", service.name);
    let mut found = Vec::new();
    let mut say =
        |path: String, message: &str| found.push(Approximation { path, message: message.to_owned() });
    if service.activity == Activity::Inactive {
        return found;
    }
    // Pods that live may have been made before the cluster knew the field.
    let has_full_name = match unit.workload.as_ref().map(Workload::pod_spec) {
        Some(pod) => pod.is_some_and(|pod| pod.hostname_override.is_some()),
        None => facts.version.has_hostname_override() && service.is_single() && !service.host.network,
    };
    if service.kind == Kind::StatefulSet
        && service.is_single()
        && service.spec.hostname.is_some()
        && !has_full_name
    {
        let message = if facts.version.has_hostname_override() {
            "its pods were made before every node had Kubernetes 1.35, and have their pod's name as host name: the next \
             change of the service gives it the one that was given"
        } else {
            "a service that writes a volume has its pod's name as host name before Kubernetes 1.35: the name is \
             stable, but not the one that was given"
        };
        say(format!("{path}.hostname"), message);
    }
    if let Some(at_once) = service.update.at_once
        && service.kind == Kind::StatefulSet
        && at_once != AtOnce::Some(1)
        && !service.is_single()
    {
        say(
            format!("{path}.deploy.updateConfig.parallelism"),
            "the containers of a service that writes a volume are replaced one after the other: Kubernetes replaces \
             several at the same time only where its administrator has switched that on",
        );
    }
    if service.spec.entrypoint.as_ref().is_some_and(Vec::is_empty)
        && service.spec.command.as_ref().is_none_or(Vec::is_empty)
        && service.image.is_none_or(|image| image.config.command.is_empty())
    {
        say(
            format!("{path}.entrypoint"),
            "the image's ENTRYPOINT still runs, since the image's CMD is not known here: write the program that \
             should run in its place",
        );
    }
    if service.spec.domainname.is_some() {
        let message = if has_full_name {
            "the host name is the full name, with the domain"
        } else {
            "the host name stays without its domain: a full name needs Kubernetes 1.35, one replica and a network of \
             its own"
        };
        say(format!("{path}.domainname"), message);
    }
    if !service.waits_in_pod.is_empty() && unit.waits_within.is_empty() {
        say(
            format!("{path}.dependsOn"),
            "its pods were made by an earlier version of the operator, which starts the services of a pod together: the next \
             change of a service of the pod gives them their order",
        );
    }
    let parked = unit.completes_on_exit && unit.activity == Activity::Active && unit.replicas == 0;
    if parked {
        say(
            format!("{path}.restart"),
            "the container ended with exit code 0 and is held at zero, but may have begun a second run: with \
             restart \"no\" the service runs exactly once",
        );
    }
    found
}
