//! A service -> its unit: workload, Services, what it waits for and what it lacks.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::PodTemplateSpec, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use super::{
    deployment::deployment, job::job, network_policy, pod::template, service::services,
    stateful_set::stateful_set,
};
use crate::{
    api::labels::COMPLETED,
    translate::{
        Activity, Approximation, Facts, Kind, Missing, Need, Object, ObjectKind, Unit, Workload,
        resolve::{Resolved, ResolvedService, Restart},
    },
};

/// The unit of a service. `templates` are the hashes of the services that it depends on.
pub(super) fn unit(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    facts: &Facts,
    templates: &BTreeMap<&str, String>,
) -> Unit {
    let restarted_with: Vec<_> = service
        .restarts_with()
        .filter_map(|name| templates.get(name).map(|template| format!("{name}={template}")))
        .collect();
    let restarted_with = (!restarted_with.is_empty()).then(|| restarted_with.join(","));
    let (pods, template) = template(resolved, service, facts, restarted_with);
    // A container that is restarted for being unhealthy ends too, and mostly well.
    let is_restarted = service.health.as_ref().is_some_and(|health| health.restarts);
    let completes_on_exit = service.kind != Kind::Job && service.restart == Restart::Unset && !is_restarted;
    let active = service.activity == Activity::Active;
    // Stopping and starting it runs it again.
    let completed = completes_on_exit && active && facts.completed.get(service.name) == Some(&template);
    let replicas = if !active || completed { 0 } else { service.replicas };
    Unit {
        services: vec![service.name.to_owned()],
        activity: service.activity,
        workload: workload(resolved, service, pods, &template, replicas, completed),
        faces: faces(resolved, service, facts),
        waits_for: service.waits_for.clone(),
        missing: missing(service, facts),
        replicas,
        patience: service.health.as_ref().map(|health| health.patience()),
        may_overlap: service.start_first,
        completes_on_exit,
        requests: service.resources.asked.clone(),
        template,
    }
}

fn workload(
    resolved: &Resolved<'_>,
    service: &ResolvedService<'_>,
    pods: PodTemplateSpec,
    template: &str,
    replicas: i32,
    completed: bool,
) -> Option<Workload> {
    let metadata = |name: String| ObjectMeta {
        annotations: completed.then(|| [(COMPLETED.to_owned(), template.to_owned())].into()),
        ..resolved.metadata_of(service, name)
    };
    let name = resolved.object_name(service.name);
    match (service.kind, service.activity) {
        (_, Activity::Inactive) => None,
        // A Job that is held at zero would count as complete, so there is none.
        (Kind::Job, Activity::Stopped) => None,
        (Kind::Job, Activity::Active) => {
            // A Job's template never changes: another template is another Job.
            let metadata = metadata(resolved.object_name(&format!("{}-{template}", service.name)));
            Some(Workload::Job(Box::new(job(service, metadata, pods))))
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
fn faces(resolved: &Resolved<'_>, service: &ResolvedService<'_>, facts: &Facts) -> Vec<Object> {
    if service.activity == Activity::Inactive {
        return Vec::new();
    }
    let policies =
        [network_policy::published(resolved, service), network_policy::internal(resolved, service)];
    let policies = policies.iter().flatten().map(Object::from);
    policies.chain(services(resolved, service, facts).iter().map(Object::from)).collect()
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
    if service.kind == Kind::StatefulSet
        && service.is_single()
        && service.spec.hostname.is_some()
        && !facts.version.has_hostname_override()
    {
        say(
            format!("{path}.hostname"),
            "a service that writes a volume has its pod's name as host name before Kubernetes 1.35: the name is \
             stable, but not the one that was given",
        );
    }
    if service.spec.entrypoint.as_ref().is_some_and(Vec::is_empty)
        && service.spec.command.as_ref().is_none_or(Vec::is_empty)
    {
        say(
            format!("{path}.entrypoint"),
            "the image's ENTRYPOINT still runs, since the image's CMD is not known here: write the program that \
             should run in its place",
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
