//! `stackwright explain`: the meaning of a rule.

mod example;

use anyhow::Context;
use clap::ValueEnum;
use compose_loader::Example;

use super::terminal::print;
use crate::rules::{self, Rule, document};

/// The rule to explain.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Explain this rule, such as ulimits or SW1109 [default: list all]
    id: Option<String>,
    /// Print a generated document
    #[arg(long, value_enum, hide = true)]
    markdown: Option<Document>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Document {
    /// The tables of docs/compose.md
    Compose,
    /// The file docs/rules.md
    Rules,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    match (args.markdown, &args.id) {
        (Some(Document::Compose), _) => print(&document::compose()),
        (Some(Document::Rules), _) => print(&document::rules()),
        (None, Some(id)) => print(&text(rules::find(id).with_context(|| unknown(id))?)),
        (None, None) => print(&list()),
    }
}

fn unknown(id: &str) -> String {
    let help = match rules::nearest(id) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "run stackwright explain to list all rules".to_owned(),
    };
    format!("unknown rule {id}: {help}")
}

fn list() -> String {
    let width = rules::all().iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    rules::all()
        .iter()
        .map(|rule| format!("{:<width$}  {:<12}  {}\n", rule.id, rule.kind.as_str(), rule.title))
        .collect()
}

fn text(rule: &Rule) -> String {
    let alias = rule.alias.map(|alias| format!(" ({alias})")).unwrap_or_default();
    let kind = rule.kind.as_str();
    let reason = document::first_upper(rule.reason);
    let mut text = format!("{}{alias}: {} ({kind})\n\n{reason}.\n", rule.id, rule.title);
    if let Some(remedy) = rule.remedy {
        text.push_str(&format!("\nWhat to do: {remedy}.\n"));
    }
    if !rule.attributes.is_empty() {
        text.push_str("\nApplies to every value of:\n");
        for attribute in rule.attributes {
            text.push_str(&format!("  {attribute}\n"));
        }
    }
    if let Example::None(why) = rule.example {
        text.push_str(&format!("\nNo example: {why}.\n"));
    }
    if let (Some(example), Some(said)) = (rule.example.text(), example::said(rule)) {
        text.push_str("\nExample:\n\n");
        for line in example.lines() {
            text.push_str(format!("  {line}").trim_end());
            text.push('\n');
        }
        text.push_str(&format!("\nStackwright says:\n\n{said}\n"));
    }
    text
}
