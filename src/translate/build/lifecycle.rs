//! How a container starts and ends -> its lifecycle.

use k8s_openapi::api::core::v1::{ExecAction, Lifecycle, LifecycleHandler, SleepAction};

use super::{
    edition::Form,
    hooks::{may_fail, words},
};
use crate::translate::resolve::{Command, ResolvedService, Stage};

/// How long an ending container keeps answering, in seconds, so that those who still have its
/// address lose nothing.
const DRAIN: i64 = 5;

/// The drain pause of a service: where nothing runs beside the ending container, or nobody dials
/// it, a pause would only be a longer outage.
fn drain(service: &ResolvedService<'_>) -> Option<i64> {
    (service.start_first && !service.own_ports.is_empty()).then_some(DRAIN)
}

/// The time from the order to end until the kill, in seconds. Kubernetes counts the pause in,
/// Compose does not.
pub(super) fn grace(service: &ResolvedService<'_>) -> i64 {
    service.shutdown.grace.saturating_add(drain(service).unwrap_or_default())
}

/// A container's lifecycle, where something happens at its start or end.
pub(super) fn lifecycle(service: &ResolvedService<'_>, form: Form) -> Option<Lifecycle> {
    let post_start = service.shutdown.post_start.as_ref();
    let post_start = if form.edition.lets_hooks_fail() {
        post_start.map(|command| exec(&may_fail(command, form)))
    } else {
        post_start.map(exec)
    };
    let pre_stop = pre_stop(service, form);
    (post_start.is_some() || pre_stop.is_some()).then_some(Lifecycle {
        post_start,
        pre_stop,
        stop_signal: None,
    })
}

/// What runs before the container is asked to end: its hooks while it still answers, the pause, and
/// the signal, which Kubernetes cannot choose by itself before its feature ContainerStopSignals is on.
fn pre_stop(service: &ResolvedService<'_>, form: Form) -> Option<LifecycleHandler> {
    let shutdown = &service.shutdown;
    // Hooks run when the pod begins to end, and a sidecar ends after others.
    let ends_with_the_pod = service.stage == Stage::Last || !form.edition.orders_containers();
    let signal = shutdown.signal.as_ref().filter(|_| ends_with_the_pod);
    match (&shutdown.pre_stop, drain(service), signal) {
        (None, None, None) => None,
        (None, Some(seconds), None) => {
            Some(LifecycleHandler { sleep: Some(SleepAction { seconds }), ..LifecycleHandler::default() })
        }
        (Some(hooks), None, None) => Some(exec(hooks)),
        (hooks, pause, signal) => {
            let hooks = hooks.as_ref().map(Command::script);
            let pause = pause.map(|seconds| format!("sleep {seconds}"));
            // When it returned, SIGTERM would follow at once.
            let signal = signal.map(|signal| {
                format!("kill -{signal} 1; while kill -0 1 2> /dev/null; do sleep 1 || break; done")
            });
            let lines: Vec<_> = [hooks, pause, signal].into_iter().flatten().collect();
            Some(exec(&Command::Script(lines.join("\n"))))
        }
    }
}

fn exec(command: &Command) -> LifecycleHandler {
    let command = Some(words(command));
    LifecycleHandler { exec: Some(ExecAction { command }), ..LifecycleHandler::default() }
}
