//! Checks of jobs.

use super::Check;
use crate::rules;
use crate::tree::{Map, Node};

impl Check<'_> {
    /// Checks the dependencies and names of jobs. As in compose-go, nothing else of a job is checked, and a job whose name
    /// begins with `x-` is taken for an extension.
    pub(super) fn jobs(&mut self) {
        let project = self.project;
        for (name, job) in project.jobs().filter(|(name, _)| !name.starts_with("x-")) {
            if let Some(job) = job.as_map() {
                self.job(name, job);
            }
        }
        self.names();
    }

    /// Checks the dependencies of a job, which can be services and jobs.
    fn job(&mut self, name: &str, job: &Map) {
        for (other, entry) in job.get("depends_on").and_then(Node::as_map).into_iter().flat_map(Map::entries)
        {
            let required = entry.node.get("required").and_then(Node::as_bool).unwrap_or(false);
            let disabled = self.project.is_disabled(other);
            let known = self.project.service(other).is_some() || self.project.job(other).is_some();
            if known || disabled && !required {
                continue;
            }
            let message = format!("job {name:?} depends on undefined service or job {other:?}");
            let inactive = disabled || self.project.disabled_jobs.has(other);
            let remedy = self.inactive_or_meant(other, inactive);
            self.say_with(&rules::UNDEFINED_SERVICE, entry.key, message, remedy);
        }
    }

    /// Checks that no job has the name of a service. Disabled ones count, since a profile can enable them.
    fn names(&mut self) {
        let enabled = self.project.tree.get("jobs").and_then(Node::as_map);
        let all = enabled.into_iter().chain([&self.project.disabled_jobs]).flat_map(Map::entries);
        for (name, entry) in all.filter(|(name, _)| !name.starts_with("x-")) {
            if self.project.any_service(name).is_some() {
                let message = format!("{name:?} is declared both as a service and a job");
                self.say(&rules::JOB_NAME, entry.key, message);
            }
        }
    }
}
