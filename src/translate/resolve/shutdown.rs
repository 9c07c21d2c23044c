//! Hooks, the stop signal and the grace period of a container.

use super::stage::Stage;
use crate::{
    api::{Hook, Service},
    text::shell::{is_name, quoted},
    translate::findings::FieldPath,
};

/// The hooks, the stop signal and the grace period of a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Shutdown {
    /// Time from the stop signal to SIGKILL, in seconds.
    pub grace: i64,
    /// The command that runs after the start of the container.
    pub post_start: Option<Command>,
    /// The command that runs before the stop signal.
    pub pre_stop: Option<Command>,
    /// The stop signal as an argument of `kill`. `None` for SIGTERM.
    pub signal: Option<String>,
}

/// A command that runs in the container.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::translate) enum Command {
    /// A program.
    Program(Vec<String>),
    /// A shell script.
    Script(String),
}

impl Command {
    /// Returns the command as a shell script.
    pub fn script(&self) -> String {
        match self {
            Self::Program(words) => format!("({})", line(words)),
            Self::Script(script) => script.clone(),
        }
    }

    /// Reports whether the helper must run the command, so that a failure does not end the container. Without a shell in
    /// the command, it is unknown whether the image has one.
    pub fn needs_helper(&self) -> bool {
        matches!(self, Self::Program(words) if !is_shell(words))
    }
}

/// Reports whether the program is a shell.
pub(in crate::translate) fn is_shell(words: &[String]) -> bool {
    let name = words.first().map(|program| program.rsplit('/').next().unwrap_or_default());
    name.is_some_and(|name| ["sh", "ash", "bash", "dash"].contains(&name))
}

/// The default grace period, in seconds.
const GRACE: i64 = 10;

/// The shortest grace period, in seconds. With zero, the API server deletes a Pod before its containers have ended, so the
/// next Pod would run beside them.
const SHORTEST: i64 = 1;

/// Reads the hooks, `stopSignal` and `stopGracePeriod` of a service.
pub(super) fn shutdown(
    service: &Service,
    post_start: &[&Hook],
    has_helper: bool,
    at: &FieldPath<'_>,
) -> Shutdown {
    let approximate = |field: &str, message: &str| at.child(field).approximate(message);
    if !service.pre_start.is_empty() {
        approximate(
            "preStart",
            "the programs run before each container, whenever a Pod starts. In Docker they run once for the service",
        );
    }
    if !service.post_start.is_empty() {
        approximate(
            "postStart",
            "a hook that fails is only reported in the container's log, if the user of the container can write to \
             it. In Docker Compose, 'up' fails and dependents do not start",
        );
    }
    if !service.pre_stop.is_empty() {
        approximate(
            "preStop",
            "the hooks and the stop of the program share 'stopGracePeriod'. In Docker the hooks have no time limit, \
             and a hook that fails keeps the service running",
        );
    }
    let pre_stop: Vec<_> = service.pre_stop.iter().collect();
    let mut shutdown = Shutdown {
        grace: service.stop_grace_period.as_ref().map_or(GRACE, crate::api::Duration::seconds).max(SHORTEST),
        post_start: commands(post_start, " &&", "postStart", at),
        pre_stop: commands(&pre_stop, ";", "preStop", at),
        signal: None,
    };
    if !has_helper && shutdown.post_start.as_ref().is_some_and(Command::needs_helper) {
        approximate(
            "postStart",
            "a hook that fails restarts the container: run the hook by a shell (sh -c '...'), or run the operator \
             with --helper-image",
        );
    }
    match signal(service.stop_signal.as_deref()) {
        Signal::Term => {}
        Signal::Kill if shutdown.pre_stop.is_none() => {
            approximate(
                "stopSignal",
                "the program gets SIGTERM one second before SIGKILL. With a shorter grace period, Kubernetes does \
                 not wait for the end of a Pod before it starts the next one",
            );
            shutdown.grace = SHORTEST;
        }
        Signal::Kill => approximate(
            "stopSignal",
            "the program gets SIGTERM after the hooks, and SIGKILL at the end of 'stopGracePeriod'",
        ),
        Signal::Other(signal) => shutdown.signal = Some(signal),
        Signal::Unknown => {
            at.child("stopSignal")
                .invalid("the value is not a signal: write a name or number, such as SIGQUIT or 3");
        }
    }
    shutdown
}

impl Shutdown {
    /// Decides how the stop signal is sent. Process 1 is the program only if the containers do not share a process
    /// namespace. With `pid: host`, process 1 is the init system of the node, which halts on some signals.
    pub(super) fn settle_signal(&mut self, stage: Stage, sees_others: bool, at: &FieldPath<'_>) {
        let Some(signal) = self.signal.take() else { return };
        let message = if stage != Stage::Last {
            // Hooks run when the Pod starts to terminate. A template of an earlier edition still sends the signal.
            self.signal = Some(signal).filter(|_| !sees_others);
            "omitted: a preStop hook would send the signal, and would end this service before its dependents in the \
             Pod. The program gets STOPSIGNAL of the image, or SIGTERM: set STOPSIGNAL in the image"
        } else if sees_others {
            "omitted: with 'init' or a shared process namespace, the program is not process 1. The program gets \
             STOPSIGNAL of the image, or SIGTERM: set STOPSIGNAL in the image"
        } else {
            self.signal = Some(signal);
            "a hook sends the signal, which requires /bin/sh in the image. Without /bin/sh, the program gets \
             STOPSIGNAL of the image, or SIGTERM"
        };
        at.child("stopSignal").approximate(message);
    }
}

enum Signal {
    Term,
    Kill,
    Other(String),
    Unknown,
}

/// The signals whose names `kill` supports in every shell.
const NAMES: [&str; 16] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
    "CONT", "WINCH", "PWR",
];
/// The number of SIGRTMIN in glibc and musl.
const RTMIN: u32 = 34;
const HIGHEST: u32 = 64;

fn signal(text: Option<&str>) -> Signal {
    let Some(text) = text else { return Signal::Term };
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let realtime = name.strip_prefix("RTMIN").map(|more| match more.strip_prefix('+') {
        Some(more) => more.parse::<u32>().ok(),
        None => more.is_empty().then_some(0),
    });
    let number = match realtime {
        Some(more) => more.and_then(|more| more.checked_add(RTMIN)),
        None => name.parse().ok(),
    };
    match (name, number) {
        ("TERM", _) | (_, Some(15)) => Signal::Term,
        ("KILL", _) | (_, Some(9)) => Signal::Kill,
        (_, Some(number @ 1..=HIGHEST)) => Signal::Other(number.to_string()),
        (name, None) if NAMES.contains(&name) => Signal::Other(name.to_owned()),
        _ => Signal::Unknown,
    }
}

/// Returns the hooks as one command. It is a shell script only if a single program is not enough, because an image can lack
/// a shell.
fn commands(hooks: &[&Hook], between: &str, field: &str, at: &FieldPath<'_>) -> Option<Command> {
    for (index, _) in
        hooks.iter().enumerate().filter(|(_, hook)| hook.command.first().is_none_or(String::is_empty))
    {
        at.index(field, index)
            .child("command")
            .invalid("the command is empty: write a program and its arguments");
    }
    if let [Hook { command, working_dir: None, environment, .. }] = hooks
        && environment.is_empty()
    {
        return Some(Command::Program(command.clone()));
    }
    for (index, hook) in hooks.iter().enumerate() {
        for name in hook.environment.keys().filter(|name| !is_name(name)) {
            let message =
                "a shell sets the variables of a hook: write only letters, digits and '_' in the name";
            at.index(field, index).key("environment", name).invalid(message);
        }
    }
    let lines: Vec<_> = hooks.iter().map(|hook| script(hook)).collect();
    (!lines.is_empty()).then(|| Command::Script(lines.join(&format!("{between}\n"))))
}

/// Returns a hook as a subshell.
fn script(hook: &Hook) -> String {
    let folder =
        hook.working_dir.as_ref().map(|folder| format!("cd {} && ", quoted(folder))).unwrap_or_default();
    let variables = hook.environment.iter().map(|(name, value)| format!("export {name}={}; ", quoted(value)));
    format!("({}{folder}{})", variables.collect::<String>(), line(&hook.command))
}

/// Returns a program that replaces its shell by `exec`, so that the shell never runs a builtin of the same name, such as
/// `echo`.
fn line(words: &[String]) -> String {
    format!("exec {}", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::findings::Findings;

    #[test]
    fn signals_are_parsed_by_name_and_number() {
        for (text, expected) in [
            ("SIGTERM", "term"),
            ("15", "term"),
            ("SIGKILL", "kill"),
            ("9", "kill"),
            ("SIGQUIT", "QUIT"),
            ("USR1", "USR1"),
            ("3", "3"),
            ("SIGRTMIN+3", "37"),
            ("RTMIN", "34"),
            ("SIGRTMIN+31", "?"),
            ("RTMIN3", "?"),
            ("SIGNONE", "?"),
            ("0", "?"),
        ] {
            let got = match signal(Some(text)) {
                Signal::Term => "term".to_owned(),
                Signal::Kill => "kill".to_owned(),
                Signal::Other(signal) => signal,
                Signal::Unknown => "?".to_owned(),
            };
            assert_eq!(got, expected, "{text}");
        }
    }

    #[test]
    fn a_shell_runs_hooks_only_if_a_program_is_not_enough() {
        let hook = |words: &[&str], folder: Option<&str>, variables: &[(&str, &str)]| Hook {
            command: words.iter().map(|&word| word.to_owned()).collect(),
            working_dir: folder.map(str::to_owned),
            environment: variables.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect(),
            user: None,
            privileged: None,
        };
        let of = |hooks: &[Hook]| {
            commands(&hooks.iter().collect::<Vec<_>>(), " &&", "postStart", &Findings::default().root(""))
        };
        assert_eq!(of(&[]), None);
        let program = of(&[hook(&["warm", "a b"], None, &[])]).unwrap();
        assert_eq!(program, Command::Program(vec!["warm".to_owned(), "a b".to_owned()]));
        assert_eq!(program.script(), "(exec warm 'a b')");
        let script = of(&[
            hook(&["a", "$(X)", "it's"], Some("/my dir"), &[("A", "1 2")]),
            hook(&["b", ""], None, &[]),
        ]);
        let expected = "(export A='1 2'; cd '/my dir' && exec a '$(X)' 'it'\\''s') &&\n(exec b '')";
        assert_eq!(script, Some(Command::Script(expected.to_owned())));
    }

    #[test]
    fn a_program_gets_its_arguments_and_variables_unchanged() {
        let odd = "\\t $HOME `id` \n'\"*";
        let hook = Hook {
            // The builtin printf of a shell gives the same output. The builtin echo does not.
            command: ["env", "printf", "%s|%s", odd, ""].map(str::to_owned).to_vec(),
            working_dir: Some("/".to_owned()),
            environment: [("ODD".to_owned(), odd.into())].into(),
            user: None,
            privileged: None,
        };
        let shown = Hook { command: ["printenv", "ODD"].map(str::to_owned).to_vec(), ..hook.clone() };
        let echo = Hook { command: ["echo", "a\\tb"].map(str::to_owned).to_vec(), ..hook.clone() };
        for (hook, expected) in
            [(hook, format!("{odd}|")), (shown, format!("{odd}\n")), (echo, "a\\tb\n".to_owned())]
        {
            let output = std::process::Command::new("sh").args(["-c", &script(&hook)]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        }
    }
}
