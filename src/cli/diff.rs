//! `stackwright diff`: what `up` would change.

use clap::builder::styling::AnsiColor;
use kube::api::PatchParams;
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::connection::{ClusterArgs, Connection, explained};
use super::conversion;
use super::edit;
use super::failure::{Exit, Failure, exit};
use super::objects::Reference;
use super::project::ProjectArgs;
use super::terminal::{ClosedPipe, message, print};
use super::up::{self, Plan, Wanted};

/// The project.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print no lines about services, only the differences
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    choices: conversion::Choices,
    #[command(flatten)]
    cluster: ClusterArgs,
}

/// Prints the differences as kubectl does: exit code 0 for none, 1 for some, and 2 for an error.
///
/// # Errors
/// When there are differences, and when they cannot be found out.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    match differences(args).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(Exit(exit::FAILED).into()),
        Err(error) if error.is::<ClosedPipe>() => Err(error),
        Err(error) => Err(match explained(error).downcast::<Failure>() {
            Ok(failure) => failure.code(exit::USAGE).into(),
            Err(error) => Failure::new(format!("{error:#}")).code(exit::USAGE).into(),
        }),
    }
}

async fn differences(args: &Args) -> anyhow::Result<bool> {
    let mut wanted = Wanted::read(&args.project, &args.choices)?;
    let mut cluster = args.cluster.clone();
    cluster.namespace = cluster.namespace.or_else(|| wanted.selection.namespace.clone());
    let connection = cluster.connect().await?;
    wanted.place(&connection.namespace);
    let live = connection.find_stack(&wanted.selection.name).await?;
    let body = up::plain_body(&wanted, live.as_ref(), &connection.namespace)?;
    let plan = Plan::of(&connection, live, &body, &wanted).await?;
    let text = text(&connection, &plan, &body).await?;
    if text.is_empty() {
        return Ok(false);
    }
    print(&text)?;
    if !args.quiet {
        plan.lines().iter().for_each(|line| message!("{line}"));
    }
    Ok(true)
}

/// Returns the differences of the Stack and of all objects.
async fn text(connection: &Connection, plan: &Plan, body: &Value) -> anyhow::Result<String> {
    // The API server says what the Stack would be, with the fields of other managers.
    let params = PatchParams { dry_run: true, ..edit::params(true) };
    let after = edit::apply(connection, body, &params).await?;
    let before = plan.live.as_ref().map(serde_json::to_value).transpose()?;
    let name = Reference::of(body).to_string();
    let mut text = difference(&name, before.as_ref(), &serde_json::to_value(after)?)?;
    for (wanted, live) in &plan.objects {
        let name = Reference::of(wanted).to_string();
        text.push_str(&difference(&name, live.as_ref(), &merged(wanted, live.as_ref()))?);
    }
    Ok(text)
}

/// Returns an object after its apply. Only the content of ConfigMaps and Secrets changes.
fn merged(wanted: &Value, live: Option<&Value>) -> Value {
    let mut merged = live.cloned().unwrap_or_else(|| json!({}));
    for field in ["apiVersion", "kind", "data", "binaryData", "spec"] {
        match wanted.get(field) {
            Some(value) => merged[field] = value.clone(),
            None if field == "data" || field == "binaryData" => {
                merged.as_object_mut().map(|it| it.remove(field));
            }
            None => {}
        }
    }
    merged
}

/// Returns the difference of one object as a unified diff, or an empty text.
fn difference(name: &str, before: Option<&Value>, after: &Value) -> anyhow::Result<String> {
    let old = before.map(shown).transpose()?.unwrap_or_default();
    let new = shown(after)?;
    if old == new {
        return Ok(String::new());
    }
    let diff = TextDiff::from_lines(&old, &new);
    let (from, to) = if before.is_some() { (name, name) } else { ("/dev/null", name) };
    let mut text = format!("--- {from}\n+++ {to}\n");
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        text.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ("-", Some(AnsiColor::Red)),
                ChangeTag::Insert => ("+", Some(AnsiColor::Green)),
                ChangeTag::Equal => (" ", None),
            };
            let line = change.value().trim_end_matches('\n');
            text.push_str(&painted(&format!("{sign}{line}"), style));
            text.push('\n');
        }
    }
    Ok(text)
}

fn painted(line: &str, color: Option<AnsiColor>) -> String {
    let colored = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    match color.filter(|_| colored) {
        Some(color) => {
            let style = color.on_default();
            format!("{style}{line}{style:#}")
        }
        None => line.to_owned(),
    }
}

/// Returns the part of an object that a user has written, as YAML. The values of a Secret are replaced by their length and a
/// digest.
fn shown(object: &Value) -> anyhow::Result<String> {
    let mut shown = json!({});
    for field in ["spec", "data", "binaryData"] {
        if let Some(value) = object.get(field) {
            shown[field] = value.clone();
        }
    }
    if object["kind"] == "Secret" {
        for (_, value) in shown["data"].as_object_mut().into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            *value = json!(format!("({} bytes, {})", text.len() * 3 / 4, crate::text::short_hash(text)));
        }
    }
    Ok(serde_saphyr::to_string(&shown)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_objects_have_no_difference() {
        let stack = json!({"kind": "Stack", "metadata": {"resourceVersion": "1"}, "spec": {"services": {}}});
        let later = json!({"kind": "Stack", "metadata": {"resourceVersion": "2"}, "spec": {"services": {}}, "status": {}});
        assert_eq!(difference("Stack shop", Some(&stack), &later).unwrap(), "");
    }

    #[test]
    fn a_changed_line_is_shown_with_its_surroundings() {
        let stack = |image: &str| json!({"kind": "Stack", "spec": {"services": {"web": {"image": image}}}});
        let text = difference("Stack shop", Some(&stack("i:1")), &stack("i:2")).unwrap();
        let expected = "--- Stack shop\n+++ Stack shop\n@@ -1,4 +1,4 @@\n spec:\n   services:\n     web:\n-      image: i:1\n+      image: i:2\n";
        assert_eq!(text, expected);
        assert!(
            difference("Stack shop", None, &stack("i:1"))
                .unwrap()
                .starts_with("--- /dev/null\n+++ Stack shop\n")
        );
    }

    #[test]
    fn a_secret_shows_that_a_value_changes_and_not_the_value() {
        let secret = |value: &str| json!({"kind": "Secret", "data": {"password": value}});
        let text = difference("Secret s", Some(&secret("b2xk")), &secret("bmV3")).unwrap();
        assert!(
            text.contains("password: (3 bytes, ") && !text.contains("b2xk") && !text.contains("bmV3"),
            "{text}"
        );
    }

    #[test]
    fn a_removed_key_of_an_object_is_a_difference() {
        let live = json!({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}});
        let wanted = json!({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}});
        assert_eq!(merged(&wanted, Some(&live))["data"], json!({"a": "1"}));
    }
}
