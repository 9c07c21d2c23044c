//! The command line: one verb per file.

mod config;
mod confined;
mod controller;
mod conversion;
mod convert;
mod crds;
mod explain;
mod folders;
mod helper;
mod project;
mod rbac;
mod render;
mod report;

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
    /// Turn a compose project into a Stack, with a verdict on every value.
    Convert(convert::Args),
    /// Print the CustomResourceDefinition of Stack.
    Crds,
    /// Say what a rule of the conversion means and what to do about it.
    Explain(explain::Args),
    /// What init containers of the operator's own image do.
    #[command(hide = true)]
    Helper(helper::Args),
    /// Print the Role or ClusterRole that the operator needs.
    Rbac(rbac::Args),
    /// Print the objects that the operator would apply for a Stack or a compose project, without a cluster.
    ///
    /// No registry is asked either: what the operator would take from an image where the Stack is silent (EXPOSE,
    /// VOLUME, HEALTHCHECK, SHELL) is missing in what is printed.
    Render(render::Args),
}

/// Carries out a command line.
///
/// # Errors
/// When the verb fails; the message is for the user.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.verb {
        Verb::Config(args) => config::run(&args),
        Verb::Controller(args) => controller::run(args).await,
        Verb::Convert(args) => convert::run(&args),
        Verb::Crds => crds::run(),
        Verb::Explain(args) => explain::run(&args),
        Verb::Helper(args) => helper::run(&args),
        Verb::Rbac(args) => rbac::run(&args),
        Verb::Render(args) => render::run(&args),
    }
}
