//! `stackwright version`: the versions of this program, of the operator and of the cluster.

use clap::ValueEnum;
use serde_json::json;

use super::connection::ClusterArgs;
use super::install::{Installed, installed};
use super::terminal::print;

/// What to print.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print only the version of this program, and contact no cluster
    #[arg(long)]
    client: bool,
    /// Print only the version number of this program
    #[arg(long)]
    short: bool,
    /// Print in this format
    #[arg(short, long, visible_alias = "format", value_enum, default_value_t = Format::Text)]
    output: Format,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for each version
    Text,
    /// One JSON object
    Json,
}

const CLIENT: &str = env!("CARGO_PKG_VERSION");

/// Prints the versions. That of this program comes first, also if the cluster cannot be reached.
///
/// # Errors
/// When the cluster cannot be read.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    if args.short {
        return print(&format!("{CLIENT}\n"));
    }
    if args.client {
        return match args.output {
            Format::Text => print(&format!("Client:      {CLIENT}\n")),
            Format::Json => print(&format!("{:#}\n", json!({"client": CLIENT}))),
        };
    }
    if args.output == Format::Text {
        print(&format!("Client:      {CLIENT}\n"))?;
    }
    let connection = args.cluster.connect().await?;
    let server = connection.client.apiserver_version().await;
    let server =
        server.map_err(|error| connection.failed("get the version of the API server", error))?.git_version;
    let operator = installed(&connection).await?;
    match args.output {
        Format::Text => {
            print(&format!("Operator:    {}\nKubernetes:  {server}\n", described(operator.as_ref())))
        }
        Format::Json => {
            let operator = operator.map(|it| {
                json!({"version": it.version, "namespace": it.namespace, "image": it.image, "available": it.pods.0, "desired": it.pods.1})
            });
            print(&format!("{:#}\n", json!({"client": CLIENT, "operator": operator, "kubernetes": server})))
        }
    }
}

fn described(operator: Option<&Installed>) -> String {
    let Some(it) = operator else { return "not installed".to_owned() };
    let version = it.version.as_deref().unwrap_or("unknown");
    let (available, desired) = it.pods;
    format!("{version} (namespace {}, {available} of {desired} Pods available)", it.namespace)
}
