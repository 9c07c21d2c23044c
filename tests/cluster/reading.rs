//! The verbs that read, as snapshots of what they print.

use std::process::Stdio;

use regex::Regex;
use serde_json::Value;

use crate::support::{Scenario, StackHandle, scenario};

/// A service in each state that a user meets.
const SHOP: &str = "
services:
  db:
    image: db:1
    healthcheck: {test: [CMD, check]}
    volumes: [{source: data, target: /data}]
  seed: {image: 'seed:1', restart: 'no'}
  api:
    image: api:1
    restart: always
    dependsOn: {model: {condition: service_started}}
  model: {image: 'team/model:2', restart: always, annotations: {sim/image: missing}}
  web: {image: 'web:1', restart: always, ports: [{target: 80, published: 8080}], dependsOn: {db: {condition: service_healthy}}}
volumes: {data: {}}
";

#[test]
fn ps_shows_each_container_and_why_the_others_are_missing() {
    scenario(async |s| {
        let shop = applied(s).await;
        insta::assert_snapshot!("ps", shown(s, &["ps", "-p", &shop.name]));
        insta::assert_snapshot!("ps_all", shown(s, &["ps", "-p", &shop.name, "-a"]));
        assert_eq!(shown(s, &["ps", "-p", &shop.name, "--services", "--status", "running"]), "db\nweb\n");
        assert_eq!(shown(s, &["ps", "-p", &shop.name, "-q", "db"]), "shop-db-0\n");
        let lines = shown(s, &["ps", "-p", &shop.name, "--format", "json", "db", "api"]);
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), 2, "{lines}");
        assert!(rows[0]["Service"] == "api" && rows[0]["State"] == "waiting", "{lines}");
        let db = ["Name", "State", "Health"].map(|field| rows[1][field].as_str().unwrap());
        assert_eq!(db, ["shop-db-0", "running", "healthy"], "{lines}");
        let missing = stackwright(s, &["ps", "-p", &shop.name, "nothing"]);
        insta::assert_snapshot!("ps_of_a_missing_service", told(&missing));
    });
}

#[test]
fn ls_images_volumes_and_port_show_the_stack() {
    scenario(async |s| {
        let shop = applied(s).await;
        insta::assert_snapshot!("ls", shown(s, &["ls"]));
        assert_eq!(shown(s, &["ls", "-q"]), "shop\n");
        insta::assert_snapshot!("images", shown(s, &["images", "-p", &shop.name]));
        insta::assert_snapshot!("volumes", shown(s, &["volumes", "-p", &shop.name]));
        let service = s.until_there("Service", "web-published").await;
        let address = service["status"]["loadBalancer"]["ingress"][0]["ip"].as_str().unwrap_or_default();
        let port = stackwright(s, &["port", "-p", &shop.name, "web", "80"]);
        assert_eq!(String::from_utf8_lossy(&port.stdout), format!("{address}:8080\n"), "{}", told(&port));
        insta::assert_snapshot!(
            "port_that_is_not_published",
            told(&stackwright(s, &["port", "-p", &shop.name, "web", "81"]))
        );
        insta::assert_snapshot!("a_missing_stack", told(&stackwright(s, &["ps", "-p", "nothing"])));
    });
}

#[test]
fn events_are_those_of_the_stack_and_of_its_objects() {
    scenario(async |s| {
        let shop = applied(s).await;
        s.apply("other", "services: {page: {image: 'page:1', restart: always}}").await.until_ready().await;
        let all = shown(s, &["events", "-p", &shop.name, "--no-follow", "--json"]);
        let events: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(events.iter().any(|event| event["type"] == "pod" && event["service"] == "db"), "{all}");
        assert!(events.iter().all(|event| !event["id"].as_str().unwrap().starts_with("other")), "{all}");
        let time = |event: &Value| event["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let times: Vec<_> = events.iter().map(time).collect();
        assert!(times.is_sorted(), "{times:?}");
        let of_db = shown(s, &["events", "-p", &shop.name, "--no-follow", "--json", "db"]);
        assert!(of_db.lines().count() > 0 && of_db.lines().count() < all.lines().count(), "{of_db}");
    });
}

#[test]
fn wait_returns_the_exit_code_of_a_one_shot() {
    scenario(async |s| {
        let spec = "
            services:
              good: {image: 'good:1', restart: 'no'}
              bad: {image: 'bad:1', restart: 'no', annotations: {sim/exit-code: '3'}}
        ";
        let jobs = s.apply("jobs", spec).await;
        jobs.until("good=Completed bad=Failed").await;
        let output = stackwright(s, &["wait", "-p", "jobs", "good", "bad"]);
        assert_eq!(output.status.code(), Some(3), "{}", told(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "3\n0\n");
        assert_eq!(shown(s, &["wait", "-p", "jobs", "good"]), "0\n");
    });
}

/// Applies the Stack, and waits until each service is in its state.
async fn applied<'s>(s: &'s Scenario<'_>) -> StackHandle<'s> {
    let shop = s.apply("shop", SHOP).await;
    shop.until("api=Waiting db=Healthy model=Blocked seed=Completed web=Running").await;
    shop
}

/// Runs the command line as the administrator.
fn stackwright(s: &Scenario<'_>, arguments: &[&str]) -> std::process::Output {
    s.cluster.stackwright(&s.namespace, arguments).stdin(Stdio::null()).output().expect("the program runs")
}

/// Returns what the command line prints. It must succeed.
fn shown(s: &Scenario<'_>, arguments: &[&str]) -> String {
    let output = stackwright(s, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", told(&output));
    stable(&String::from_utf8_lossy(&output.stdout)) + &stable(&String::from_utf8_lossy(&output.stderr))
}

/// Returns the exit code and both outputs.
fn told(output: &std::process::Output) -> String {
    let text = |bytes: &[u8]| stable(&String::from_utf8_lossy(bytes));
    format!("{:?}\n{}{}", output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Returns a text without what differs from run to run: ages, addresses, and names that the cluster chooses.
fn stable(text: &str) -> String {
    [
        (r"(shop-\w+)-[0-9a-f]{8,10}-[a-z0-9]{5}\b", "$1-<id>"),
        (r"(shop-\w+)-[0-9a-f]{10}\b", "$1-<id>"),
        (r"\b\d+(\.\d+){3}:8080", "<address>:8080"),
        (r"(?m) {3,}\d+[smh](\d+s)?( {3,}|$)", "   <age>$2"),
        (r"namespace [\w-]+ of context [\w-]+", "namespace <namespace> of context <context>"),
        (r" {3,}", "   "),
    ]
    .iter()
    .fold(text.to_owned(), |text, (pattern, replacement)| {
        Regex::new(pattern).unwrap().replace_all(&text, *replacement).into_owned()
    })
}
