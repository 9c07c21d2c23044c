//! `stackwright explain`: the meaning of a rule of the conversion.

use anyhow::Context;

use super::terminal::print;
use crate::convert::catalogue::document::document;
use crate::convert::catalogue::{self, Rule};

/// The rule to explain.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Explain this rule, such as SW1109 [default: list all]
    id: Option<String>,
    /// Print the tables of docs/compose.md
    #[arg(long, hide = true)]
    markdown: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if args.markdown {
        return print(&document());
    }
    let text = match &args.id {
        Some(id) => {
            let unknown = || format!("unknown rule {id}: run stackwright explain to list all rules");
            text(catalogue::find(id).with_context(unknown)?)
        }
        None => catalogue::all()
            .iter()
            .map(|rule| format!("{}  {:<12}  {}\n", rule.id, rule.kind.as_str(), rule.title))
            .collect(),
    };
    print(&text)
}

fn text(rule: &Rule) -> String {
    let mut text = format!("{}: {} ({})\n\n{}.\n", rule.id, rule.title, rule.kind.as_str(), rule.reason);
    if let Some(remedy) = rule.remedy {
        text.push_str(&format!("\nWhat to do: {remedy}.\n"));
    }
    if !rule.attributes.is_empty() {
        text.push_str("\nApplies to every value of:\n");
        for attribute in rule.attributes {
            text.push_str(&format!("  {attribute}\n"));
        }
    }
    text
}
