//! Number of requests that the operator sends to the API server.

use crate::support::{Request, Requests, StackHandle, children, image_of, scenario};

const SHOP: &str = "
services:
  db: {image: 'db:1', healthcheck: {test: [CMD, check]}, volumes: [{source: data, target: /data}]}
  web:
    image: web:1
    ports: [{target: 80}]
    healthcheck: {test: [CMD, check]}
    dependsOn: {db: {condition: service_healthy}}
volumes: {data: {}}
";

/// Seconds without a request after a change.
const QUIET: u64 = 5;

#[test]
fn an_unchanged_stack_causes_only_lease_and_watch_requests_in_60_s() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        shop.until_ready().await;
        s.let_pass(QUIET).await;
        let mark = s.mark();
        s.let_pass(60).await;
        let requests = s.requests_since(mark);
        requests.assert(0, "requests of an unchanged Stack", |request| !request.is_watch_or_lease());
        if let Some(count) = requests.count() {
            assert!(count > 0, "the lease is renewed, or this log is not the operator's");
        }
    });
}

#[test]
fn a_changed_image_causes_one_child_write_and_one_status_write_for_each_transition() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        shop.until_ready().await;
        s.let_pass(QUIET).await;
        let (mark, statuses) = (s.mark(), shop.statuses().len());
        shop.edit("services: {web: {image: 'web:2'}}").await;
        let view = shop.until_ready().await;
        assert_eq!(image_of(view.get("Deployment", &shop.object("web")).expect("web")), "web:2");
        s.let_pass(QUIET).await;
        let requests = s.requests_since(mark);
        requests.assert(1, "writes to a child for one changed image", Request::is_child_write);
        assert_one_status_write_for_each_transition(&shop, statuses, &requests);
    });
}

#[test]
fn a_new_stack_causes_one_write_for_each_child_and_each_status_transition() {
    scenario(async |s| {
        let mark = s.mark();
        // A start-first update causes one more write: once the service is healthy, its Service excludes unready Pods.
        let stop_first =
            SHOP.replace("image: web:1", "image: web:1\n    deploy: {updateConfig: {order: stop-first}}");
        let shop = s.apply("shop", &stop_first).await;
        let view = shop.until_ready().await;
        s.let_pass(QUIET).await;
        let requests = s.requests_since(mark);
        let count = children(&view).count();
        requests.assert(count, "writes to children for as many children", Request::is_child_write);
        assert_one_status_write_for_each_transition(&shop, 0, &requests);
    });
}

#[test]
fn a_restarted_operator_writes_nothing() {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        shop.until_ready().await;
        s.let_pass(QUIET).await;
        assert!(s.operator.stop(), "it ends well when asked to");
        let mark = s.mark();
        s.operator.start();
        // The operator reconciles a new Stack after the existing ones.
        s.apply("other", "services: {other: {image: 'other:1'}}").await.until_ready().await;
        let requests = s.requests_since(mark);
        let of_shop = |request: &Request| request.name == "shop" || request.name.starts_with("shop-");
        requests.assert(0, "writes to what stands already", |request| {
            request.is_write() && (of_shop(request) || ["db", "web"].contains(&request.name.as_str()))
        });
    });
}

fn assert_one_status_write_for_each_transition(shop: &StackHandle<'_>, before: usize, requests: &Requests) {
    let all = shop.statuses();
    // The first status is the empty one of a new Stack.
    let new = &all[before.max(1)..];
    requests.assert(new.len(), "writes of the status for as many transitions", Request::is_status_write);
    for pair in new.windows(2) {
        assert_ne!(pair[0], pair[1], "each write shows a reader something new");
    }
}
