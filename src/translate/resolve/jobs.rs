//! Jobs. Resolution treats a job as a service with triggers, so that networks, volumes, configs, secrets, profiles and
//! settings apply to both in the same way.

use std::borrow::Cow;

use super::sharing;
use crate::{
    api::{Concurrency, Job, MissedFires, Reason, Schedule, Service, Stack, StackSpec},
    cron::{Cron, time_zone},
    translate::{
        Invalid,
        findings::{FieldPath, Findings},
    },
};

/// Adds the jobs to the services of a Stack. A service with the name of a job stays, which resolution refuses.
pub fn join_jobs(spec: &mut StackSpec) {
    for (name, Job { triggers, service }) in &spec.jobs {
        let mut service = Service { triggers: Some(triggers.clone()), ..service.clone() };
        // No name leads to a job, as in Docker Compose.
        service.networks.values_mut().for_each(|network| network.aliases.clear());
        spec.services.entry(name.clone()).or_insert(service);
    }
}

/// Returns a Stack with its jobs among its services.
pub(in crate::translate) fn joined(stack: &Stack) -> Cow<'_, Stack> {
    let missing = |name: &String| !stack.spec.services.contains_key(name);
    if !stack.spec.jobs.keys().any(missing) {
        return Cow::Borrowed(stack);
    }
    let mut stack = stack.clone();
    join_jobs(&mut stack.spec);
    Cow::Owned(stack)
}

/// Returns the path of a finding about a job, which resolution reports as one about a service.
pub(in crate::translate) fn path(spec: &StackSpec, path: &str) -> Option<String> {
    let rest = path.strip_prefix("spec.services.")?;
    let is_of = |name: &str| {
        rest.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let of_job = spec.jobs.keys().any(|name| is_of(name) && is_job(spec, name));
    of_job.then(|| format!("spec.jobs.{rest}"))
}

/// Replaces the paths of problems of jobs.
pub(in crate::translate) fn with_paths(spec: &StackSpec, mut invalid: Invalid) -> Invalid {
    for problem in &mut invalid.problems {
        if let Some(path) = path(spec, &problem.path) {
            problem.path = path;
        }
    }
    invalid
}

fn is_job(spec: &StackSpec, name: &str) -> bool {
    spec.services.get(name).is_none_or(|service| service.triggers.is_some())
}

/// Checks the jobs, and refuses references that only services can have.
pub(super) fn check(spec: &StackSpec, findings: &Findings) {
    for (name, job) in &spec.jobs {
        let spec_at = findings.root("spec");
        let at = &spec_at.key("jobs", name);
        if !is_job(spec, name) {
            let message = "a service has the same name: rename the job or the service";
            at.problem(Reason::NameClash, message);
            continue;
        }
        check_triggers(job, at);
        for (field, _) in sharing::targets(&job.service) {
            let message = "a job has Pods of its own: remove 'service:<name>'";
            at.child(field).invalid(message);
        }
        check_fields(&job.service, at);
    }
    for (name, service) in spec.services.iter().filter(|(_, service)| !of_job(service)) {
        let at = &findings.service(name);
        let named_job = |other: &str| spec.services.get(other).is_some_and(of_job);
        for (field, other) in sharing::targets(service).filter(|(_, other)| named_job(other)) {
            let message = format!("'{other}' is a job, whose Pods end: name a service");
            at.child(field).invalid(message);
        }
        for other in service.depends_on.keys().filter(|other| named_job(other)) {
            let message = format!(
                "'{other}' is a job, which runs on its schedule or by hand: depend on a service that runs once, with \
                 'condition: service_completed_successfully'"
            );
            at.key("dependsOn", other).invalid(message);
        }
    }
}

fn of_job(service: &Service) -> bool {
    service.triggers.is_some()
}

/// Refuses fields that the schema of a job does not have. A manifest that is rendered has not passed an API server.
fn check_fields(service: &Service, at: &FieldPath<'_>) {
    let message = "a job does not have this field: remove it";
    let given = [
        ("containerName", service.container_name.is_some()),
        ("expose", !service.expose.is_empty()),
        ("externalLinks", !service.external_links.is_empty()),
        ("healthcheck", service.healthcheck.is_some()),
        ("ingress", !service.ingress.is_empty()),
        ("ports", !service.ports.is_empty()),
        ("postStart", !service.post_start.is_empty()),
        ("preStart", !service.pre_start.is_empty()),
        ("preStop", !service.pre_stop.is_empty()),
        ("restart", service.restart.is_some()),
        ("stopped", service.stopped.is_some()),
    ];
    for (field, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
        at.child(field).invalid(message);
    }
    if service.deploy.as_ref().is_some_and(|deploy| deploy.mode.is_some() || deploy.replicas.is_some()) {
        at.child("deploy").invalid("a run of a job has one container: remove 'mode' and 'replicas'");
    }
}

fn check_triggers(job: &Job, at: &FieldPath<'_>) {
    let at = &at.child("triggers");
    let triggers = &job.triggers;
    if triggers.schedule.is_empty() && triggers.manual.is_none() {
        at.invalid(
            "the job has no trigger: set 'schedule', or 'manual: true' for a job that runs only by hand",
        );
    }
    if triggers.schedule.len() > 1 {
        at.child("schedule").invalid("a job has one schedule: write one job for each schedule");
    }
    if !triggers.schedule.is_empty() && triggers.manual == Some(true) {
        let message = "'manual: true' means that the job runs only by hand: remove it, or remove 'schedule'";
        at.child("manual").invalid(message);
    }
    for (index, schedule) in triggers.schedule.iter().enumerate() {
        check_schedule(schedule, &at.index("schedule", index));
    }
}

fn check_schedule(schedule: &Schedule, at: &FieldPath<'_>) {
    if let Err(error) = Cron::parse(&schedule.cron).and_then(|cron| cron.to_kubernetes()) {
        // Columns count characters from 1.
        let column = schedule.cron.get(..error.at.start).map_or(0, |before| before.chars().count()) + 1;
        at.child("cron").invalid(format!("{} (column {column}): {}", error.message, error.remedy));
    }
    if let Some(zone) = schedule.timezone.as_deref().filter(|zone| time_zone(zone).is_none()) {
        let message = format!(
            "'{zone}' is not a time zone: write a name of the IANA database, such as Europe/Berlin, in its exact letter case"
        );
        at.child("timezone").invalid(message);
    }
    let message = "a CronJob cannot express the combination";
    match (schedule.concurrency.unwrap_or_default(), schedule.missed_fires.unwrap_or_default()) {
        (Concurrency::Forbid, MissedFires::One) => at.child("concurrency").approximate(format!(
            "a run that is due while another one is in progress starts when that one ends, since {message} of 'forbid' with \
             'missedFires: one': set 'missedFires: skip' to drop the run"
        )),
        (Concurrency::Queue, MissedFires::Skip) => at.child("missedFires").approximate(format!(
            "one run starts after the cluster could not start runs, since {message} of 'skip' with 'concurrency: queue': set \
             'concurrency: forbid' to drop the run"
        )),
        (Concurrency::Forbid, MissedFires::Skip) | (Concurrency::Queue, MissedFires::One) => {}
    }
}
