//! Invalid specs: the Stack reports each problem with its place, and running services stay.

use crate::support::{Request, scenario, wanted};

/// The spec before the problem.
const SHOP: &str = "
services:
  db: {image: 'db:1', expose: [{port: 5432}]}
  web: {image: 'web:1', ports: [{target: 80}], dependsOn: {db: {condition: service_started}}}
";

/// Runs a scenario with an invalid edit: the Stack is stalled with `reason` and a message with `parts`, running services stay,
/// and the Stack is Ready after the edit is reverted.
fn is_stalled(mistake: &str, reason: &str, parts: &[&str]) {
    scenario(async |s| {
        let shop = s.apply("shop", SHOP).await;
        let before = wanted(&shop.until_ready().await);
        s.let_pass(1).await;
        let mark = s.mark();
        shop.edit(mistake).await;
        shop.until_stalled(reason, parts).await;
        s.let_pass(2).await;
        assert_eq!(wanted(&s.history.view()), before, "what runs stays untouched");
        s.requests_since(mark).assert(0, "writes to children", Request::is_child_write);
        let ready = shop.status().conditions.into_iter().find(|condition| condition.type_ == "Ready");
        assert_eq!(ready.expect("Ready always stands").status, "False");
        shop.apply(SHOP).await;
        shop.until_ready().await;
    });
}

#[test]
fn a_cycle_is_stalled() {
    is_stalled(
        "services: {db: {dependsOn: {web: {}}}}",
        "DependencyCycle",
        &["spec.services.", "dependsOn", "db", "web"],
    );
}

#[test]
fn an_unknown_dependency_is_stalled() {
    is_stalled(
        "services: {web: {dependsOn: {cache: {}}}}",
        "UnknownDependency",
        &["spec.services.web.dependsOn.cache", "declare it in spec.services"],
    );
}

#[test]
fn an_unknown_network_is_stalled() {
    is_stalled(
        "services: {web: {networks: {back: {}}}}",
        "UnknownNetwork",
        &["spec.services.web.networks.back", "spec.networks"],
    );
}

#[test]
fn an_unknown_volume_is_stalled() {
    is_stalled(
        "services: {web: {volumes: [{source: data, target: /data}]}}",
        "UnknownVolume",
        &["spec.services.web.volumes[0]", "data", "spec.volumes"],
    );
}

#[test]
fn an_unknown_config_is_stalled() {
    is_stalled(
        "services: {web: {configs: [{source: motd}]}}",
        "UnknownConfig",
        &["spec.services.web.configs[0]", "motd", "spec.configs"],
    );
}

#[test]
fn an_unknown_secret_is_stalled() {
    is_stalled(
        "services: {web: {secrets: [{source: key}]}}",
        "UnknownSecret",
        &["spec.services.web.secrets[0]", "key", "spec.secrets"],
    );
}

#[test]
fn two_active_services_on_one_published_port_are_stalled() {
    is_stalled(
        "services: {db: {ports: [{target: 5432, published: 80}]}}",
        "PortClash",
        &["spec.services.web.ports", "spec.services.db.ports", "80", "another number"],
    );
}

#[test]
fn an_invalid_name_is_stalled() {
    is_stalled("services: {'1web': {image: 'web:1'}}", "InvalidName", &["spec.services.1web"]);
}

#[test]
fn service_healthy_on_a_service_without_a_health_check_is_stalled() {
    is_stalled(
        "services: {web: {dependsOn: {db: {condition: service_healthy}}}}",
        "NoHealthcheck",
        &["spec.services.web.dependsOn.db", "healthcheck"],
    );
}

#[test]
fn variables_that_expand_into_each_other_are_stalled() {
    is_stalled(
        "services: {web: {environment: {A: $(B), B: $(A)}}}",
        "EnvironmentCycle",
        &["spec.services.web.environment", "A", "B"],
    );
}

#[test]
fn all_problems_of_a_spec_are_reported_together() {
    is_stalled(
        "services: {web: {networks: {back: {}}, volumes: [{source: data, target: /data}]}}",
        "UnknownVolume",
        &["spec.services.web.networks.back", "spec.services.web.volumes[0]"],
    );
}

#[test]
fn a_port_of_an_inactive_profile_conflicts_with_no_other() {
    scenario(async |s| {
        let shop = s
            .apply(
                "shop",
                "services: {web: {image: 'web:1', ports: [{target: 80}]}, debug: {image: 'debug:1', ports: [{target: 80}], profiles: [debug]}}",
            )
            .await;
        shop.until_ready().await;
        shop.edit("profiles: [debug]").await;
        shop.until_stalled("PortClash", &["debug", "web", "80"]).await;
    });
}

#[test]
fn an_unknown_field_is_refused_under_strict_validation() {
    scenario(async |s| {
        let refused =
            s.try_apply("shop", "services: {web: {image: 'web:1', imagee: 'web:2'}}").await.map(|_| ());
        let error = refused.expect_err("the field does not exist").to_string();
        assert!(error.contains("spec.services.web.imagee"), "{error}");
    });
}
