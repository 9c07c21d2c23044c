//! `stackwright helper hook`: runs a hook whose failure does not end the container, as in Docker.

use std::{fs::OpenOptions, io::Write as _, process::Command};

use crate::cli::terminal::message;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Run this program with its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// The standard error of the container's program, which the container runtime logs. Kubernetes discards the output of a hook.
const LOG: &str = "/proc/1/fd/2";

pub(super) fn run(args: &Args) {
    let Some(failure) = failure(&args.command) else { return };
    let logged = OpenOptions::new().append(true).open(LOG).and_then(|mut log| writeln!(log, "{failure}"));
    if logged.is_err() {
        message!("{failure}");
    }
}

/// Runs a program to its end, and returns a message if it fails.
fn failure(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let cause = match Command::new(program).args(arguments).status() {
        Ok(status) if status.success() => return None,
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    Some(format!("hook '{program}' failed: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failure_has_a_message() {
        let message =
            |words: &[&str]| failure(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        assert_eq!(message(&["true"]), None);
        assert_eq!(message(&["sh", "-c", "exit 3"]).unwrap(), "hook 'sh' failed: exit status: 3");
        assert!(message(&["/not/there"]).unwrap().starts_with("hook '/not/there' failed: No such file"));
    }
}
