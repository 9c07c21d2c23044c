//! Volumes have one writer at a time.

use serde_json::Value;

use crate::{
    on_real_nodes, shell,
    support::{Scenario, View, pods},
};

/// A container that locks the volume and takes ten seconds to end. If the lock is taken, the container reports that until it
/// ends.
const WRITER: &str = r#"
    services:
      db:
        image: stackwright/testbox:1
        command:
        - sh
        - -c
        - |
          end() { sleep 10; echo "end $HOSTNAME $VERSION" >>/data/marks; rmdir /data/lock; exit 0; }
          mkdir /data/lock || echo "$HOSTNAME $VERSION began beside another" >>/data/overlaps
          echo "begin $HOSTNAME $VERSION" >>/data/marks
          trap end TERM
          while true; do sleep 1 & wait; done
        environment: {VERSION: one}
        restart: always
        stopGracePeriod: 30s
        volumes: [{source: data, target: /data}]
    volumes: {data: {}}
"#;

#[test]
fn two_containers_never_write_one_volume() {
    on_real_nodes(async |s| {
        let shop = s.apply("shop", WRITER).await;
        shop.until("db=Running").await;
        let mut pod = the_pod(s, None).await;
        assert_eq!(kind(s), "StatefulSet");

        s.delete("Pod", "shop-db-0").await;
        pod = the_pod(s, Some(pod)).await;
        shop.until("db=Running").await;

        shop.edit("services: {db: {environment: {VERSION: two}}}").await;
        pod = the_pod(s, Some(pod)).await;
        shop.until("db=Running").await;

        // start-first runs two containers of one kind at once, but never during a change of the kind.
        shop.edit("services: {db: {deploy: {updateConfig: {order: start-first}}}}").await;
        pod = the_pod(s, Some(pod)).await;
        shop.until("db=Running").await;
        assert_eq!(kind(s), "Deployment");

        shop.edit("services: {db: {deploy: null}}").await;
        the_pod(s, Some(pod)).await;
        shop.until("db=Running").await;
        assert_eq!(kind(s), "StatefulSet");

        let read =
            |file| shell(s, "sts/shop-db", &format!("cat /data/{file} 2>/dev/null || true")).expect("a file");
        let marks = read("marks");
        assert_eq!(read("overlaps"), "", "{marks}");
        let verbs: Vec<_> = marks.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(
            verbs,
            ["begin", "end", "begin", "end", "begin", "end", "begin", "end", "begin"],
            "{marks}"
        );
    });
}

/// Waits for a running Pod other than `former`, and returns its UID.
async fn the_pod(s: &Scenario<'_>, former: Option<Value>) -> Value {
    let is_next =
        |pod: &Value| pod["status"]["phase"] == "Running" && Some(&pod["metadata"]["uid"]) != former.as_ref();
    let view = s.until("the next pod runs", |view| pods(view, "db").any(|(_, pod)| is_next(pod))).await;
    let (_, pod) = pods(&view, "db").find(|(_, pod)| is_next(pod)).expect("it was just seen");
    pod["metadata"]["uid"].clone()
}

/// Returns the kind of the workload.
fn kind(s: &Scenario<'_>) -> String {
    let view: View = s.history.view();
    let kinds: Vec<_> = ["Deployment", "StatefulSet"]
        .into_iter()
        .filter(|kind| view.get(kind, "shop-db").is_some())
        .collect();
    kinds.join(" and ")
}
