//! `stackwright doctor`: whether a cluster and a namespace are ready for Stacks, and what to do if not.

mod checks;
mod definition;
mod facts;

use clap::ValueEnum;
use clap::builder::Styles;
use serde::Serialize;

use self::checks::{Check, Verdict, checks};
use super::connection::ClusterArgs;
use super::failure::{Exit, exit};
use super::terminal::print;

/// What to check.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print in this format
    #[arg(short, long, visible_alias = "format", value_enum, default_value_t = Format::Text)]
    output: Format,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for each check, and one for each remedy
    Text,
    /// One JSON object
    Json,
}

/// The report in JSON.
#[derive(Serialize)]
struct Report<'a> {
    context: &'a str,
    namespace: &'a str,
    checks: &'a [Check],
}

/// Checks the cluster and prints the report.
///
/// # Errors
/// When the cluster cannot be reached, and with exit code 1 when a check fails.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let connection = args.cluster.connect().await?;
    let facts = facts::gather(&connection).await?;
    let checks = checks(&facts);
    match args.output {
        Format::Text => print_text(&checks)?,
        Format::Json => {
            let (context, namespace) = (connection.context.as_str(), connection.namespace.as_str());
            let report = Report { context, namespace, checks: &checks };
            print(&(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
    }
    if checks.iter().any(|check| check.verdict == Verdict::Fail) {
        return Err(Exit(exit::FAILED).into());
    }
    Ok(())
}

fn print_text(checks: &[Check]) -> anyhow::Result<()> {
    let styles = Styles::styled();
    let colored = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    let mut text = String::new();
    for check in checks {
        let style = match check.verdict {
            Verdict::Ok => styles.get_valid(),
            Verdict::Warn => styles.get_literal(),
            Verdict::Fail => styles.get_error(),
        };
        let verdict = format!("{:4}", check.verdict.as_str());
        let verdict = if colored { format!("{style}{verdict}{style:#}") } else { verdict };
        text.push_str(&format!("{verdict}  {:14} {}\n", check.name, check.message));
        if let Some(remedy) = &check.remedy {
            text.push_str(&format!("      {:14} help: {remedy}\n", ""));
        }
    }
    print(&text)
}
