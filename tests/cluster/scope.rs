//! The namespaces that the operator serves.

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use stackwright::controller::{self, Options};
use tokio_util::sync::CancellationToken;

use crate::support::Setup;

const SPEC: &str = "services: {web: {image: 'web:1', restart: always}}";

#[test]
fn an_operator_of_two_namespaces_serves_both_and_no_third() {
    Setup::without_operator().run(async |s| {
        // The rights of the chart: a Role in each served namespace.
        let second = s.another_namespace("second", true).await;
        let third = s.another_namespace("third", false).await;
        let config = Kubeconfig::read_from(s.operator.kubeconfig()).expect("the operator's kubeconfig");
        let config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
        let client = Client::try_from(config.expect("a configuration")).expect("a client");
        let stop = CancellationToken::new();
        let options = Options {
            scope: [&s.namespace, &second.namespace].into_iter().cloned().collect(),
            registries: None,
            ..Options::default()
        };
        let operator = tokio::spawn(controller::run(client, options, stop.clone()));

        let first = s.apply("shop", SPEC).await;
        first.until_ready().await;
        let other = second.apply("shop", SPEC).await;
        other.until_ready().await;
        third.apply("shop", SPEC).await;
        other.edit("services: {web: {image: 'web:2'}}").await;
        other.until_ready().await;
        first.delete().await;
        s.until_gone("Deployment", "shop-web").await;
        let stack = third.until_there("Stack", "shop").await;
        assert!(stack["status"]["conditions"].is_null(), "no operator serves the third namespace");
        assert!(!operator.is_finished(), "the operator goes on");
        stop.cancel();
        operator.await.expect("no panic").expect("a good end");
    });
}
