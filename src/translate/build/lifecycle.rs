//! What runs when a container has started and before it ends, and how long its end may take.

use k8s_openapi::api::core::v1::{ExecAction, Lifecycle, LifecycleHandler, SleepAction};

use super::{container::drain, shell};
use crate::{
    api::Hook,
    translate::resolve::{ResolvedService, Signal},
};

/// The time from SIGTERM to the kill for a program that is not to be asked, in seconds: with none at all, the
/// API server would forget the pod before it has ended.
const KILL: i64 = 1;

/// What runs when a container has started and before it ends.
pub(super) fn lifecycle(service: &ResolvedService<'_>) -> Option<Lifecycle> {
    let lifecycle = Lifecycle {
        post_start: commands(service.settings.hooks.post_start),
        pre_stop: pre_stop(service),
        ..Lifecycle::default()
    };
    (lifecycle != Lifecycle::default()).then_some(lifecycle)
}

/// How long the end of a pod may take, in seconds. Kubernetes counts in what Compose does not: the pause,
/// and the commands before the stop signal, which have as long again as the program.
pub(super) fn grace(service: &ResolvedService<'_>) -> i64 {
    let hooks = &service.settings.hooks;
    let program = if hooks.signal == Some(Signal::Kill) { KILL } else { service.stop_grace };
    let commands = if hooks.pre_stop.is_empty() { 0 } else { service.stop_grace };
    program.saturating_add(commands).saturating_add(drain(service).unwrap_or_default())
}

/// The pause, the commands and the stop signal: a container has one handler for all of them.
fn pre_stop(service: &ResolvedService<'_>) -> Option<LifecycleHandler> {
    let hooks = &service.settings.hooks;
    let signal = match &hooks.signal {
        Some(Signal::Other(name)) => Some(signal(name)),
        Some(Signal::Kill) | None => None,
    };
    match (drain(service), signal) {
        (None, None) => commands(hooks.pre_stop),
        (Some(seconds), None) if hooks.pre_stop.is_empty() => {
            let sleep = Some(SleepAction { seconds });
            Some(LifecycleHandler { sleep, ..LifecycleHandler::default() })
        }
        (pause, signal) => {
            let pause = pause.map(|seconds| format!("sleep {seconds}"));
            let commands = (!hooks.pre_stop.is_empty()).then(|| in_turn(hooks.pre_stop));
            let steps: Vec<_> = [pause, commands, signal].into_iter().flatten().collect();
            Some(in_shell(&steps.join("; ")))
        }
    }
}

/// Sends a signal to the program and waits for its end, which ends this command too. What asks for the end
/// after it comes too late to matter, unless the program may not be signalled.
fn signal(name: &str) -> String {
    format!("kill -{name} 1 && while kill -0 1 2>/dev/null; do sleep 1 || break; done")
}

/// One command as it is, unless only a shell can do what it asks; several one after the other.
fn commands(hooks: &[Hook]) -> Option<LifecycleHandler> {
    match hooks {
        [] => None,
        [hook] if hook.working_dir.is_none() && hook.environment.is_empty() => {
            Some(exec(hook.command.clone()))
        }
        hooks => Some(in_shell(&in_turn(hooks))),
    }
}

fn in_turn(hooks: &[Hook]) -> String {
    hooks.iter().map(shell::line).collect::<Vec<_>>().join(" && ")
}

fn in_shell(script: &str) -> LifecycleHandler {
    exec(["sh", "-c", script].map(str::to_owned).to_vec())
}

fn exec(command: Vec<String>) -> LifecycleHandler {
    LifecycleHandler { exec: Some(ExecAction { command: Some(command) }), ..LifecycleHandler::default() }
}
