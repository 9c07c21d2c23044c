//! Global services, several services in one Pod, Services and Ingresses.

use serde_json::Value;

use crate::support::{Change, Scenario, StackHandle, View, What, is_of, pods, scenario};

const AGENT: &str = "
services:
  agent:
    image: agent:1
    restart: always
    healthcheck: {test: [CMD, check]}
    annotations: {sim/ready: never}
    deploy: {mode: global}
  web: {image: 'web:1', restart: always, dependsOn: {agent: {condition: service_healthy}}}
";

#[test]
fn a_global_service_is_up_when_every_node_runs_a_healthy_container() {
    scenario(async |s| {
        let shop = s.apply("shop", AGENT).await;
        let nodes = s.kubectl(&["get", "nodes", "--output=name"]).lines().count();
        shop.until("agent=Starting web=Waiting").await;
        s.until("each node has a pod", |view| running(view, "agent") == nodes).await;
        let none_yet = Some(format!("0/{nodes}"));
        shop.until_status("the nodes are counted", |status| {
            status.services.iter().any(|service| service.name == "agent" && service.ready == none_yet)
        })
        .await;
        shop.until_waits_for("web", &["agent"]).await;

        s.steer("agent", "ready", Some("now")).await;
        shop.until_ready().await;
        assert_eq!(shop.service("agent").ready, Some(format!("{nodes}/{nodes}")));

        shop.edit("services: {agent: {image: 'agent:2', annotations: null}}").await;
        shop.until_ready().await;
        let view = s.history.view();
        assert!(pods(&view, "agent").all(|(_, pod)| pod["spec"]["containers"][0]["image"] == "agent:2"));
    });
}

fn running(view: &View, service: &str) -> usize {
    pods(view, service).filter(|(_, pod)| pod["status"]["phase"] == "Running").count()
}

#[test]
fn a_global_service_is_stopped_started_and_replaced_like_any_other() {
    scenario(async |s| {
        let shop = s.apply(
            "shop",
            "services: {agent: {image: 'agent:1', restart: always, annotations: {sim/linger: 1s}, deploy: {mode: global}}}",
        );
        let shop = shop.await;
        shop.until_ready().await;
        shop.edit("services: {agent: {stopped: true}}").await;
        let view = shop.until("agent=Stopped").await;
        assert!(view.all("DaemonSet").next().is_none() && running(&view, "agent") == 0);
        shop.edit("services: {agent: {stopped: null}}").await;
        shop.until("agent=Running").await;

        shop.edit("services: {agent: {deploy: null}}").await;
        let view = shop.until_ready().await;
        assert!(view.all("DaemonSet").next().is_none() && view.get("Deployment", "shop-agent").is_some());
        let last_pod = s.history.changes().into_iter().filter(|change| {
            let of_daemon_set = change.object["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet";
            change.event == What::Deleted && change.key.0 == "Pod" && of_daemon_set
        });
        let gone = last_pod.map(|change| change.version).max().unwrap();
        assert!(gone < created(s, "Deployment", "shop-agent"), "no two of them run together");
    });
}

fn created(s: &Scenario<'_>, kind: &str, name: &str) -> u64 {
    let changes = s.history.changes();
    let of = |change: &&Change| change.key == (kind.to_owned(), name.to_owned());
    changes.iter().filter(of).find(|change| change.event == What::Created).expect("it was created").version
}

const PAIR: &str = "
services:
  vpn: {image: 'vpn:1', restart: always, expose: [{port: 8080}], annotations: {sim/linger: 1s}}
  torrent: {image: 'torrent:1', restart: always, networkMode: 'service:vpn', expose: [{port: 9091}], annotations: {sim/linger: 1s}}
  web: {image: 'web:1', restart: always, dependsOn: {torrent: {}}}
";

#[test]
fn two_services_of_one_pod_are_reachable_by_both_names() {
    scenario(async |s| {
        let shop = s.apply("shop", PAIR).await;
        shop.until_ready().await;
        assert_eq!(shop.status().services_ready.as_deref(), Some("3/3"));
        let view = s.history.view();
        let containers = |pod: &Value| {
            let containers = pod["spec"]["containers"].as_array().unwrap().iter();
            containers.map(|container| container["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let of_vpn: Vec<_> = pods(&view, "vpn").map(|(_, pod)| containers(pod)).collect();
        assert_eq!(of_vpn, [["vpn", "torrent"]]);
        assert!(pods(&view, "torrent").next().is_none());
        let (_, pod) = pods(&view, "vpn").next().unwrap();
        for name in ["vpn", "torrent"] {
            assert_eq!(addresses(s, name), [pod["status"]["podIP"].as_str().unwrap()], "{name}");
        }
    });
}

#[test]
fn a_dependency_in_the_same_pod_is_a_sidecar_with_its_own_state() {
    scenario(async |s| {
        let after = "networkMode: 'service:vpn', dependsOn: {vpn: {condition: service_healthy}}";
        let ordered = PAIR
            .replace("networkMode: 'service:vpn'", after)
            .replace("expose: [{port: 8080}]", "expose: [{port: 8080}], healthcheck: {test: [CMD, check]}");
        let shop = s.apply("shop", &ordered).await;
        let view = shop.until_ready().await;
        let (_, pod) = pods(&view, "vpn").next().unwrap();
        let names = |list: &str| {
            let containers = pod["spec"][list].as_array().unwrap().iter();
            containers.map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            (names("initContainers"), names("containers")),
            (vec!["vpn".to_owned()], vec!["torrent".to_owned()])
        );
        let states = |shop: &StackHandle<'_>| {
            let services = shop.status().services;
            services.iter().map(|it| format!("{} {:?}", it.name, it.state)).collect::<Vec<_>>()
        };
        assert_eq!(states(&shop), ["torrent Running", "vpn Healthy", "web Running"]);
    });
}

/// Returns the endpoints of a Service.
fn addresses(s: &Scenario<'_>, service: &str) -> Vec<String> {
    let selector = format!("--selector=kubernetes.io/service-name={service}");
    let template = "--output=jsonpath={.items[*].endpoints[*].addresses[*]}";
    // The endpoints controller follows the Pods with a delay, and scenarios do not watch endpoints.
    for _ in 0..50 {
        let output = s.kubectl(&["get", "endpointslices", &selector, template]);
        if !output.trim().is_empty() {
            return output.split_whitespace().map(str::to_owned).collect();
        }
    }
    Vec::new()
}

#[test]
fn a_service_that_moves_into_another_pod_never_runs_twice() {
    scenario(async |s| {
        let apart = PAIR.replace("networkMode: 'service:vpn', ", "");
        let shop = s.apply("shop", &apart).await;
        shop.until_ready().await;
        shop.edit("services: {torrent: {networkMode: 'service:vpn'}}").await;
        let view = shop.until_ready().await;
        assert!(view.get("Deployment", "shop-torrent").is_none());
        let changes = s.history.changes();
        let own_pod_gone = changes
            .iter()
            .filter(|change| change.key.0 == "Pod" && is_of(&change.object, "torrent"))
            .find(|change| change.event == What::Deleted);
        let shared = changes.iter().find(|change| {
            change.key.0 == "Pod"
                && change.object["spec"]["containers"].as_array().is_some_and(|all| all.len() == 2)
        });
        assert!(own_pod_gone.unwrap().version < shared.unwrap().version);

        shop.edit("services: {torrent: {networkMode: null}}").await;
        let view = shop.until_ready().await;
        assert_eq!((pods(&view, "vpn").count(), pods(&view, "torrent").count()), (1, 1));
    });
}

#[test]
fn a_changed_service_mode_replaces_only_the_service() {
    scenario(async |s| {
        let shop =
            s.apply("shop", "services: {web: {image: 'web:1', restart: always, expose: [{port: 80}]}}").await;
        shop.until_ready().await;
        let before = s.history.view();
        shop.edit("services: {web: {serviceMode: Headless}}").await;
        let headless =
            |view: &View| view.get("Service", "web").is_some_and(|it| it["spec"]["clusterIP"] == "None");
        s.until("the Service is headless", headless).await;
        shop.until_ready().await;
        shop.edit("services: {web: {serviceMode: ClusterIP}}").await;
        let addressed =
            |view: &View| view.get("Service", "web").is_some_and(|it| it["spec"]["clusterIP"] != "None");
        s.until("the Service has an address", addressed).await;
        let after = shop.until_ready().await;
        let uids = |view: &View| -> Vec<Value> {
            pods(view, "web").map(|(_, pod)| pod["metadata"]["uid"].clone()).collect()
        };
        assert_eq!(uids(&before), uids(&after));
    });
}

#[test]
fn ingresses_and_external_links_follow_the_spec() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "services: {web: {image: 'web:1', ports: [{target: 80}], ingress: [{host: a.example.com}], externalLinks: {db: db.example.com}}}",
            )
            .await;
        let view = shop.until_ready().await;
        assert_eq!(hosts(&view), ["a.example.com"]);
        assert_eq!(
            view.get("Service", "db").map(|it| it["spec"]["externalName"].clone()),
            Some("db.example.com".into())
        );

        shop.edit("services: {web: {ingress: [{host: b.example.com}], externalLinks: null}}").await;
        s.until("the other route is there alone", |view| hosts(view) == ["b.example.com"]).await;
        s.until_gone("Service", "db").await;
        // An external link becomes a service of the Stack with the same name.
        shop.edit("services: {web: {externalLinks: {db: db.example.com}}}").await;
        s.until_there("Service", "db").await;
        shop.edit("services: {web: {externalLinks: null}, db: {image: 'db:1', restart: always, expose: [{port: 5432}]}}").await;
        let view = shop.until_ready().await;
        assert_eq!(view.get("Service", "db").map(|it| it["spec"]["type"].clone()), Some("ClusterIP".into()));
        shop_stays_silent(&shop, s).await;
    });
}

/// Asserts that the operator writes nothing more.
async fn shop_stays_silent(shop: &StackHandle<'_>, s: &Scenario<'_>) {
    shop.until_ready().await;
    let mark = s.mark();
    s.let_pass(3).await;
    s.requests_since(mark).assert(0, "writes", |request| request.is_write() && request.resource != "leases");
}

fn hosts(view: &View) -> Vec<String> {
    let rules = view.all("Ingress").map(|(_, ingress)| ingress["spec"]["rules"][0]["host"].clone());
    rules.filter_map(|host| host.as_str().map(str::to_owned)).collect()
}
