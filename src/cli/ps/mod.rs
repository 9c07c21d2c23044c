//! `stackwright ps`: the containers of a Stack's services.

mod line;

use std::collections::BTreeSet;

use jiff::Timestamp;

use self::line::{Line, lines};
use super::{
    format::{Format, JsonForm},
    repeat::repeat,
    selection::{StackArgs, services},
    target::{Observed, Target},
    terminal::{message, output_width, print},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show only these services [default: all services]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Show also containers that have ended and services that are stopped
    #[arg(short, long)]
    all: bool,
    /// Show only what has this state, health, name or service, such as status=running; can be repeated
    #[arg(long = "filter", value_name = "KEY=VALUE", value_parser = filter)]
    filters: Vec<Filter>,
    /// Show only containers in this state, such as running; can be repeated
    #[arg(long, value_name = "STATE")]
    status: Vec<String>,
    /// Print a table, JSON, or a template such as '{{.Name}}'
    #[arg(long, value_name = "table|json|TEMPLATE", default_value = "table", hide_default_value = true)]
    format: Format,
    /// Print only the names of the Pods
    #[arg(short, long)]
    quiet: bool,
    /// Print only the names of the services
    #[arg(long = "services", conflicts_with = "quiet")]
    only_services: bool,
    /// Do not cut long values
    #[arg(long)]
    no_trunc: bool,
    /// Print again after each change, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    stack: StackArgs,
}

/// A condition of `--filter`.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Filter {
    key: Key,
    value: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Key {
    Status,
    Health,
    Name,
    Service,
}

fn filter(text: &str) -> Result<Filter, String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE, such as status=running")?;
    let key = match key {
        "status" => Key::Status,
        "health" => Key::Health,
        "name" => Key::Name,
        "service" => Key::Service,
        _ => return Err(format!("unknown key '{key}': the keys are status, health, name and service")),
    };
    Ok(Filter { key, value: value.to_owned() })
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    if args.watch {
        return repeat(&target, async || {
            let (text, causes) = show(&args, &target.observe().await?)?;
            Ok(text + &causes.iter().map(|cause| format!("{cause}\n")).collect::<String>())
        })
        .await;
    }
    let (text, causes) = show(&args, &target.observe().await?)?;
    print(&text)?;
    for cause in causes {
        message!("{cause}");
    }
    Ok(())
}

/// Returns the text of the rows, and the causes of the states that need an explanation.
fn show(args: &Args, observed: &Observed) -> anyhow::Result<(String, Vec<String>)> {
    let named = services(&observed.stack, &args.services)?;
    let mut lines = lines(observed, Timestamp::now());
    lines.retain(|line| {
        (args.services.is_empty() || named.contains(&line.service))
            && (args.status.is_empty() || args.status.iter().any(|status| line.has_status(status)))
            && args.filters.iter().all(|filter| line.fits(filter))
            && (args.all || !line.is_past || !args.status.is_empty())
    });
    if args.only_services {
        let names: BTreeSet<_> = lines.iter().map(|line| format!("{}\n", line.service)).collect();
        return Ok((names.into_iter().collect(), Vec::new()));
    }
    if args.quiet {
        let pods = lines.iter().filter(|line| !line.name.is_empty());
        let mut names: Vec<_> = pods.map(|line| format!("{}\n", line.name)).collect();
        names.dedup();
        return Ok((names.concat(), Vec::new()));
    }
    let causes = if args.format == Format::Table { causes(&lines) } else { Vec::new() };
    let rows = lines.iter().map(|line| line.row(observed)).collect();
    let width = output_width().filter(|_| !args.no_trunc);
    Ok((args.format.text(&HEADINGS, rows, JsonForm::Lines, width)?, causes))
}

const HEADINGS: [&str; 8] = ["NAME", "IMAGE", "SERVICE", "STATE", "HEALTH", "RESTARTS", "PORTS", "AGE"];

impl Line {
    fn has_status(&self, status: &str) -> bool {
        self.state == status
    }

    fn fits(&self, filter: &Filter) -> bool {
        match filter.key {
            Key::Status => self.has_status(&filter.value),
            Key::Health => self.health == if filter.value == "none" { "" } else { &filter.value },
            Key::Name => self.name.contains(&filter.value),
            Key::Service => self.service == filter.value,
        }
    }
}

/// Returns a line for each service whose state has a cause that a user should read.
fn causes(lines: &[Line]) -> Vec<String> {
    let mut causes: Vec<_> = lines
        .iter()
        .filter(|line| !line.is_past)
        .filter_map(|line| Some(format!("{}: {}", line.service, line.message.as_ref()?)))
        .collect();
    causes.dedup();
    causes
}
