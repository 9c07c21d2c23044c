//! Jobs. The conversion treats a job as a service with triggers, and moves it to the jobs of the Stack at the end.

use std::borrow::Cow;
use std::collections::BTreeSet;

use compose_loader::{Node, Place, Project, Value as Tree};

use super::reader::{Section, Value, pointer};
use super::verdict::Entry;
use crate::api::{Concurrency, Job, MissedFires, Schedule, Service, StackSpec, Triggers};
use crate::cron::{Cron, time_zone};
use crate::rules;

/// Returns a project with its jobs among its services. The loader has checked that their names differ.
pub fn joined(project: &Project) -> Cow<'_, Project> {
    if project.jobs().next().is_none() {
        return Cow::Borrowed(project);
    }
    let mut project = project.clone();
    if let Some(tree) = project.tree.as_map_mut() {
        let place = tree.get("jobs").map_or(Place::NONE, |jobs| jobs.place);
        let jobs = tree.remove("jobs").map(|jobs| jobs.value);
        if !tree.has("services") {
            tree.insert("services", place, Node::new(Tree::Map(Box::default()), place));
        }
        if let (Some(Tree::Map(jobs)), Some(services)) =
            (jobs, tree.get_mut("services").and_then(Node::as_map_mut))
        {
            for (name, entry) in jobs.into_entries() {
                services.insert(name, entry.key, entry.node);
            }
        }
    }
    Cow::Owned(project)
}

/// The jobs of a project.
pub struct Jobs<'a>(BTreeSet<&'a str>);

impl<'a> Jobs<'a> {
    /// Returns the jobs of a project.
    pub fn of(project: &'a Project) -> Self {
        Self(project.jobs().map(|(name, _)| name).collect())
    }

    /// Changes the pointers of entries about jobs.
    pub fn rename(&self, entries: &mut [Entry]) {
        if self.0.is_empty() {
            return;
        }
        for entry in entries {
            let Some(rest) = entry.pointer.strip_prefix("/services") else { continue };
            let is_of = |name: &&&str| {
                let at = pointer([**name]);
                rest.strip_prefix(at.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if self.0.iter().any(|name| is_of(&name)) {
                entry.pointer = format!("/jobs{rest}");
            }
        }
    }
}

/// Moves the services with triggers to the jobs.
pub fn divide(spec: &mut StackSpec) {
    let services = std::mem::take(&mut spec.services);
    for (name, mut service) in services {
        match service.triggers.take() {
            Some(triggers) => drop(spec.jobs.insert(name, Job { triggers, service })),
            None => drop(spec.services.insert(name, service)),
        }
    }
}

/// Leaves out the settings of a job that have no meaning on a cluster: no name leads to a job, and nobody waits for its health.
pub fn leave_out(section: &mut Section<'_>) {
    for (key, rule) in [
        ("expose", &rules::JOB_PORTS),
        ("healthcheck", &rules::JOB_HEALTH_CHECK),
        ("ports", &rules::JOB_PORTS),
    ] {
        section.take(key).map(|value| value.judged(rule));
    }
}

/// Converts `triggers`.
pub fn triggers(section: &mut Section<'_>, service: &mut Service) {
    let Some(value) = section.take("triggers") else { return };
    let mut section = value.section();
    let manual = section.bool("manual");
    let schedules = section.take("schedule").map(Value::items).unwrap_or_default();
    let is_one = schedules.len() == 1;
    let mut made = Triggers { manual, schedule: Vec::new() };
    for value in schedules {
        if is_one {
            made.schedule.extend(schedule(value.section()));
        } else {
            value.judged(&rules::SEVERAL_SCHEDULES);
        }
    }
    section.rest();
    if made.schedule.is_empty() {
        // A job whose schedule is refused still runs by hand.
        made.manual = made.manual.or(Some(true));
    }
    service.triggers = Some(made);
}

fn schedule(mut section: Section<'_>) -> Option<Schedule> {
    let cron = section.take("cron").and_then(|value| {
        let text = value.peek_text().unwrap_or_default().to_owned();
        match Cron::parse(&text).and_then(|cron| cron.to_kubernetes()) {
            Ok(_) => {
                value.mapped();
            }
            Err(error) => {
                // The entry names the part of the expression, which a report underlines as a whole.
                let column = text.get(..error.at.start).map_or(0, |before| before.chars().count()) + 1;
                value.judged_with(
                    &rules::SCHEDULE,
                    format!("{} (column {column}): {}", error.message, error.remedy),
                );
                return None;
            }
        }
        Some(text)
    });
    let timezone = section.take("timezone").and_then(|value| {
        let zone = value.peek_text().unwrap_or_default().to_owned();
        if time_zone(&zone).is_some() {
            value.mapped();
            return Some(zone);
        }
        value.judged(&rules::TIME_ZONE);
        None
    });
    let word = |section: &mut Section<'_>, key: &str, words: [&str; 2]| {
        let value = section.take(key)?;
        let found = words.iter().position(|word| value.peek_text() == Some(word));
        if found.is_some() {
            value.mapped();
        } else {
            value.judged(&rules::UNKNOWN_SETTING_VALUE);
        }
        found
    };
    let concurrency = word(&mut section, "concurrency", ["forbid", "queue"]).filter(|at| *at == 1);
    let missed_fires = word(&mut section, "missed_fires", ["one", "skip"]).filter(|at| *at == 1);
    let had_cron = section.peek("cron").is_some();
    if !had_cron {
        section.remark("cron", &rules::SCHEDULE, "the schedule has no 'cron'");
    }
    section.rest();
    Some(Schedule {
        cron: cron?,
        timezone,
        concurrency: concurrency.map(|_| Concurrency::Queue),
        missed_fires: missed_fires.map(|_| MissedFires::Skip),
    })
}
