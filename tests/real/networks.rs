//! Networks: which services reach each other.

use crate::{
    on_real_nodes, shell,
    support::{Scenario, StackHandle},
    until_answer,
};

/// Reports whether the container of `from` gets an answer from an address.
fn reaches(s: &Scenario<'_>, from: &str, address: &str) -> bool {
    shell(s, from, &format!("curl -f -m 2 http://{address}/hostname")).is_ok()
}

#[track_caller]
fn assert_reaches(s: &Scenario<'_>, from: &str, address: &str) {
    until_answer(&format!("{from} reaches {address}"), || reaches(s, from, address), |&it| it);
}

/// Asks twice, since a program that is still starting refuses connections.
#[track_caller]
fn assert_shut_out(s: &Scenario<'_>, from: &str, address: &str) {
    let asked_twice = || reaches(s, from, address) || reaches(s, from, address);
    until_answer(&format!("{from} is shut out from {address}"), asked_twice, |&it| !it);
}

const SERVER: &str = "image: 'stackwright/testbox:1', command: [httpd, -f, -p, '8080', -h, /etc], \
                      healthcheck: {test: [CMD, curl, -f, 'http://localhost:8080/hostname'], interval: 1s}";

/// Without this test, a blocked peer could also mean a broken network.
#[test]
fn the_enforcer_implements_the_rules_that_these_tests_use() {
    on_real_nodes(async |s| {
        for (name, label) in [("server", "a"), ("friend", "a"), ("stranger", "b")] {
            s.create(&format!(
                "
                apiVersion: v1
                kind: Pod
                metadata: {{name: {name}, labels: {{network: {label}}}}}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers:
                  - {{name: c, image: 'stackwright/testbox:1', command: [httpd, -f, -p, '8080', -h, /etc]}}
                "
            ))
            .await;
        }
        s.kubectl(&["wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s"]);
        let server =
            format!("{}:8080", s.kubectl(&["get", "pod", "server", "--output", "jsonpath={.status.podIP}"]));
        assert_reaches(s, "friend", &server);
        assert_reaches(s, "stranger", &server);

        s.create(
            "
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: network-a}
            spec:
              podSelector: {matchLabels: {network: a}}
              policyTypes: [Ingress]
              ingress: [{from: [{podSelector: {matchLabels: {network: a}}}]}]
            ",
        )
        .await;
        assert_shut_out(s, "stranger", &server);
        assert_reaches(s, "friend", &server);

        s.create(
            "
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: published}
            spec:
              podSelector: {matchLabels: {network: a}}
              policyTypes: [Ingress]
              ingress: [{ports: [{port: 8080, protocol: TCP}]}]
            ",
        )
        .await;
        assert_reaches(s, "stranger", &server);
    });
}

#[test]
fn services_reach_each_other_only_over_a_shared_network() {
    on_real_nodes(async |s| {
        let shop = s
            .apply(
                "shop",
                &format!(
                    "
                    networks: {{front: {{}}, back: {{}}}}
                    services:
                      web: {{{SERVER}, networks: {{front: {{}}}}, ports: [{{target: 8080, published: 8088}}]}}
                      api: {{{SERVER}, networks: {{front: {{}}, back: {{}}}}}}
                      db: {{{SERVER}, networks: {{back: {{}}}}}}
                    "
                ),
            )
            .await;
        let outside = s.apply("other", &format!("services: {{outsider: {{{SERVER}}}}}")).await;
        shop.until("web=Healthy api=Healthy db=Healthy").await;
        outside.until_ready().await;
        let pod = |stack: &StackHandle<'_>, service: &str| format!("deploy/{}", stack.object(service));

        assert_reaches(s, &pod(&shop, "web"), "api:8080");
        assert_reaches(s, &pod(&shop, "api"), "db:8080");
        assert_reaches(s, &pod(&shop, "db"), "api:8080");
        assert_shut_out(s, &pod(&shop, "web"), "db:8080");
        // A Pod of another Stack reaches only the published port.
        assert_reaches(s, &pod(&outside, "outsider"), "web-published:8088");
        assert_shut_out(s, &pod(&outside, "outsider"), "api:8080");
        assert_shut_out(s, &pod(&outside, "outsider"), "db:8080");
    });
}
