//! Objects that change all the time neither delay an edit nor cause unlimited status writes.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use stackwright::api::labels::{FIELD_MANAGER, MANAGED_BY, MANAGER, SERVICE, STACK};

use crate::support::{Request, Scenario, StackHandle, image_of, pods, scenario};

const SERVICES: [&str; 4] = ["a", "b", "c", "d"];

#[test]
fn a_flapping_stack_is_updated_within_2_s_and_has_one_status_write_a_second() {
    scenario(async |s| {
        s.allow(240);
        let service =
            |name: &str| format!("{name}: {{image: 'app:1', restart: always, deploy: {{replicas: 15}}}}");
        let services: Vec<_> = SERVICES.iter().map(|name| service(name)).collect();
        let edited = "edited: {image: 'app:1', restart: always}";
        let shop = s.apply("shop", &format!("services: {{{}, {edited}}}", services.join(", "))).await;
        let view = shop.until_ready().await;
        let names: Vec<String> =
            SERVICES.iter().flat_map(|it| pods(&view, it)).map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names.len(), 60);
        s.let_pass(2).await;
        let flaps = AtomicUsize::new(0);
        let (mark, began) = (s.mark(), Instant::now());
        let mut longest = Duration::ZERO;
        let edits = async {
            for version in 2..8 {
                s.let_pass(2).await;
                longest = longest.max(time_of_edit(s, &shop, version).await);
            }
        };
        tokio::select! {
            () = flap(s, &names, &flaps) => unreachable!("they flap without an end"),
            () = edits => {}
        }
        let seconds = began.elapsed().as_secs_f64();
        let rate = flaps.load(Ordering::Relaxed) as f64 / seconds;
        println!("{rate:.0} flaps a second; the longest edit took {longest:?}");
        assert!(rate > 20.0, "a wake within every 50 ms, not {rate} a second");
        assert!(longest < Duration::from_secs(2), "{longest:?}");
        if let Some(count) = s.requests_since(mark).count_of(Request::is_status_write) {
            // The writes for an edit and for a released template are not rate limited.
            let most = seconds as usize + 1 + 2 * 6;
            println!("{count} writes of the status in {seconds:.1} s");
            assert!((2..=most).contains(&count), "{count} writes of the status in {seconds} s");
        }
        // The last state is written.
        for name in &names {
            steer(s, name, None).await;
        }
        shop.until_ready().await;
    });
}

/// Returns the time until a new image of the service `edited` reaches its Deployment.
async fn time_of_edit(s: &Scenario<'_>, shop: &StackHandle<'_>, version: u32) -> Duration {
    let at = Instant::now();
    shop.edit(&format!("services: {{edited: {{image: 'app:{version}'}}}}")).await;
    let image = format!("app:{version}");
    s.until("the edit is applied", |view| {
        view.get("Deployment", &shop.object("edited")).is_some_and(|it| image_of(it) == image)
    })
    .await;
    at.elapsed()
}

/// Makes the Pods ready and unready in turn, as fast as possible.
async fn flap(s: &Scenario<'_>, names: &[String], flaps: &AtomicUsize) {
    for round in 0_usize.. {
        let value = (round % 2 == 0).then_some("never");
        stream::iter(names)
            .for_each_concurrent(8, async |name| {
                steer(s, name, value).await;
                flaps.fetch_add(1, Ordering::Relaxed);
            })
            .await;
    }
}

async fn steer(s: &Scenario<'_>, name: &str, value: Option<&str>) {
    let patch = json!({ "metadata": { "annotations": { "sim.stackwright.dev/ready": value } } });
    match s.api("Pod").patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await {
        Err(kube::Error::Api(status)) if status.is_not_found() => {}
        steered => drop(steered.unwrap_or_else(|error| panic!("Pod {name}: {error}"))),
    }
}

/// Objects with the operator's label and field manager that nobody limits: a tenant can create them by hand.
const HUGE: [&str; 2] = ["Service", "Deployment"];

fn huge(kind: &str) -> Value {
    let labels = json!({ MANAGED_BY: MANAGER, STACK: "huge", SERVICE: "huge" });
    let metadata = json!({ "name": "huge", "labels": labels });
    if kind == "Service" {
        let port = |number: usize| json!({ "name": format!("p{number}"), "port": number, "protocol": "TCP" });
        let ports: Vec<_> = (1..=8_000).map(port).collect();
        return json!({ "apiVersion": "v1", "kind": kind, "metadata": metadata,
            "spec": { "clusterIP": "None", "selector": labels, "ports": ports } });
    }
    let env: Vec<_> =
        (0..2_048).map(|number| json!({ "name": format!("V{number}"), "value": "v" })).collect();
    let container = json!({ "name": "huge", "image": "huge:1", "env": env });
    json!({ "apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {
        "replicas": 0, "selector": { "matchLabels": labels },
        "template": { "metadata": { "labels": labels }, "spec": { "containers": [container] } },
    }})
}

#[test]
fn huge_objects_that_change_do_not_delay_the_stack_of_another() {
    scenario(async |s| {
        s.allow(240);
        let shop = s.apply("shop", "services: {edited: {image: 'app:1', restart: always}}").await;
        shop.until_ready().await;
        for kind in HUGE {
            // The fields belong to the operator's manager, as those of a real child.
            let params = PatchParams::apply(FIELD_MANAGER).force();
            let applied = s.api(kind).patch("huge", &params, &Patch::Apply(huge(kind))).await;
            applied.unwrap_or_else(|error| panic!("{kind}: {error}"));
        }
        let mut longest = Duration::ZERO;
        for version in 2..12 {
            // The API server takes half a second for a change of 8,000 ports. The operator takes up the change after the answer.
            let patch =
                Patch::Merge(json!({ "metadata": { "annotations": { "version": version.to_string() } } }));
            for kind in HUGE {
                s.api(kind).patch("huge", &PatchParams::default(), &patch).await.expect(kind);
            }
            longest = longest.max(time_of_edit(s, &shop, version).await);
        }
        println!("the longest edit took {longest:?}");
        assert!(longest < Duration::from_secs(2), "{longest:?}");
    });
}
