//! Builder of units.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::PodTemplateSpec;

use super::{
    cron_job,
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
    api::{
        TemplateHash, Triggers,
        labels::{COMPLETED, IMAGES},
    },
    translate::{
        Activity, Facts, JobUnit, Kind, Missing, Need, Object, ObjectKind, Unit, Unread, WaitFor, Workload,
        findings::Findings,
        remembered,
        resolve::{AtOnce, Health, Resolved, ResolvedService, Restart},
    },
};

/// Builds the Pod template of services. `templates` are the hashes of the templates of their dependencies.
pub(super) fn template_of(
    resolved: &Resolved<'_>,
    services: &[&ResolvedService<'_>],
    facts: &Facts,
    templates: &BTreeMap<&str, TemplateHash>,
) -> Template {
    // Missing templates belong to services of this Pod, which restart with it anyway.
    let restarted_with: BTreeSet<_> = services
        .iter()
        .flat_map(|service| service.own.restarts_with())
        .filter_map(|name| templates.get(name).map(|template| format!("{name}={template}")))
        .collect();
    let restarted_with =
        (!restarted_with.is_empty()).then(|| restarted_with.into_iter().collect::<Vec<_>>().join(","));
    template(resolved, services, facts, restarted_with)
}

/// Builds the unit of services that share a Pod. The first one names the unit.
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
    let active = lead.own.activity == Activity::Active;
    // A stopped service runs again when it is started.
    let completed = completes_on_exit && active && facts.completed.get(lead.own.name) == Some(&template);
    let replicas = match lead.pod.kind {
        _ if !active || completed => 0,
        // The number of Pods depends on the nodes.
        Kind::DaemonSet => 1,
        _ => lead.own.replicas,
    };
    let asked: Vec<_> = services.iter().filter_map(|service| service.own.resources.asked.clone()).collect();
    Unit {
        services: services.iter().map(|service| service.own.name.to_owned()).collect(),
        activity: lead.own.activity,
        workload: workload(resolved, &services, pods, &template, replicas, completed),
        frontends: services
            .iter()
            .flat_map(|service| frontends(resolved, service, facts, networks))
            .collect(),
        waits_for: distinct(services.iter().flat_map(|service| service.waits_for.iter().cloned())),
        waits_within: if edition.orders_containers() { waits_within(&services) } else { BTreeMap::new() },
        missing: distinct(services.iter().flat_map(|service| missing(service, facts))),
        unread: distinct(services.iter().filter_map(|service| unread(service, facts))),
        replicas,
        startup_deadline: services
            .iter()
            .filter_map(|service| {
                Some((service.own.name.to_owned(), service.own.health.as_ref()?.startup_deadline()))
            })
            .collect(),
        restarted_when_unhealthy: services
            .iter()
            .filter(|service| service.own.health.as_ref().is_some_and(Health::restarts))
            .map(|service| service.own.name.to_owned())
            .collect(),
        may_overlap: lead.pod.start_first,
        completes_on_exit,
        requests: (!asked.is_empty()).then(|| asked.join(" and ")),
        template,
    }
}

/// Builds the unit of a job. Nothing waits for a job, and a scheduled run does not look at its dependencies, as in Docker.
pub(super) fn job_unit(
    resolved: &Resolved<'_>,
    job: &ResolvedService<'_>,
    triggers: &Triggers,
    facts: &Facts,
    Template { pods, hash: template, .. }: Template,
    networks: &Networks<'_>,
) -> JobUnit {
    let runs = job.own.activity != Activity::Inactive && triggers.ever_runs();
    let metadata = || {
        let name = cron_job::part_of_name(job.own.name, triggers);
        let mut metadata = resolved.metadata_of(job, resolved.object_name(&name));
        let images: BTreeMap<_, _> = job.own.image.iter().map(|image| (job.own.name, *image)).collect();
        metadata.annotations =
            (!images.is_empty()).then(|| [(IMAGES.to_owned(), remembered(&images))].into());
        metadata
    };
    JobUnit {
        name: job.own.name.to_owned(),
        activity: job.own.activity,
        triggers: triggers.clone(),
        cron_job: runs.then(|| Box::new(cron_job::cron_job(resolved, job, triggers, metadata(), pods))),
        policies: networks.internal(job).filter(|_| runs).iter().map(Object::from).collect(),
        missing: missing(job, facts),
        unread: unread(job, facts).into_iter().collect(),
        template,
    }
}

/// Reports the settings of a job that its CronJob cannot reproduce exactly.
pub(super) fn approximate_job(job: &ResolvedService<'_>, findings: &Findings) {
    let Some(triggers) = job.own.spec.triggers.as_ref().filter(|_| job.own.activity != Activity::Inactive)
    else {
        return;
    };
    let at = findings.service(job.own.name);
    let at = at.child("triggers");
    if !triggers.ever_runs() {
        at.approximate("the job never runs, so it has no CronJob: set 'schedule', or remove 'manual: false'");
    } else if triggers.manual == Some(false) {
        at.child("manual").approximate("Kubernetes cannot forbid 'kubectl create job --from'");
    }
}

/// Returns the dependencies of each service on other services of its Pod.
fn waits_within(services: &[&ResolvedService<'_>]) -> BTreeMap<String, Vec<WaitFor>> {
    let waiting = services.iter().filter(|service| !service.start.waits_for.is_empty());
    waiting.map(|service| (service.own.name.to_owned(), service.start.waits_for.clone())).collect()
}

/// Reports whether a service that is not a one-shot has completed when its container ends with exit code 0.
fn completes_on_exit(service: &ResolvedService<'_>) -> bool {
    // A container that is restarted because it is unhealthy often ends with exit code 0 too. And a DaemonSet cannot be scaled
    // to zero on a node.
    let is_restarted = service.own.health.as_ref().is_some_and(Health::restarts);
    let can_be_held = matches!(service.pod.kind, Kind::Deployment | Kind::StatefulSet);
    can_be_held && service.own.restart == Restart::Unset && !is_restarted
}

/// Removes duplicates and keeps the order.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
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
    template: &TemplateHash,
    replicas: i32,
    completed: bool,
) -> Option<Workload> {
    let service = services.first()?;
    let images: BTreeMap<_, _> =
        services.iter().filter_map(|it| Some((it.own.name, it.own.image?))).collect();
    let metadata = |name: String| {
        let mut metadata = resolved.metadata_of(service, name);
        let own = metadata.labels.take().unwrap_or_default();
        metadata.labels = Some(service.pod.workload_labels.labels.clone().into_iter().chain(own).collect());
        let mut annotations = service.pod.workload_labels.annotations.clone();
        annotations.extend(completed.then(|| (COMPLETED.to_owned(), template.to_string())));
        annotations.extend((!images.is_empty()).then(|| (IMAGES.to_owned(), remembered(&images))));
        metadata.annotations = (!annotations.is_empty()).then_some(annotations);
        metadata
    };
    let name = resolved.object_name(service.own.name);
    match (service.pod.kind, service.own.activity) {
        (_, Activity::Inactive) => None,
        // A Job with zero Pods counts as complete, and a DaemonSet cannot be scaled to zero, so they have no workload.
        (Kind::Job | Kind::DaemonSet, Activity::Stopped) => None,
        (Kind::Job, Activity::Active) => {
            // The template of a Job is immutable: a new template has a new Job.
            let metadata = metadata(resolved.object_name(&format!("{}-{template}", service.own.name)));
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

/// Builds the frontends of a service. They exist whether or not the service runs, because some programs repeat the lookup of a
/// name that does not resolve only much later.
fn frontends(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    facts: &Facts,
    networks: &Networks<'_>,
) -> Vec<Object> {
    if service.own.activity == Activity::Inactive {
        return Vec::new();
    }
    let policies = [network_policy::published(resolved, service), networks.internal(service)];
    let policies = policies.iter().flatten().map(Object::from);
    let services = services(resolved, service, facts);
    let ingresses = ingresses(resolved, service);
    policies.chain(services.iter().map(Object::from)).chain(ingresses.iter().map(Object::from)).collect()
}

/// Returns the missing objects and keys that the service reads.
fn missing(service: &ResolvedService<'_>, facts: &Facts) -> Vec<Missing> {
    let mut missing: Vec<Missing> = Vec::new();
    for read in service.own.reads.iter().filter(|_| service.own.activity != Activity::Inactive) {
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
    let claims = service.own.mounts.external_claims.iter();
    if service.own.activity != Activity::Inactive {
        missing.extend(claims.filter(is_missing).map(|claim| Missing {
            kind: ObjectKind::PersistentVolumeClaim,
            name: (*claim).to_owned(),
            need: Need::Object,
        }));
    }
    missing
}

/// Returns the image of the service if a new template waits for its metadata.
fn unread(service: &ResolvedService<'_>, facts: &Facts) -> Option<Unread> {
    let cause = facts.unread.get(service.own.name).filter(|_| service.own.activity != Activity::Inactive)?;
    Some(Unread { image: service.own.spec.image.clone(), cause: cause.clone() })
}

/// Reports the settings of a service that its workload cannot reproduce exactly.
pub(super) fn approximate(service: &ResolvedService<'_>, facts: &Facts, unit: &Unit, findings: &Findings) {
    if service.own.activity == Activity::Inactive {
        return;
    }
    let at = findings.service(service.own.name);
    // Existing Pods can be older than the support of the field in the cluster.
    let has_full_name = match unit.workload.as_ref().map(Workload::pod_spec) {
        Some(pod) => pod.is_some_and(|pod| pod.hostname_override.is_some()),
        None => facts.version.has_hostname_override() && service.is_single() && !service.host.network,
    };
    if service.pod.kind == Kind::StatefulSet
        && service.is_single()
        && service.own.spec.hostname.is_some()
        && !has_full_name
    {
        let message = if facts.version.has_hostname_override() {
            "omitted: the Pods were created before all nodes had Kubernetes 1.35, so their host name is the name of \
             the Pod. The next change of the service sets the given host name"
        } else {
            "omitted: before Kubernetes 1.35, the host name of a service that writes a volume is the name of the \
             Pod, which is stable"
        };
        at.child("hostname").approximate(message);
    }
    if let Some(at_once) = service.own.update.at_once
        && service.pod.kind == Kind::StatefulSet
        && at_once != AtOnce::Some(1)
        && !service.is_single()
    {
        at.child("deploy.updateConfig.parallelism").approximate(
            "the containers of a service that writes a volume are replaced one at a time: Kubernetes replaces \
             several at the same time only if its administrator has enabled that",
        );
    }
    if service.own.spec.entrypoint.as_ref().is_some_and(Vec::is_empty)
        && service.own.spec.command.as_ref().is_none_or(Vec::is_empty)
        && service.own.image.is_none_or(|image| image.config.command.is_empty())
    {
        at.child("entrypoint").approximate(
            "ENTRYPOINT of the image still runs, because CMD of the image is unknown: write the program that must \
             run in 'entrypoint'",
        );
    }
    if service.own.has_name() {
        let networks = service.own.spec.networks.iter();
        for (network, _) in networks.filter(|(_, network)| network.use_service_name_alias == Some(false)) {
            at.key("networks", network).child("useServiceNameAlias").approximate(
                "the name of the service is known on all its networks: set false on each of them to remove the name",
            );
        }
    }
    if service.own.spec.domainname.is_some() {
        let message = if has_full_name {
            "the host name includes the domain"
        } else {
            "omitted: a host name with a domain requires Kubernetes 1.35, one replica and a network of the Pod"
        };
        at.child("domainname").approximate(message);
    }
    if !service.start.waits_for.is_empty() && unit.waits_within.is_empty() {
        at.child("dependsOn").approximate(
            "an earlier version of the operator created the Pods, and it starts the services of a Pod together: the \
             next change of a service of the Pod sets the order",
        );
    }
    let parked = unit.completes_on_exit && unit.activity == Activity::Active && unit.replicas == 0;
    if parked {
        at.child("restart").approximate(
            "the service has ended with exit code 0 and is scaled to 0, but it may have started a second time: set \
             restart: \"no\" to run the service exactly once",
        );
    }
}
