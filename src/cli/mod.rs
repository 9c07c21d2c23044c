//! The command line: one verb per file.

// These macros panic on a closed pipe: `terminal` prints.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod age;
mod attach;
mod completion;
pub mod compose;
mod config;
mod confined;
mod connection;
mod containers;
mod controller;
mod conversion;
mod convert;
mod cp;
mod crds;
mod diff;
mod doctor;
mod down;
mod edit;
mod effect;
mod events;
mod exec;
mod explain;
mod failure;
mod folders;
mod format;
mod helper;
mod images;
mod install;
mod kill;
mod logs;
mod ls;
mod man;
mod objects;
mod order;
mod ownership;
mod pods;
mod port;
mod ports;
mod program;
mod progress;
mod project;
mod prompt;
mod ps;
mod rbac;
mod remote;
mod render;
mod repeat;
mod report;
mod restart;
mod rm;
mod run;
mod scale;
mod selection;
mod start;
mod stats;
mod stop;
mod table;
mod target;
mod terminal;
mod top;
mod up;
mod version;
mod volumes;
mod wait;

use std::process::ExitCode;

use clap::{ColorChoice, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use self::connection::explained;
use self::failure::{Exit, Failure};
use self::terminal::ClosedPipe;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "stackwright",
    version,
    about = "Run Docker Compose projects on Kubernetes",
    propagate_version = true
)]
pub struct Cli {
    /// Choose when output has colors
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
    #[command(subcommand)]
    verb: Verb,
}

// In the order of the help: what a user runs first comes first. `GROUPS` names each of them that is not hidden.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a Compose project on a cluster, and follow it until it is ready
    ///
    /// The input is a Compose project or manifests of a Stack. The command converts the project, shows what changes for
    /// each service, and applies the Stack with its ConfigMaps and Secrets. Ctrl-C ends only the command.
    Up(up::Args),
    /// Remove a Stack from a cluster; volumes stay unless you say otherwise
    Down(down::Args),
    /// Show what 'up' would change
    ///
    /// The exit code is 0 without differences, 1 with differences, and 2 after an error, as that of kubectl diff.
    Diff(diff::Args),
    /// Start stopped services
    Start(start::Args),
    /// Stop services, those that depend on others first
    Stop(stop::Args),
    /// Replace the containers of services
    Restart(restart::Args),
    /// Set the number of containers of services
    Scale(scale::Args),
    /// Convert a Compose project to a Stack, with a verdict on every value
    Convert(convert::Args),
    /// Print the objects that the operator would apply, without a cluster
    ///
    /// The input is a Compose project or manifests of Stacks.
    ///
    /// The command reads no registry. The output lacks what the operator takes from image metadata where the Stack
    /// does not set it: EXPOSE, VOLUME, HEALTHCHECK and SHELL.
    Render(render::Args),
    /// Print a Compose project in canonical form
    Config(config::Args),
    /// Explain a rule and its remedy, with an example
    Explain(explain::Args),
    /// List the containers of a Stack, with state, health and addresses
    Ps(ps::Args),
    /// Print the logs of services, merged by time
    Logs(logs::Args),
    /// Run a program in a running container
    Exec(exec::Args),
    /// Run a one-off container of a service
    Run(Box<run::Args>),
    /// Copy files between a container and this machine
    Cp(cp::Args),
    /// Connect the terminal with the program of a container
    Attach(attach::Args),
    /// List the Stacks of a namespace
    Ls(ls::Args),
    /// List the images of the containers
    Images(images::Args),
    /// Print the address at which a port answers
    Port(port::Args),
    /// List the volumes of a Stack
    Volumes(volumes::Args),
    /// Print what happens to the objects of a Stack
    Events(events::Args),
    /// Print the processor time and the memory that containers use
    Stats(stats::Args),
    /// List the processes of containers
    Top(top::Args),
    /// Wait until services have ended, and return their exit code
    Wait(wait::Args),
    /// Send a signal to the programs of services
    Kill(kill::Args),
    /// Remove containers that have ended
    Rm(rm::Args),
    /// Install or upgrade the operator on a cluster
    Install(install::Args),
    /// Remove the operator from a cluster
    Uninstall(install::UninstallArgs),
    /// Check whether a cluster is ready for Stacks
    Doctor(doctor::Args),
    /// Print the versions of this program, the operator and the cluster
    Version(version::Args),
    /// Run the operator
    Controller(controller::Args),
    /// Print the CustomResourceDefinition of Stack
    Crds,
    /// Print the ClusterRole or Role that the operator needs
    Rbac(rbac::Args),
    /// Print a completion script for a shell
    Completion(completion::Args),
    /// Write manual pages to a folder
    #[command(hide = true)]
    Man(man::Args),
    /// Prepare volumes and files, in init containers of the helper image
    #[command(hide = true)]
    Helper(helper::Args),
}

/// The verbs in the help, by heading.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Stacks on a cluster", &["up", "down", "diff", "start", "stop", "restart", "scale"]),
    ("Compose projects", &["convert", "render", "config", "explain"]),
    (
        "Services and containers",
        &[
            "ps", "logs", "exec", "run", "cp", "attach", "ls", "images", "port", "volumes", "events",
            "stats", "top", "wait", "kill", "rm",
        ],
    ),
    ("Cluster", &["install", "uninstall", "doctor", "version"]),
    ("Operator", &["controller", "crds", "rbac"]),
    ("Shell", &["completion"]),
];

impl Cli {
    /// Reads the command line of this process. Prints help or an error and ends the process where clap asks for that.
    pub fn from_command_line() -> Self {
        let arguments = std::env::args_os().filter_map(|argument| argument.into_string().ok());
        terminal::set_colors(terminal::color_argument(arguments).unwrap_or_default());
        let mut matches = command().try_get_matches().unwrap_or_else(|error| refuse(&error));
        let cli = Self::from_arg_matches_mut(&mut matches)
            .unwrap_or_else(|error| error.format(&mut command()).exit());
        terminal::set_colors(cli.color);
        cli
    }
}

/// Prints help, or the error of a command line, and ends the process.
fn refuse(error: &clap::Error) -> ! {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).filter_map(|argument| argument.into_string().ok()).collect();
    match compose::answer(error, &arguments) {
        Some(failure) => {
            finish_failure(&failure);
            std::process::exit(i32::from(failure.exit_code()))
        }
        None => error.exit(),
    }
}

/// Returns the command line with its help.
fn command() -> Command {
    let name = program::name();
    let command = Cli::command()
        .bin_name(name)
        .after_help(format!("Run '{name} COMMAND --help' for the options of a command."));
    let template = template(&command);
    command.help_template(template)
}

/// Returns the command line without hidden verbs: generators of completion scripts write these as well.
fn user_command() -> Command {
    let all = Cli::command();
    let verbs = all.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    Command::new("stackwright")
        .version(env!("CARGO_PKG_VERSION"))
        .about(all.get_about().cloned().unwrap_or_default())
        .args(all.get_arguments().cloned())
        .subcommands(verbs)
        .subcommand_required(true)
        .propagate_version(true)
}

/// Returns the template of the help, which lists the verbs by group: clap has one list for all.
fn template(command: &Command) -> String {
    let styles = command.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n\n".to_owned();
    for (heading, verbs) in GROUPS {
        text.push_str(&format!("{header}{heading}:{header:#}\n"));
        for verb in verbs.iter().filter_map(|verb| command.find_subcommand(verb)) {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("  {literal}{:<12}{literal:#}{about}\n", verb.get_name()));
        }
        text.push('\n');
    }
    text.push_str(&format!("{header}Options:{header:#}\n{{options}}{{after-help}}"));
    text
}

/// Runs a verb.
///
/// # Errors
/// When the verb fails; the message is for the user.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.verb {
        Verb::Attach(args) => attach::run(&args).await,
        Verb::Completion(args) => completion::run(&args, user_command()),
        Verb::Config(args) => config::run(&args),
        Verb::Controller(args) => controller::run(args).await,
        Verb::Convert(args) => convert::run(&args),
        Verb::Cp(args) => cp::run(&args).await,
        Verb::Crds => crds::run(),
        Verb::Diff(args) => diff::run(&args).await,
        Verb::Doctor(args) => doctor::run(&args).await,
        Verb::Down(args) => down::run(&args).await,
        Verb::Events(args) => events::run(&args).await,
        Verb::Exec(args) => exec::run(&args).await,
        Verb::Explain(args) => explain::run(&args),
        Verb::Helper(args) => helper::run(&args),
        Verb::Images(args) => images::run(&args).await,
        Verb::Install(args) => install::run(&args).await,
        Verb::Kill(args) => kill::run(&args).await,
        Verb::Logs(args) => logs::run(args).await,
        Verb::Ls(args) => ls::run(&args).await,
        Verb::Man(args) => man::run(&args, user_command()),
        Verb::Port(args) => port::run(&args).await,
        Verb::Ps(args) => ps::run(args).await,
        Verb::Rbac(args) => rbac::run(&args),
        Verb::Render(args) => render::run(&args),
        Verb::Restart(args) => restart::run(&args).await,
        Verb::Rm(args) => rm::run(&args).await,
        Verb::Run(args) => run::run(&args).await,
        Verb::Scale(args) => scale::run(&args).await,
        Verb::Start(args) => start::run(&args).await,
        Verb::Stats(args) => stats::run(&args).await,
        Verb::Stop(args) => stop::run(&args).await,
        Verb::Top(args) => top::run(&args).await,
        Verb::Uninstall(args) => install::uninstall(&args).await,
        Verb::Up(args) => up::run(&args).await,
        Verb::Version(args) => version::run(&args).await,
        Verb::Volumes(args) => volumes::run(&args).await,
        Verb::Wait(args) => wait::run(&args).await,
    }
}

/// Prints the error of a verb, and returns the exit code of the process.
pub fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // `stackwright crds | head -1` has printed all that its reader wanted.
        Err(error) if error.is::<ClosedPipe>() => ExitCode::SUCCESS,
        Err(error) => match explained(error).downcast::<Failure>() {
            Ok(failure) => {
                finish_failure(&failure);
                ExitCode::from(failure.exit_code())
            }
            Err(error) => match error.downcast_ref::<Exit>() {
                Some(Exit(code)) => ExitCode::from(*code),
                None => {
                    report::print_error(&format!("{error:#}"));
                    ExitCode::FAILURE
                }
            },
        },
    }
}

fn finish_failure(failure: &Failure) {
    report::print_error(&failure.to_string());
    if let Some(help) = failure.help() {
        report::print_help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `check` with each verb that users see, with the verb's full name.
    fn for_each_verb(command: &Command, path: &str, check: &mut dyn FnMut(&str, &Command)) {
        check(path, command);
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            for_each_verb(verb, &format!("{path} {}", verb.get_name()), check);
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
        user_command().debug_assert();
    }

    #[test]
    fn every_visible_verb_is_in_one_group_and_in_that_order() {
        let command = command();
        let verbs: Vec<_> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
        let names: Vec<_> = verbs.iter().map(|verb| verb.get_name()).collect();
        assert_eq!(names, GROUPS.iter().flat_map(|(_, verbs)| *verbs).copied().collect::<Vec<_>>());
    }

    #[test]
    fn help_texts_have_one_form() {
        for_each_verb(&command(), "stackwright", &mut |path, verb| {
            let of_arguments = verb.get_arguments().filter(|argument| !argument.is_hide_set());
            let helps = of_arguments.map(|argument| (argument.get_id().as_str(), argument.get_help()));
            for (name, help) in helps.chain([("", verb.get_about())]) {
                let help = help.map(ToString::to_string).unwrap_or_default();
                assert!(
                    help.starts_with(|first: char| first.is_ascii_uppercase()),
                    "{path} {name}: {help:?}"
                );
                assert!(!help.ends_with('.') && !help.contains(". "), "{path} {name}: {help:?}");
                assert!(!help.contains("Default:") && !help.contains('`'), "{path} {name}: {help:?}");
            }
        });
    }
}
