//! `stackwright helper hook`: a hook whose failure leaves its container as it is, as in Docker.

use std::{fs::OpenOptions, io::Write as _, process::Command};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The program and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// The standard error output of the container's program, which is the container's log. What a hook prints is
/// shown nowhere.
const LOG: &str = "/proc/1/fd/2";

pub(super) fn run(args: &Args) {
    let Some(failure) = failure(&args.command) else { return };
    let told = OpenOptions::new().append(true).open(LOG).and_then(|mut log| writeln!(log, "{failure}"));
    if told.is_err() {
        anstream::eprintln!("{failure}");
    }
}

/// Runs a program to its end, and says how it has failed, if it has.
fn failure(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let cause = match Command::new(program).args(arguments).status() {
        Ok(status) if status.success() => return None,
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    Some(format!("the hook '{program}' has failed: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_and_a_success_is_not() {
        let told = |words: &[&str]| failure(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        assert_eq!(told(&["true"]), None);
        assert_eq!(told(&["sh", "-c", "exit 3"]).unwrap(), "the hook 'sh' has failed: exit status: 3");
        assert!(told(&["/not/there"]).unwrap().starts_with("the hook '/not/there' has failed: No such file"));
    }
}
