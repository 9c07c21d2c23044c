//! A job: a container that runs to completion, on a schedule or by hand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Service;

/// One job of the stack, in the terms of the Compose Specification. It has the settings of a service, without those of a
/// program that keeps running.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// When the job runs.
    pub triggers: Triggers,

    /// The settings that jobs share with services.
    #[serde(flatten)]
    pub service: Service,
}

/// The fields of a service that a job does not have: nobody connects to a job, waits for its health or restarts it.
const OF_SERVICES: [&str; 12] = [
    "containerName",
    "expose",
    "externalLinks",
    "healthcheck",
    "ingress",
    "ports",
    "postStart",
    "preStart",
    "preStop",
    "restart",
    "serviceMode",
    "stopped",
];

/// The fields of `deploy` that a job has.
const OF_DEPLOY: [&str; 2] = ["placement", "resources"];

impl JsonSchema for Job {
    fn schema_name() -> Cow<'static, str> {
        "Job".into()
    }

    /// Returns the schema of a service with `triggers` and without the keys that only services have. The API server refuses a
    /// flattened schema.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Service::json_schema(generator);
        let triggers = Triggers::json_schema(generator).to_value();
        let job = schema.ensure_object();
        job.insert("description".to_owned(), json!(DESCRIPTION));
        job.insert("required".to_owned(), json!(["image", "triggers"]));
        // The rules of a service are about fields that a job does not have.
        job.remove("x-kubernetes-validations");
        if let Some(properties) = job.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|name, _| !OF_SERVICES.contains(&name.as_str()));
            if let Some(deploy) = properties.get_mut("deploy").and_then(Value::as_object_mut) {
                restrict(deploy);
            }
            properties.insert("triggers".to_owned(), triggers);
        }
        schema
    }
}

const DESCRIPTION: &str = "One job of the stack, in the terms of the Compose Specification: a container that runs to \
                           completion, on a schedule or by hand. It has the settings of a service, without those of a \
                           program that keeps running.";

/// Restricts the schema of `deploy` to the fields that a job has.
fn restrict(deploy: &mut Map<String, Value>) {
    deploy.insert("description".to_owned(), json!("Resources and placement."));
    deploy.remove("x-kubernetes-validations");
    if let Some(properties) = deploy.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| OF_DEPLOY.contains(&name.as_str()));
    }
}

/// When a job runs. Set `schedule`, or `manual`, which may be false to forbid runs by hand.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Triggers {
    /// Whether `stackwright` may run the job by hand. `kubectl create job --from` always can. `true` is not possible together
    /// with `schedule`. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<bool>,

    /// The schedule, as a list with one entry. The job becomes a CronJob. Without a schedule, the CronJob is suspended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1))]
    pub schedule: Vec<Schedule>,
}

/// A schedule of a job.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Minute, hour, day of the month, month and weekday, such as `30 2 * * 1-5`. A field is a number, a list, a range, `*`,
    /// `*/n` or `a-b/n`. Names, `@daily` and dates that never come are refused, as in Docker.
    #[schemars(length(min = 9, max = 1024))]
    pub cron: String,

    /// The time zone, as a name of the IANA database, such as `Europe/Berlin`. Default: `Etc/UTC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub timezone: Option<String>,

    /// What happens to a run that is due while another one is in progress. Default: `forbid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,

    /// What happens to runs that were due while the cluster could not start them. Default: `one`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_fires: Option<MissedFires>,
}

/// What happens to a run that is due while another one is in progress: `forbid` (the default; it is dropped) or `queue` (one
/// run starts when the other one ends).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Concurrency {
    /// It is dropped.
    #[default]
    Forbid,
    /// One run starts when the other one ends.
    Queue,
}

/// What happens to runs that were due while the cluster could not start them: `one` (the default; one run starts later) or
/// `skip` (none does).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MissedFires {
    /// One run starts later.
    #[default]
    One,
    /// None starts.
    Skip,
}

impl Triggers {
    /// Reports whether the job ever runs: it has a schedule, or runs by hand are allowed.
    pub fn ever_runs(&self) -> bool {
        !self.schedule.is_empty() || self.manual != Some(false)
    }
}
