//! How a container starts and ends -> its lifecycle.

use k8s_openapi::api::core::v1::{ExecAction, Lifecycle, LifecycleHandler, SleepAction};

use crate::translate::resolve::{Command, ResolvedService};

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
pub(super) fn lifecycle(service: &ResolvedService<'_>) -> Option<Lifecycle> {
    let post_start = service.shutdown.post_start.clone().map(exec);
    let pre_stop = pre_stop(service);
    (post_start.is_some() || pre_stop.is_some()).then_some(Lifecycle {
        post_start,
        pre_stop,
        stop_signal: None,
    })
}

/// What runs before the container is asked to end: its hooks while it still answers, the pause, and
/// the signal, which Kubernetes cannot choose by itself before its feature ContainerStopSignals is on.
fn pre_stop(service: &ResolvedService<'_>) -> Option<LifecycleHandler> {
    let shutdown = &service.shutdown;
    match (&shutdown.pre_stop, drain(service), &shutdown.signal) {
        (None, None, None) => None,
        (None, Some(seconds), None) => {
            Some(LifecycleHandler { sleep: Some(SleepAction { seconds }), ..LifecycleHandler::default() })
        }
        (Some(hooks), None, None) => Some(exec(hooks.clone())),
        (hooks, pause, signal) => {
            let hooks = hooks.as_ref().map(Command::script);
            let pause = pause.map(|seconds| format!("sleep {seconds}"));
            // When it returned, SIGTERM would follow at once.
            let signal = signal.as_ref().map(|signal| {
                format!("kill -{signal} 1; while kill -0 1 2> /dev/null; do sleep 1 || break; done")
            });
            let lines: Vec<_> = [hooks, pause, signal].into_iter().flatten().collect();
            Some(exec(Command::Script(lines.join("\n"))))
        }
    }
}

fn exec(command: Command) -> LifecycleHandler {
    let words = match command {
        Command::Program(words) => words,
        Command::Script(script) => vec!["/bin/sh".to_owned(), "-c".to_owned(), script],
    };
    LifecycleHandler { exec: Some(ExecAction { command: Some(words) }), ..LifecycleHandler::default() }
}
