//! How a container starts and ends: hooks, the stop signal, and the time that ending may take.

use super::{Problems, ResolvedService, Stage};
use crate::{
    api::{Hook, Service},
    translate::Approximation,
};

/// How a container starts and ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::translate) struct Shutdown {
    /// Time from the stop signal to the kill, in seconds.
    pub grace: i64,
    /// What runs when the container has started.
    pub post_start: Option<Command>,
    /// What runs before it is asked to end.
    pub pre_stop: Option<Command>,
    /// The signal that asks it to end, as an argument of `kill`; none for SIGTERM.
    pub signal: Option<String>,
}

/// Commands that run in the container.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::translate) enum Command {
    /// One program.
    Program(Vec<String>),
    /// A text for the shell.
    Script(String),
}

impl Command {
    /// As a text for the shell.
    pub fn script(&self) -> String {
        match self {
            Self::Program(words) => format!("({})", line(words)),
            Self::Script(script) => script.clone(),
        }
    }

    /// Whether only the helper can let it fail: of an image it is not known whether it has a shell.
    pub fn needs_helper(&self) -> bool {
        matches!(self, Self::Program(words) if !is_shell(words))
    }
}

/// Whether the program is a shell, so that the image has one.
pub(in crate::translate) fn is_shell(words: &[String]) -> bool {
    let name = words.first().map(|program| program.rsplit('/').next().unwrap_or_default());
    name.is_some_and(|name| ["sh", "ash", "bash", "dash"].contains(&name))
}

/// The time from the stop signal to the kill where none is given, in seconds.
const GRACE: i64 = 10;

/// The shortest such time, in seconds: a pod that is given none is gone for the API server before it has
/// ended, so that its successor would run beside it.
const SHORTEST: i64 = 1;

/// Reads a service's hooks, `stopSignal` and `stopGracePeriod`.
pub(super) fn shutdown(
    service: &Service,
    post_start: &[&Hook],
    has_helper: bool,
    path: &str,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> Shutdown {
    let mut say = |field: &str, message: &str| {
        approximations.push(Approximation { path: format!("{path}.{field}"), message: message.to_owned() });
    };
    if !service.pre_start.is_empty() {
        say(
            "preStart",
            "the programs run before each container, whenever a pod starts: in Docker once for the service",
        );
    }
    if !service.post_start.is_empty() {
        say(
            "postStart",
            "a hook that fails is told in the container's log, as far as the container's user may write there, and nothing \
             else follows: in Docker Compose 'up' fails, and what depends on the service does not start",
        );
    }
    if !service.pre_stop.is_empty() {
        say(
            "preStop",
            "the hooks have their time out of 'stopGracePeriod', and the program what is left of it: in Docker they have as \
             long as they take, and one that fails keeps the service running",
        );
    }
    let pre_stop: Vec<_> = service.pre_stop.iter().collect();
    let mut shutdown = Shutdown {
        grace: service.stop_grace_period.as_ref().map_or(GRACE, crate::api::Duration::seconds).max(SHORTEST),
        post_start: commands(post_start, " &&", &format!("{path}.postStart"), problems),
        pre_stop: commands(&pre_stop, ";", &format!("{path}.preStop"), problems),
        signal: None,
    };
    if !has_helper && shutdown.post_start.as_ref().is_some_and(Command::needs_helper) {
        say(
            "postStart",
            "a hook that fails ends the container, which is started again: run it by a shell (sh -c '...'), or start the \
             operator with --helper-image",
        );
    }
    match signal(service.stop_signal.as_deref()) {
        Signal::Term => {}
        Signal::Kill if shutdown.pre_stop.is_none() => {
            say(
                "stopSignal",
                "SIGTERM comes a second before the kill: with less, Kubernetes would not wait for the end before it starts \
                 a successor",
            );
            shutdown.grace = SHORTEST;
        }
        Signal::Kill => {
            say("stopSignal", "the container gets SIGTERM after its hooks, and SIGKILL when its time is over")
        }
        Signal::Other(signal) => shutdown.signal = Some(signal),
        Signal::Unknown => {
            problems
                .value(format!("{path}.stopSignal"), "write a signal's name or number, such as SIGQUIT or 3");
        }
    }
    shutdown
}

/// Settles how the stop signal is sent, once it is known whether the containers of the pod see other
/// processes than their own: process 1 is the program only where they do not. With `pid: host` it would be
/// the node's own init, which takes some signals as the order to halt.
pub(super) fn settle_signal(service: &mut ResolvedService<'_>, sees_others: bool) -> Option<Approximation> {
    let signal = service.shutdown.signal.take()?;
    let message = if service.stage != Stage::Last {
        // Hooks run when the pod begins to end. The template of an earlier edition still sends it.
        service.shutdown.signal = Some(signal).filter(|_| !sees_others);
        "a signal is sent by a hook, which would end the service before those of its pod that depend on it, so it gets the \
         STOPSIGNAL of its image, or SIGTERM: set STOPSIGNAL in the image"
    } else if sees_others {
        "the program is not process 1 of its pod, beside 'init' or with shared processes, so it gets the STOPSIGNAL of its \
         image, or SIGTERM: set STOPSIGNAL in the image"
    } else {
        service.shutdown.signal = Some(signal);
        "the signal is sent by a hook, which needs /bin/sh in the image: without one it is the STOPSIGNAL of the image, or \
         SIGTERM"
    };
    let path = format!("spec.services.{}.stopSignal", service.name);
    Some(Approximation { path, message: message.to_owned() })
}

enum Signal {
    Term,
    Kill,
    Other(String),
    Unknown,
}

/// The signals that a shell's `kill` knows by name everywhere.
const NAMES: [&str; 16] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
    "CONT", "WINCH", "PWR",
];
/// The number of SIGRTMIN for programs of glibc and musl.
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

/// The hooks as one command: the shell is asked only where one program cannot say it, since an image
/// may have none.
fn commands(hooks: &[&Hook], between: &str, path: &str, problems: &mut Problems) -> Option<Command> {
    for (index, _) in
        hooks.iter().enumerate().filter(|(_, hook)| hook.command.first().is_none_or(String::is_empty))
    {
        problems.value(format!("{path}[{index}].command"), "write a program and its arguments");
    }
    if let [Hook { command, working_dir: None, environment, .. }] = hooks
        && environment.is_empty()
    {
        return Some(Command::Program(command.clone()));
    }
    for (index, hook) in hooks.iter().enumerate() {
        for name in hook.environment.keys().filter(|name| !is_variable(name)) {
            let message = "a hook's variable is set by the shell: write letters, digits and '_' in its name";
            problems.value(format!("{path}[{index}].environment.{name}"), message);
        }
    }
    let lines: Vec<_> = hooks.iter().map(|hook| script(hook)).collect();
    (!lines.is_empty()).then(|| Command::Script(lines.join(&format!("{between}\n"))))
}

/// One hook in a shell of its own.
fn script(hook: &Hook) -> String {
    let folder =
        hook.working_dir.as_ref().map(|folder| format!("cd {} && ", quoted(folder))).unwrap_or_default();
    let variables = hook.environment.iter().map(|(name, value)| format!("export {name}={}; ", quoted(value)));
    format!("({}{folder}{})", variables.collect::<String>(), line(&hook.command))
}

/// A program in place of its shell, so that its name is never taken for something that the shell does
/// itself, in its own way, such as `echo`.
fn line(words: &[String]) -> String {
    format!("exec {}", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

/// A word that a shell reads as it is.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn is_variable(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_read_by_name_and_number() {
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
    fn a_shell_is_asked_only_where_a_program_alone_cannot_say_it() {
        let hook = |words: &[&str], folder: Option<&str>, variables: &[(&str, &str)]| Hook {
            command: words.iter().map(|&word| word.to_owned()).collect(),
            working_dir: folder.map(str::to_owned),
            environment: variables.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect(),
            user: None,
            privileged: None,
        };
        let of = |hooks: &[Hook]| {
            commands(&hooks.iter().collect::<Vec<_>>(), " &&", "s", &mut Problems::default())
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
    fn a_program_gets_its_words_and_variables_as_they_were_written() {
        let odd = "\\t $HOME `id` \n'\"*";
        let hook = Hook {
            // A shell that ran its own printf would still be right; its own echo would not.
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
