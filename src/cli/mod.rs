//! The command line: one verb per file.

mod config;
mod controller;
mod crds;
mod helper;
mod rbac;

use clap::{Parser, Subcommand};

/// Runs Docker Compose stacks on Kubernetes.
#[derive(Debug, Parser)]
#[command(name = "stackwright", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Load a compose project and print it in canonical form.
    Config(config::Args),
    /// Run the operator that turns Stacks into running applications.
    Controller(controller::Args),
    /// Print the CustomResourceDefinition of Stack.
    Crds,
    /// What init containers of the operator's own image do.
    #[command(hide = true)]
    Helper(helper::Args),
    /// Print the Role or ClusterRole that the operator needs.
    Rbac(rbac::Args),
}

/// Carries out a command line.
///
/// # Errors
/// When the verb fails; the message is for the user.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.verb {
        Verb::Config(args) => config::run(&args),
        Verb::Controller(args) => controller::run(args).await,
        Verb::Crds => crds::run(),
        Verb::Helper(args) => helper::run(&args),
        Verb::Rbac(args) => rbac::run(&args),
    }
}
