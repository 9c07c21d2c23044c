//! `stackwright ls`: the Stacks of a namespace.

use jiff::Timestamp;
use kube::{Api, ResourceExt, api::ListParams};
use serde_json::json;

use super::{
    age::age,
    connection::ClusterArgs,
    format::{Format, JsonForm, Row},
    terminal::{output_width, print},
};
use crate::api::{ConditionType, Stack};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// List the Stacks of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Show also stopped Stacks, which are always shown
    #[arg(short, long, hide = true)]
    all: bool,
    /// Show only Stacks whose name contains this text
    #[arg(long, value_name = "name=TEXT", value_parser = filter)]
    filter: Option<String>,
    /// Print a table, JSON, or a template such as '{{.Name}}'
    #[arg(long, value_name = "table|json|TEMPLATE", default_value = "table", hide_default_value = true)]
    format: Format,
    /// Print only names
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
}

fn filter(text: &str) -> Result<String, String> {
    text.strip_prefix("name=").map(str::to_owned).ok_or_else(|| "write name=TEXT".to_owned())
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let connection = args.cluster.connect().await?;
    let api: Api<Stack> =
        if args.all_namespaces { Api::all(connection.client.clone()) } else { connection.stacks() };
    let listed = api.list(&ListParams::default()).await;
    let listed = listed.map_err(|error| connection.failed("list Stacks", error))?;
    let fits = |stack: &Stack| args.filter.as_ref().is_none_or(|text| stack.name_any().contains(text));
    let stacks: Vec<_> = listed.items.into_iter().filter(fits).collect();
    if args.quiet {
        return print(&stacks.iter().map(|stack| stack.name_any() + "\n").collect::<String>());
    }
    print(&text(&stacks, args, Timestamp::now(), output_width())?)
}

fn text(stacks: &[Stack], args: &Args, now: Timestamp, columns: Option<usize>) -> anyhow::Result<String> {
    let headings: &[&str] = if args.all_namespaces {
        &["NAMESPACE", "NAME", "STATUS", "SERVICES", "AGE", "MESSAGE"]
    } else {
        &["NAME", "STATUS", "SERVICES", "AGE", "MESSAGE"]
    };
    let rows = stacks.iter().map(|stack| row(stack, args.all_namespaces, now)).collect();
    Ok(args.format.text(headings, rows, JsonForm::Array, columns)?)
}

fn row(stack: &Stack, with_namespace: bool, now: Timestamp) -> Row {
    let status = stack.status.clone().unwrap_or_default();
    let ready = status.conditions.iter().find(|it| it.type_ == ConditionType::Ready.as_str());
    let word = match ready {
        Some(ready) if ready.status == "True" => "Ready".to_owned(),
        Some(ready) => ready.reason.clone(),
        // The operator has not seen the Stack.
        None => "Unknown".to_owned(),
    };
    let message = ready.map(|ready| ready.message.clone()).unwrap_or_default();
    let created = stack.creation_timestamp().map(|time| time.0);
    let services = status.services_ready.clone().unwrap_or_else(|| "-".to_owned());
    let namespace = stack.namespace().unwrap_or_default();
    let mut cells = vec![
        stack.name_any(),
        word.clone(),
        services,
        created.map_or_else(|| "-".to_owned(), |created| age(created, now)),
        message.clone(),
    ];
    if with_namespace {
        cells.insert(0, namespace.clone());
    }
    let value = json!({
        "CreatedAt": created.map(|created| created.to_string()),
        "Message": message,
        "Name": stack.name_any(),
        "Namespace": namespace,
        "Ready": ready.is_some_and(|ready| ready.status == "True"),
        "Services": status.services_ready,
        "Status": word,
    });
    Row { cells, value }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};
    use serde_json::{Value, json};

    use super::*;

    fn shown(arguments: &[&str]) -> String {
        let command = Args::augment_args(Command::new("ls"));
        let matches = command.try_get_matches_from([&["ls"], arguments].concat()).unwrap();
        let args = Args::from_arg_matches(&matches).unwrap();
        let stack = |name: &str, status: Value| {
            let metadata =
                json!({"name": name, "namespace": "team", "creationTimestamp": "2026-11-30T10:00:00Z"});
            serde_json::from_value(json!({"metadata": metadata, "spec": {"services": {}}, "status": status}))
                .unwrap()
        };
        let condition = |status: &str, reason: &str, message: &str| {
            json!([{
                "type": "Ready", "status": status, "reason": reason, "message": message,
                "lastTransitionTime": "2026-11-30T10:00:00Z",
            }])
        };
        let up = json!({"servicesReady": "2/2", "conditions": condition("True", "Succeeded", "2 of 2 services are up")});
        let waits =
            json!({"servicesReady": "0/1", "conditions": condition("False", "Blocked", "no node has room")});
        let stacks = [stack("shop", up), stack("blog", waits), stack("new", json!({}))];
        text(&stacks, &args, "2026-11-30T10:05:00Z".parse().unwrap(), None).unwrap()
    }

    #[test]
    fn a_stack_has_its_condition_and_its_cause() {
        let expected = "\
NAME   STATUS    SERVICES   AGE   MESSAGE
shop   Ready     2/2        5m    2 of 2 services are up
blog   Blocked   0/1        5m    no node has room
new    Unknown   -          5m
";
        assert_eq!(shown(&[]), expected);
        assert!(shown(&["-A"]).starts_with("NAMESPACE   NAME   STATUS"));
        assert_eq!(
            shown(&["--format", "{{.Namespace}}/{{.Name}} {{.Ready}}"]),
            "team/shop true\nteam/blog false\nteam/new false\n"
        );
        let json: Value = serde_json::from_str(&shown(&["--format", "json"])).unwrap();
        assert_eq!(json[1]["Status"], "Blocked");
    }
}
