//! Builder of the lifecycle of a container.

use k8s_openapi::api::core::v1::{ExecAction, Lifecycle, LifecycleHandler, SleepAction};

use super::{
    edition::Form,
    hooks::{may_fail, words},
};
use crate::translate::resolve::{Command, ResolvedService, Stage};

/// The time for which a terminating container continues to answer, in seconds. Clients that still have its address do not
/// get errors.
const DRAIN: i64 = 5;

/// Returns the drain time of a service. Without another container, or without clients, a drain time would only extend the
/// outage.
fn drain(service: &ResolvedService<'_>) -> Option<i64> {
    (service.pod.start_first && !service.own.own_ports.is_empty()).then_some(DRAIN)
}

/// Returns the termination grace period, in seconds. In Kubernetes it includes the drain time. In Compose it does not.
pub(super) fn grace(service: &ResolvedService<'_>) -> i64 {
    service.shutdown.grace.saturating_add(drain(service).unwrap_or_default())
}

/// Returns the lifecycle of a container, if it has hooks.
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

/// Returns the command that runs before the stop signal: the hooks, the drain time and the signal. Kubernetes cannot send
/// another signal without its feature gate ContainerStopSignals.
fn pre_stop(service: &ResolvedService<'_>, form: Form) -> Option<LifecycleHandler> {
    let shutdown = &service.shutdown;
    // Hooks run when the Pod starts to terminate, and a sidecar ends after other containers.
    let ends_with_the_pod = service.start.stage == Stage::Last || !form.edition.orders_containers();
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
            // The kubelet sends SIGTERM when the hook returns.
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
