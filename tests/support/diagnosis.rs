//! Diagnosis of a failed scenario: the Stacks, their children, the Pods, and the end of the operator's log.

use std::fmt::Write;

use serde_json::Value;
use stackwright::api::labels::TEMPLATE;

use super::{
    history::{View, What},
    scenario::Scenario,
};

/// Lines of the operator's log that are shown.
const LAST_LINES: usize = 40;

/// Returns the state that explains why a wait did not end.
pub fn of(scenario: &Scenario<'_>) -> String {
    let view = scenario.history.view();
    let mut text = format!("--- namespace {}\n", scenario.namespace);
    stacks(&mut text, &view);
    for (key, object) in view.iter().filter(|(key, _)| !matches!(key.0.as_str(), "Stack" | "Pod" | "Event")) {
        let status = &object["status"];
        let facts = ["replicas", "updatedReplicas", "readyReplicas", "succeeded", "failed", "phase"]
            .into_iter()
            .filter(|fact| !status[fact].is_null())
            .map(|fact| format!("{fact}={}", status[fact]));
        let facts = facts.collect::<Vec<_>>().join(" ");
        line(&mut text, format_args!("{} {}{} {facts}", key.0, key.1, deleting(object)));
    }
    for (name, pod) in view.all("Pod") {
        let ready =
            pod["status"]["conditions"].as_array().into_iter().flatten().find(|it| it["type"] == "Ready");
        let ready = ready.map_or("-", |it| it["status"].as_str().unwrap_or("-"));
        let phase = pod["status"]["phase"].as_str().unwrap_or("-");
        line(&mut text, format_args!("Pod {name}{} {phase} ready={ready}", deleting(pod)));
    }
    for (_, event) in view.all("Event").filter(|(_, event)| event["regarding"]["kind"] == "Stack") {
        line(&mut text, format_args!("Event {} {}", event["reason"], event["note"]));
    }
    line(&mut text, format_args!("--- what came and went"));
    for change in scenario.history.changes() {
        let (kind, name) = &change.key;
        if change.event != What::Changed && kind != "Event" {
            let template = &change.object["metadata"]["annotations"][TEMPLATE];
            let template = template.as_str().map(|hash| format!(" of template {hash}")).unwrap_or_default();
            line(&mut text, format_args!("{} {:?} {kind} {name}{template}", change.version, change.event));
        }
    }
    let log = scenario.operator.log();
    let lines: Vec<_> = log.lines().collect();
    line(&mut text, format_args!("--- the operator's log, the last of {} lines", lines.len()));
    for last in &lines[lines.len().saturating_sub(LAST_LINES)..] {
        line(&mut text, format_args!("{last}"));
    }
    if let Some(ended) = scenario.operator.ended_by_itself() {
        line(&mut text, format_args!("the operator ended by itself: {ended}"));
    }
    text
}

fn stacks(text: &mut String, view: &View) {
    for (name, stack) in view.all("Stack") {
        let generation = &stack["metadata"]["generation"];
        line(text, format_args!("Stack {name}{}, generation {generation}:", deleting(stack)));
        line(text, format_args!("{}", serde_saphyr::to_string(&stack["status"]).unwrap_or_default()));
    }
}

fn deleting(object: &Value) -> &'static str {
    if object["metadata"]["deletionTimestamp"].is_null() { "" } else { " (being deleted)" }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}
