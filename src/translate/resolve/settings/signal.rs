//! The signal that asks a program to end.

use super::Remarks;
use crate::api::Service;

/// How a program is asked to end, where Kubernetes' own way is another one.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::translate) enum Signal {
    /// It is killed without being asked.
    Kill,
    /// By a signal, as the program `kill` takes it.
    Other(String),
}

/// The signals by number, of Linux on the processors that images are built for (signal(7)).
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// The real-time signals that programs have for themselves, as Docker counts them.
const RTMIN: u32 = 34;
const RTMAX: u32 = 64;

/// Reads `stopSignal`; none for SIGTERM, which Kubernetes sends by itself.
pub(super) fn signal(service: &Service, remarks: &mut Remarks<'_>) -> Option<Signal> {
    let text = service.stop_signal.as_deref()?;
    let Some(number) = number(text) else {
        let message = format!("'{text}' is no signal: write one such as SIGQUIT, SIGRTMIN+3 or 3");
        remarks.refuse("stopSignal", message);
        return None;
    };
    match number {
        15 => None,
        9 => {
            remarks.approximate(
                "stopSignal",
                "SIGTERM comes a second before the kill: with less, Kubernetes would not wait for the program's end before \
                 it starts a successor",
            );
            Some(Signal::Kill)
        }
        _ if service.pid.is_some() || service.init == Some(true) => {
            let message = format!(
                "{text} cannot be sent, since the program is not process 1 with 'init' or 'pid': the program gets the \
                 STOPSIGNAL of its image, or SIGTERM; set STOPSIGNAL there"
            );
            remarks.approximate("stopSignal", message);
            None
        }
        number => {
            let message = format!(
                "{text} is sent by a command in the container, with the image's 'sh': without one the program gets the \
                 STOPSIGNAL of its image, or SIGTERM, at once; and a program that does not end in time gets that too, just \
                 before the kill; STOPSIGNAL in the image does exactly what Docker does"
            );
            remarks.approximate("stopSignal", message);
            Some(Signal::Other(name(number)))
        }
    }
}

/// As `kill` takes it: real-time signals have no names that every shell knows.
fn name(number: u32) -> String {
    let name = usize::try_from(number).ok().and_then(|number| NAMES.get(number.checked_sub(1)?));
    name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

/// The number of a signal that is written as Docker takes it: a number, or a name with or without `SIG`.
fn number(text: &str) -> Option<u32> {
    if let Ok(number) = text.parse::<u32>() {
        return (1..=RTMAX).contains(&number).then_some(number);
    }
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = |start: &str, of: fn(u32) -> Option<u32>| {
        let rest = name.strip_prefix(start)?;
        let count = if rest.is_empty() { 0 } else { rest.get(1..)?.parse().ok()? };
        of(count).filter(|number| (RTMIN..=RTMAX).contains(number))
    };
    let other_name = match name {
        "IOT" => "ABRT",
        "CLD" => "CHLD",
        "POLL" => "IO",
        "UNUSED" => "SYS",
        name => name,
    };
    let position = NAMES.iter().position(|known| *known == other_name);
    position
        .and_then(|position| u32::try_from(position + 1).ok())
        .or_else(|| real_time("RTMIN", |count| RTMIN.checked_add(count)))
        .or_else(|| real_time("RTMAX", |count| RTMAX.checked_sub(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_read_as_docker_reads_it() {
        for (text, expected) in [
            ("SIGQUIT", Some(3)),
            ("quit", Some(3)),
            ("SIGWINCH", Some(28)),
            ("15", Some(15)),
            ("SIGRTMIN+3", Some(37)),
            ("RTMIN", Some(34)),
            ("RTMAX-1", Some(63)),
            ("RTMIN+31", None),
            ("SIGIOT", Some(6)),
            ("0", None),
            ("65", None),
            ("SIG", None),
            ("SIGSTOPIT", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
        assert_eq!((name(28), name(37)), ("WINCH".to_owned(), "37".to_owned()));
    }
}
