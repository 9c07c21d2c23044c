//! Persistence of volumes.

use crate::{
    on_real_nodes, shell,
    support::{Scenario, pods},
};

const STACK: &str = "
    services:
      db:
        image: stackwright/testbox:1
        command: [sh, -c, 'trap exit TERM; while true; do sleep 1 & wait; done']
        volumes: [{source: data, target: /data}]
        healthcheck: {test: [CMD, test, -d, /data], interval: 1s}
    volumes: {data: {}}
";

#[test]
fn a_volume_keeps_its_files_after_the_end_of_its_pod() {
    on_real_nodes(async |s| {
        let shop = s.apply("shop", STACK).await;
        shop.until("db=Healthy").await;
        shell(s, "sts/shop-db", "echo precious >/data/file").expect("the volume can be written");
        let before = uid_of_pod(s, "db");
        s.delete("Pod", "shop-db-0").await;
        s.until("another pod is there", |view| {
            pods(view, "db").any(|(_, pod)| pod["metadata"]["uid"] != before && is_ready(pod))
        })
        .await;
        assert_eq!(shell(s, "sts/shop-db", "cat /data/file").as_deref(), Ok("precious"));
        assert_eq!(shell(s, "sts/shop-db", "ls /data").as_deref(), Ok("file"), "a fresh volume is empty");
    });
}

#[test]
fn a_recreated_stack_finds_its_files() {
    on_real_nodes(async |s| {
        let shop = s.apply("shop", STACK).await;
        shop.until("db=Healthy").await;
        shell(s, "sts/shop-db", "echo precious >/data/file").expect("the volume can be written");
        shop.delete().await;
        s.until_gone("Pod", "shop-db-0").await;
        s.until_gone("StatefulSet", "shop-db").await;
        s.apply("shop", STACK).await.until("db=Healthy").await;
        assert_eq!(shell(s, "sts/shop-db", "cat /data/file").as_deref(), Ok("precious"));
    });
}

fn uid_of_pod(s: &Scenario<'_>, service: &str) -> serde_json::Value {
    let view = s.history.view();
    let (_, pod) = pods(&view, service).next().expect("the service has a pod");
    pod["metadata"]["uid"].clone()
}

fn is_ready(pod: &serde_json::Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.filter(|it| it["type"] == "Ready").any(|it| it["status"] == "True")
}

#[test]
fn services_that_share_volumes_run_on_one_node() {
    on_real_nodes(async |s| {
        let shop = s
            .apply(
                "shop",
                "
                services:
                  a: {image: 'stackwright/witness:1', restart: always, volumes: [{source: one, target: /one}]}
                  b:
                    image: stackwright/witness:1
                    restart: always
                    volumes: [{source: one, target: /one, readOnly: true}, {source: two, target: /two}]
                  c: {image: 'stackwright/witness:1', restart: always, volumes: [{source: two, target: /two}]}
                volumes: {one: {}, two: {}}
                ",
            )
            .await;
        let view = shop.until("a=Running b=Running c=Running").await;
        let node = |service| pods(&view, service).next().map(|(_, pod)| pod["spec"]["nodeName"].clone());
        assert!(node("a").is_some());
        assert_eq!((node("a"), node("b")), (node("b"), node("c")), "of a, b and c");
        shell(s, "sts/shop-a", "echo hello >/one/file").expect("who shares it writes it");
        assert_eq!(shell(s, "sts/shop-b", "cat /one/file").as_deref(), Ok("hello"));
    });
}
