//! What runs before, beside and after the program: `preStart`, `postStart`, `preStop`, `stopSignal`.

use k8s_openapi::api::core::v1::EnvVar;

use super::{
    super::{Problems, environment::environment, user},
    Remarks, Signal,
    signal::signal,
};
use crate::{
    api::{self, Hook, Service},
    translate::Power,
};

/// What runs before, beside and after the program.
pub(in crate::translate) struct Hooks<'a> {
    pub pre_start: Vec<PreStart<'a>>,
    pub post_start: &'a [Hook],
    pub pre_stop: &'a [Hook],
    pub signal: Option<Signal>,
}

/// A program that ends before the container starts.
pub(in crate::translate) struct PreStart<'a> {
    pub spec: &'a api::PreStart,
    pub environment: Vec<EnvVar>,
    /// The user's and the group's number.
    pub user: Option<(i64, Option<i64>)>,
}

/// Reads the hooks.
pub(super) fn hooks<'a>(service: &'a Service, remarks: &mut Remarks<'_>) -> Hooks<'a> {
    if !service.pre_start.is_empty() {
        remarks.approximate(
            "preStart",
            "they run before each container of the service, at every start of a pod, where Compose runs them once for all of \
             them: they must bear to run again",
        );
    }
    if !service.post_start.is_empty() {
        remarks.approximate(
            "postStart",
            "a command that fails ends the container, which is then started again, where Compose lets it run on; and the \
             service counts as starting until they have ended",
        );
    }
    if !service.pre_stop.is_empty() {
        remarks.approximate(
            "preStop",
            "they have as long as 'stopGracePeriod' before the program has it, where Compose waits for them without end; \
             one that fails skips those after it, and the service is stopped all the same",
        );
    }
    for (field, hooks) in [("postStart", &service.post_start), ("preStop", &service.pre_stop)] {
        for (index, hook) in hooks.iter().enumerate() {
            check(hook, &format!("{field}[{index}]"), remarks);
        }
    }
    Hooks {
        pre_start: pre_start(service, remarks),
        post_start: &service.post_start,
        pre_stop: &service.pre_stop,
        signal: signal(service, remarks),
    }
}

fn check(hook: &Hook, place: &str, remarks: &mut Remarks<'_>) {
    if hook.command.first().is_none_or(String::is_empty) {
        remarks.refuse(format!("{place}.command"), "write the program and its arguments");
    }
    for name in hook.environment.keys().filter(|name| name.is_empty() || name.contains('=')) {
        let message = format!("'{name}' is no name for a variable: write printable ASCII characters but '='");
        remarks.refuse(format!("{place}.environment"), message);
    }
}

fn pre_start<'a>(service: &'a Service, remarks: &mut Remarks<'_>) -> Vec<PreStart<'a>> {
    let mut found = Vec::new();
    for (index, spec) in service.pre_start.iter().enumerate() {
        if spec.privileged == Some(true) {
            remarks.uses(format!("preStart[{index}].privileged"), Power::Privileged);
        }
        let path = format!("{}.preStart[{index}]", remarks.path);
        found.push(PreStart {
            spec,
            environment: variables(service, spec, &path, remarks.problems),
            user: user(spec.user.as_deref(), &path, remarks.problems),
        });
    }
    found
}

/// The service's variables, with its own in front of them.
fn variables(service: &Service, spec: &api::PreStart, path: &str, problems: &mut Problems) -> Vec<EnvVar> {
    let mut both = Service {
        environment: service.environment.clone(),
        environment_from: service.environment_from.clone(),
        ..Service::default()
    };
    both.environment_from.retain(|name, _| !spec.environment.contains_key(name));
    both.environment.extend(spec.environment.clone());
    // What is wrong with the service's own is told where it stands.
    let mut told = Problems::default();
    environment(service, path, &mut told);
    let problems = if told.is_empty() { problems } else { &mut told };
    environment(&both, path, problems)
}
