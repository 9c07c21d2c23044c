//! `stackwright explain`: what a rule of the conversion means.

use anyhow::Context;

use crate::convert::catalogue::document::document;
use crate::convert::catalogue::{self, Rule};

/// What `explain` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The rule, such as SW1109 [default: list all]
    id: Option<String>,
    /// Print the tables of docs/compose.md
    #[arg(long, hide = true)]
    markdown: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if args.markdown {
        print!("{}", document());
        return Ok(());
    }
    match &args.id {
        Some(id) => {
            let rule = catalogue::find(id)
                .with_context(|| format!("there is no rule {id}; stackwright explain lists all"))?;
            anstream::print!("{}", text(rule));
        }
        None => {
            for rule in catalogue::all() {
                anstream::println!("{}  {:<12}  {}", rule.id, rule.verdict.as_str(), rule.title);
            }
        }
    }
    Ok(())
}

fn text(rule: &Rule) -> String {
    let mut text = format!("{}: {} ({})\n\n{}.\n", rule.id, rule.title, rule.verdict.as_str(), rule.reason);
    text.push_str(&format!("\nWhat to do: {}.\n", rule.remedy));
    if !rule.attributes.is_empty() {
        text.push_str("\nAlways the verdict on:\n");
        for attribute in rule.attributes {
            text.push_str(&format!("  {attribute}\n"));
        }
    }
    text
}
