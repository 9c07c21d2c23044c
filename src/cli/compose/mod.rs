//! The commands and flags of docker compose: which ones this program has, and what to do instead of the others.
//!
//! A user of docker compose gets an answer to each of its commands. The table is a chapter of the book, too.

mod containers;
mod table;

use std::fmt::Write;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use self::table::{COMMANDS, GLOBAL};
use super::failure::{Failure, exit};
use super::program;

/// The version of docker compose whose commands and flags the table has.
pub const VERSION: &str = "2.40";

/// What this program does with a command or flag of docker compose.
#[derive(Clone, Copy, Debug)]
pub enum Here {
    /// The same.
    Same,
    /// The same, but for this difference.
    Differs(&'static str),
    /// Nothing.
    Not {
        /// The reason.
        why: &'static str,
        /// What the user can do instead.
        instead: &'static str,
    },
}

/// A command of docker compose.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The name.
    pub name: &'static str,
    /// What this program does with it.
    pub here: Here,
    /// Its flags. Only commands that this program has list them.
    pub flags: &'static [(&'static str, Here)],
}

/// Returns the commands in alphabetical order.
pub fn commands() -> &'static [Command] {
    COMMANDS
}

/// Returns the answer to a command line that clap refuses, if it has a command or flag of docker compose.
pub fn answer(error: &clap::Error, arguments: &[String]) -> Option<Failure> {
    let context = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let (what, here) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand)?;
            (name.to_owned(), find(name)?.here)
        }
        ErrorKind::UnknownArgument => {
            let flag = context(ContextKind::InvalidArg)?.split(['=', ' ']).next()?;
            let command = arguments.iter().find_map(|argument| find(argument));
            let flags = command.map(|command| command.flags).unwrap_or_default().iter().chain(GLOBAL);
            let here = flags.clone().find(|(name, _)| *name == flag)?.1;
            (command.map_or_else(|| flag.to_owned(), |command| format!("{} {flag}", command.name)), here)
        }
        _ => return None,
    };
    match here {
        Here::Not { why, instead } => {
            let cause = format!("{} has no {what}: {why}", program::name());
            Some(Failure::new(cause).remedy(instead).code(exit::USAGE))
        }
        Here::Same | Here::Differs(_) => None,
    }
}

fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// Returns the table as a part of a page of the book.
pub fn markdown() -> String {
    let mut text = "| docker compose | here |\n|---|---|\n".to_owned();
    let mut row = |name: &str, here: Here| {
        let _ = writeln!(text, "| `{name}` | {} |", cell(here));
    };
    for (flag, here) in GLOBAL {
        row(flag, *here);
    }
    for command in COMMANDS {
        row(command.name, command.here);
        for (flag, here) in command.flags {
            row(&format!("{} {flag}", command.name), *here);
        }
    }
    text
}

fn cell(here: Here) -> String {
    match here {
        Here::Same => "the same".to_owned(),
        Here::Differs(how) => how.to_owned(),
        Here::Not { why, instead } => format!("no: {why}; {instead}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(command: &clap::Command) -> Vec<String> {
        let names = command.get_arguments().filter_map(clap::Arg::get_long_and_visible_aliases);
        names.flatten().map(|name| format!("--{name}")).collect()
    }

    #[test]
    fn the_table_agrees_with_the_command_line() {
        let program = super::super::command();
        for command in COMMANDS {
            let verb = program.find_subcommand(command.name);
            let is_refused = matches!(command.here, Here::Not { .. });
            assert_eq!(verb.is_none(), is_refused, "{}", command.name);
            let Some(verb) = verb else {
                assert!(command.flags.is_empty(), "{}", command.name);
                continue;
            };
            let known = flags(verb);
            for (flag, here) in command.flags {
                let is_refused = matches!(here, Here::Not { .. });
                assert_eq!(!known.contains(&(*flag).to_owned()), is_refused, "{} {flag}", command.name);
            }
        }
    }

    #[test]
    fn texts_have_one_form() {
        let all = COMMANDS.iter().flat_map(|it| it.flags.iter().map(|(_, here)| here).chain([&it.here]));
        for here in all.chain(GLOBAL.iter().map(|(_, here)| here)) {
            let texts = match here {
                Here::Same => vec![],
                Here::Differs(how) => vec![how],
                Here::Not { why, instead } => vec![why, instead],
            };
            for text in texts {
                let starts_well =
                    ["Compose", "Kubernetes", "Stackwright"].iter().any(|name| text.starts_with(name))
                        || !text.starts_with(char::is_uppercase);
                assert!(starts_well && !text.ends_with('.'), "{text}");
            }
        }
    }

    #[test]
    fn the_commands_are_sorted() {
        assert!(COMMANDS.is_sorted_by_key(|command| command.name));
        assert!(COMMANDS.iter().all(|command| command.flags.is_sorted_by_key(|(flag, _)| flag)));
    }

    #[test]
    fn a_command_or_flag_of_docker_compose_is_answered() {
        let answered = |line: &str| {
            let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let error = super::super::command().try_get_matches_from(&arguments).unwrap_err();
            answer(&error, &arguments).map(|failure| (failure.to_string(), failure.exit_code()))
        };
        let (text, code) = answered("stackwright pause web").unwrap();
        assert!(text.starts_with("stackwright has no pause: ") && code == exit::USAGE, "{text}");
        assert!(answered("stackwright up --watch").unwrap().0.starts_with("stackwright has no up --watch: "));
        assert!(answered("stackwright down --rmi=all").unwrap().0.contains("down --rmi"));
        assert_eq!(answered("stackwright uup"), None);
        assert_eq!(answered("stackwright up --nonsense"), None);
    }
}
