//! Outages of parts of the cluster. These scenarios remove nodes, so they run after the others and one at a time
//! (`hack/test real`).

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::{
    disk::SmallDisk,
    on_real_nodes, shell,
    support::{Scenario, StackHandle, pods},
    until_answer,
};

/// Two containers behind one name, on two nodes if there are two.
const WEB: &str = "
    services:
      web:
        image: stackwright/witness:1
        ports: [{target: 80}]
        healthcheck: {test: [CMD, witness, get, 'localhost:80/healthy'], interval: 1s}
        deploy: {replicas: 2, placement: {spread: [node.hostname]}}
";

/// A container that sends 200 requests a second to `web` for 25 s, and prints the result at its end.
const LOAD: &str = "
    services:
      load: {image: 'stackwright/witness:1', command: [load, 'web:80', --for=25s], restart: 'no'}
";

#[test]
fn no_request_is_lost_while_a_node_is_drained() {
    on_real_nodes(async |s| {
        let shop = serving(s).await;
        let node = node_of(s, "web");
        let drain = ["drain", &node, "--pod-selector=stackwright.dev/service=web", "--timeout=60s"];
        s.kubectl(&drain);
        let lost = requests_lost(s, &shop).await;
        s.kubectl(&["uncordon", &node]);
        assert_eq!(lost, 0);
        shop.until("web=Healthy").await;
    });
}

#[test]
fn no_request_is_lost_while_every_container_is_replaced() {
    on_real_nodes(async |s| {
        let shop = serving(s).await;
        shop.edit("services: {web: {environment: {VERSION: two}}}").await;
        assert_eq!(requests_lost(s, &shop).await, 0);
        shop.until("web=Healthy").await;
        assert_eq!(shell(s, "deploy/shop-web", "echo $VERSION").as_deref(), Ok("two"));
    });
}

#[test]
fn services_keep_running_while_containerd_kubelet_and_operator_are_killed() {
    on_real_nodes(async |s| {
        let shop = serving(s).await;
        let node = node_of(s, "web");
        kill(s, &node, "containerd", "containerd.toml");
        kill(s, &node, "kubelet", "kubelet.yaml");
        s.operator.kill();
        s.operator.start();
        assert_eq!(requests_lost(s, &shop).await, 0);
        shop.edit("services: {web: {environment: {VERSION: two}}}").await;
        shop.until("web=Healthy").await;
        assert_eq!(shell(s, "deploy/shop-web", "echo $VERSION").as_deref(), Ok("two"));
    });
}

#[test]
fn a_lost_node_returns_with_its_services_and_their_files() {
    on_real_nodes(async |s| {
        let shop = s
            .apply(
                "shop",
                "
                services:
                  db:
                    image: stackwright/witness:1
                    restart: always
                    volumes: [{source: data, target: /data}]
                    healthcheck: {test: [CMD, witness, get, 'localhost:80/healthy'], interval: 1s}
                volumes: {data: {}}
                ",
            )
            .await;
        shop.until("db=Healthy").await;
        shell(s, "sts/shop-db", "echo precious >/data/file").expect("the volume can be written");
        let node = node_of(s, "db");
        hack_cluster(s, "node-stop", &node);
        // Kubernetes marks a node as not ready after 40 s without a heartbeat.
        shop.until_status("db is not healthy", |status| status.services.iter().all(|it| !it.state.is_up()))
            .await;
        hack_cluster(s, "node-start", &node);
        shop.until("db=Healthy").await;
        let read = || shell(s, "sts/shop-db", "cat /data/file");
        let found = until_answer("the file is there", read, Result::is_ok);
        assert_eq!(found.as_deref(), Ok("precious"));
    });
}

#[test]
fn services_on_a_full_disk_report_it_and_move_or_return() {
    on_real_nodes(async |s| {
        let shop = s
            .apply(
                "shop",
                "
                services:
                  db:
                    image: stackwright/witness:1
                    restart: always
                    volumes: [{source: data, target: /data}]
                  web:
                    image: stackwright/witness:1
                    restart: always
                    deploy: {replicas: 2, placement: {spread: [node.hostname]}}
                  import:
                    image: stackwright/witness:1
                    entrypoint: [sh, -c, 'sleep 1000']
                    restart: 'no'
                    volumes: [{source: data, target: /data}]
                volumes: {data: {}}
                ",
            )
            .await;
        let other =
            s.apply("other", "services: {cache: {image: 'stackwright/witness:1', restart: always}}").await;
        shop.until_ready().await;
        other.until_ready().await;
        shell(s, "sts/shop-db", "echo precious >/data/file").expect("the volume can be written");
        let node = node_of(s, "db");
        let disk = SmallDisk::of(s, &node);
        disk.fill();
        let evicted = format!("evicted from node {node} (The node was low on resource: ephemeral-storage)");
        shop.until_message(
            "db",
            &format!("{evicted}, and no node can run the Pod: 0/2 nodes are available: "),
        )
        .await;
        // The kubelet evicts one Pod after the other.
        let elsewhere = |pod: &Value| pod["status"]["phase"] == "Running" && pod["spec"]["nodeName"] != *node;
        s.until("web runs on the other node", |view| {
            pods(view, "web").filter(|(_, pod)| elsewhere(pod)).count() == 2
        })
        .await;
        shop.until("db=Blocked import=Blocked web=Running").await;
        other.until_ready().await;

        disk.empty();
        shop.until_ready().await;
        let read = || shell(s, "sts/shop-db", "cat /data/file");
        let found = until_answer("the file is there", read, Result::is_ok);
        assert_eq!(found.as_deref(), Ok("precious"));
        assert_eq!(shop.service("db").message, None);
        assert_eq!(pods(&s.history.view(), "import").count(), 2, "the one-shot runs again");
        assert!(!shop.states_of("import").contains(&"Failed".to_owned()), "an eviction is no end of its own");
    });
}

/// The Stack under load.
async fn serving<'s>(s: &'s Scenario<'_>) -> StackHandle<'s> {
    let shop = s.apply("shop", WEB).await;
    shop.until("web=Healthy").await;
    shop.edit(LOAD).await;
    shop.until("load=Running").await;
    shop
}

/// Returns the number of failed requests.
async fn requests_lost(s: &Scenario<'_>, shop: &StackHandle<'_>) -> u64 {
    shop.until("load=Completed").await;
    let result = s.kubectl(&["logs", "--selector", "stackwright.dev/service=load", "--tail=1"]);
    let result: Value = serde_json::from_str(&result).unwrap_or_else(|error| panic!("{error}: {result}"));
    println!("{result}");
    assert!(result["sent"].as_u64().is_some_and(|sent| sent > 2000), "too few requests: {result}");
    result["failed"].as_u64().unwrap_or_else(|| panic!("no count: {result}"))
}

/// Returns the node of the first container of a service.
fn node_of(s: &Scenario<'_>, service: &str) -> String {
    let view = s.history.view();
    let (_, pod) = pods(&view, service).next().expect("the service has a pod");
    pod["spec"]["nodeName"].as_str().expect("it was scheduled").to_owned()
}

/// Returns a node's number in its cluster.
pub fn number(node: &str) -> &str {
    node.rsplit('-').next().expect("a last part")
}

/// Kills a program of a node, which the node restarts after a second.
pub fn kill(s: &Scenario<'_>, node: &str, program: &str, settings: &str) {
    let state = state(s).display();
    let pattern = format!("{program} --config {state}/node-{}/{settings}", number(node));
    let killed = Command::new("pkill").args(["-KILL", "--full", &pattern]).status();
    assert!(killed.is_ok_and(|status| status.success()), "no {program} runs on {node}");
}

fn hack_cluster(s: &Scenario<'_>, verb: &str, node: &str) {
    let state = state(s);
    let name = state.file_name().expect("a cluster has a name");
    let done = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/hack/cluster"))
        .env("STACKWRIGHT_CLUSTER_STATE", state.parent().expect("a folder of clusters"))
        .args([verb, "--name"])
        .arg(name)
        .arg(number(node))
        .status();
    assert!(done.is_ok_and(|status| status.success()), "hack/cluster {verb} (above)");
}

/// Returns the state folder of the cluster.
pub fn state<'s>(s: &'s Scenario<'_>) -> &'s Path {
    s.cluster.kubeconfig.parent().expect("a file in the state folder")
}
