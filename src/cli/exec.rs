//! `stackwright exec`: a program in a running container.

use super::{
    containers::containers,
    failure::{Exit, Failure},
    remote::{Wiring, choose, exec, is_interactive},
    selection::{StackArgs, services},
    target::Target,
};

// `-e` and `-w` come before the service, and everything after the program is its own.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Set an environment variable; without a value, pass that of this process
    #[arg(short, long = "env", value_name = "NAME[=VALUE]")]
    environment: Vec<String>,
    /// Run the program in this folder
    #[arg(short, long, value_name = "FOLDER")]
    workdir: Option<String>,
    /// Run the program as this user, which Kubernetes does not support
    #[arg(short, long, value_name = "USER")]
    user: Option<String>,
    /// Run the program in the background
    #[arg(short, long)]
    detach: bool,
    /// Give the program no terminal [default: a terminal if this process has one]
    #[arg(short = 'T', long = "no-tty", visible_alias = "no-TTY")]
    no_tty: bool,
    /// Keep standard input open, which is always so
    #[arg(short, long, hide = true)]
    interactive: bool,
    /// Give the program a terminal, which is the default
    #[arg(short, long, hide = true)]
    tty: bool,
    /// Run the program in the container with this number, if the service has several
    #[arg(long, value_name = "NUMBER")]
    index: Option<usize>,
    #[command(flatten)]
    stack: StackArgs,
    /// Run the program in a container of this service
    service: String,
    /// Run this program with these arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(user) = &args.user {
        return Err(Failure::new(format!(
            "cannot run a program as user {user}: Kubernetes runs it as the user of the container"
        ))
        .remedy("leave out --user, or set 'user' of the service")
        .into());
    }
    let target = Target::of(&args.stack).await?;
    let (stack, pods) = tokio::try_join!(target.stack(), target.list())?;
    let service = services(&stack, std::slice::from_ref(&args.service))?.swap_remove(0);
    let place = choose(&stack, &service, args.index, &containers(&pods))?;
    let environment = environment(&args.environment, |name| std::env::var(name).ok());
    let command = command(&args.command, &environment, args.workdir.as_deref(), args.detach);
    let wiring = Wiring { stdin: !args.detach, tty: !args.no_tty && !args.detach && is_interactive() };
    match exec(&target.connection, &place, &command, wiring).await? {
        0 => Ok(()),
        code => Err(Exit(code).into()),
    }
}

/// Returns the variables with their values. A name without a value is that of this process.
pub(super) fn environment(given: &[String], own: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let variable = |text: &String| match text.split_once('=') {
        Some(_) => Some(text.clone()),
        None => own(text).map(|value| format!("{text}={value}")),
    };
    given.iter().filter_map(variable).collect()
}

/// Returns the command that sets variables and the folder first. Kubernetes has no call for these: `env` and `sh` of the
/// image do it.
fn command(program: &[String], environment: &[String], workdir: Option<&str>, detach: bool) -> Vec<String> {
    let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let mut command = Vec::new();
    if !environment.is_empty() {
        command.extend(own(&["env"]));
        command.extend_from_slice(environment);
    }
    if let Some(folder) = workdir {
        command.extend(own(&["sh", "-c", "cd \"$0\" && exec \"$@\"", folder]));
    }
    if detach {
        // The streams are closed, so that the connection does not wait for the program.
        command.extend(own(&["sh", "-c", "\"$@\" </dev/null >/dev/null 2>&1 &", "sh"]));
    }
    command.extend_from_slice(program);
    command
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    #[test]
    fn variables_and_the_folder_are_set_by_programs_of_the_image() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let ls = words(&["ls", "-l"]);
        assert_eq!(command(&ls, &[], None, false), ls);
        assert_eq!(
            command(&ls, &words(&["A=1"]), Some("/tmp"), false),
            words(&["env", "A=1", "sh", "-c", "cd \"$0\" && exec \"$@\"", "/tmp", "ls", "-l"])
        );
        let own = |name: &str| (name == "HOME").then(|| "/root".to_owned());
        assert_eq!(environment(&words(&["A=b=c", "HOME", "MISSING"]), own), ["A=b=c", "HOME=/root"]);
    }

    #[test]
    fn everything_after_the_program_is_its_own() {
        let line = ["exec", "-T", "-e", "A=1", "-p", "shop", "db", "psql", "-U", "app", "--", "-T"];
        let matches = Args::augment_args(Command::new("exec")).try_get_matches_from(line).unwrap();
        let args = Args::from_arg_matches(&matches).unwrap();
        assert_eq!(args.service, "db");
        assert_eq!(args.command, ["psql", "-U", "app", "--", "-T"]);
        assert!(args.no_tty);
    }
}
