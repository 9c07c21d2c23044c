//! Upgrade of the control plane from the oldest supported version to the newest under a running Stack, with the nodes one
//! version behind.

use serde_json::Value;
use stackwright::translate::ServerVersion;

use crate::{
    support::{Cluster, Request, Scenario, Setup, block_on, uids},
    takeover::{containers, until_still},
};

/// One service of each kind of workload, among them a database whose host name only later versions can set.
const SHOP: &str = "
services:
  db: {image: 'db:1', hostname: storage, healthcheck: {test: [CMD, check]}, volumes: [{source: data, target: /data}]}
  web: {image: 'web:1', restart: always, ports: [{target: 80}], dependsOn: {db: {condition: service_healthy}}}
  agent: {image: 'agent:1', restart: always, deploy: {mode: global}}
  migrate: {image: 'migrate:1', restart: 'no', dependsOn: {db: {condition: service_healthy}}}
volumes: {data: {}}
";

/// A service whose Pod has its host name from a field of Kubernetes 1.35. Its namespace is another one, since service names are
/// unique in a namespace.
fn store(number: u32) -> String {
    format!(
        "
services: {{disk-{number}: {{image: 'disk:1', restart: always, hostname: storage-{number}, volumes: [{{source: data, target: /data}}]}}}}
volumes: {{data: {{}}}}
"
    )
}

#[test]
#[ignore = "needs the programs of every version: make matrix"]
fn a_stepwise_upgrade_of_kubernetes_writes_no_child_and_restarts_nothing() {
    block_on(async {
        let oldest = ServerVersion::OLDEST;
        let own = Cluster::of_its_own_with("upgraded", &["--kubernetes", &oldest.to_string()]).await;
        // A restart of the API server takes seconds, during which no other scenario can start.
        let options = ["--lease-duration", "60s"].map(str::to_owned).to_vec();
        let setup = Setup { everywhere: true, options, ..Setup::default() };
        setup
            .play(&own, async |s| {
                let shop = s.apply("shop", SHOP).await;
                shop.until_ready().await;
                until_still(s).await;
                let before = State::of(s);
                assert_eq!(host_name(s, "shop-db").await, None, "the oldest version knows no such field");

                for minor in oldest.minor + 1..=ServerVersion::NEWEST.minor {
                    let (version, former) = (format!("1.{minor}"), minor - 1);
                    let mark = s.mark();
                    own.hack(&["upgrade", "--kubernetes", &version]);
                    s.history.catch_up().await;
                    until_still(s).await;
                    start_again(s).await;
                    assert_eq!(logged_oldest(s), Some(former), "the kubelets are of 1.{former} still");
                    let name = format!("store{former}");
                    s.apply(&name, &store(former)).await.until_ready().await;
                    let has_field = former > oldest.minor;
                    let set = host_name(s, &format!("{name}-disk-{former}")).await;
                    assert_eq!(set.is_some(), has_field, "a new pod with kubelets of 1.{former}");

                    own.hack(&["upgrade-nodes"]);
                    start_again(s).await;
                    assert_eq!(logged_oldest(s), None, "every part is of {version}");
                    let of_shop =
                        |request: &Request| request.is_child_write() && request.name.starts_with("shop-");
                    s.requests_since(mark).assert(
                        0,
                        &format!("writes to children on the way to {version}"),
                        of_shop,
                    );
                    assert_eq!(State::of(s), before, "on the way to {version}");
                }

                shop.edit("services: {db: {image: 'db:2'}}").await.until_ready().await;
                assert_eq!(host_name(s, "shop-db").await.as_deref(), Some("storage"), "with its next change");
            })
            .await;
    });
}

/// Returns the children and Pods of the Stack that keeps running.
#[derive(Debug, PartialEq)]
struct State {
    children: Vec<String>,
    pods: Vec<String>,
}

impl State {
    fn of(s: &Scenario<'_>) -> Self {
        let children = uids(&s.history.view());
        let children = children.iter().filter(|(key, _)| key.1.starts_with("shop-"));
        let children = children.map(|(key, uid)| format!("{key:?} {uid}")).collect();
        let pods = containers(s).into_iter().filter(|pod| pod.starts_with("shop-")).collect();
        Self { children, pods }
    }
}

/// Restarts the operator, as the upgrade of its node does. The operator reads the versions at its start.
async fn start_again(s: &Scenario<'_>) {
    s.operator.stop();
    let lines = || s.operator.log().matches("acquired the Lease").count();
    let before = lines();
    s.operator.start();
    while lines() == before {
        assert_eq!(s.operator.ended_by_itself(), None);
        s.let_pass(1).await;
    }
    until_still(s).await;
}

/// Returns the minor version that the operator has logged since its last start, if it is older than the API server's.
fn logged_oldest(s: &Scenario<'_>) -> Option<u32> {
    let log = s.operator.log();
    let (_, since) = log.rsplit_once("acquired the Lease")?;
    let line = since.lines().find(|line| line.contains("found the oldest version in the cluster"))?;
    line.rsplit_once("minor=")?.1.trim().parse().ok()
}

/// Returns the host name in a StatefulSet's template.
async fn host_name(s: &Scenario<'_>, stateful_set: &str) -> Option<String> {
    let object = s.until_there("StatefulSet", stateful_set).await;
    object.pointer("/spec/template/spec/hostnameOverride").and_then(Value::as_str).map(str::to_owned)
}
