//! The validation of `convert` agrees with that of the API server.

use futures::{StreamExt, stream};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, CustomResourceExt,
    api::{DynamicObject, PostParams},
};
use serde_json::Value;
use stackwright::api::Stack;

use crate::{
    specimens::specimens,
    support::{Cluster, Scenario, Setup, block_on},
};

#[test]
fn the_validator_and_the_api_server_agree_on_every_rule_of_the_schema() {
    Setup::without_operator().run(async |s| {
        let specimens = specimens();
        let answers = stream::iter(&specimens).map(|specimen| async move {
            let refused = match create(s, &specimen.stack).await {
                Ok(_) => None,
                Err(kube::Error::Api(status)) if (400..500).contains(&status.code) => Some(status.message),
                Err(error) => panic!("{}: no answer: {error}", specimen.about),
            };
            (refused.is_none() != specimen.is_valid).then(|| {
                let answer = refused.unwrap_or_else(|| "it is taken".to_owned());
                format!("{} ({}): {answer}", specimen.about, specimen.place)
            })
        });
        let wrong: Vec<_> = answers.buffered(16).filter_map(std::future::ready).collect().await;
        println!("{} Stacks asked of the API server", specimens.len());
        assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), specimens.len(), wrong.join("\n"));
    });
}

#[test]
fn an_operator_with_an_older_crd_writes_a_reduced_status_and_a_warning() {
    block_on(async {
        let own = Cluster::of_its_own("old-crd").await;
        let api = Api::<CustomResourceDefinition>::all(own.admin.clone());
        let definition = api.get(Stack::crd_name()).await.expect("the CRD is there");
        let mut old = serde_json::to_value(definition).expect("a CRD");
        let status = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties";
        let fields = old.pointer_mut(status).and_then(Value::as_object_mut).expect("the status has fields");
        assert!(fields.remove("servicesReady").is_some());
        let service =
            fields["services"]["items"]["properties"].as_object_mut().expect("a service has fields");
        assert!(service.remove("waitsFor").is_some());
        let old = serde_json::from_value(old).expect("a CRD");
        api.replace(Stack::crd_name(), &PostParams::default(), &old).await.expect("an older CRD");

        Setup::default()
            .play(&own, async |s| {
                let shop = "services: {db: {image: 'db:1', restart: always}, web: {image: 'web:1', restart: always, dependsOn: {db: {}}}}";
                let shop = s.apply("shop", shop).await;
                shop.until_ready().await;
                shop.edit("services: {web: {image: 'web:2'}}").await.until_ready().await;
                assert_eq!(shop.status().services_ready, None);
                let log = s.operator.log();
                let warnings: Vec<_> = log.lines().filter(|line| line.contains("older than the operator")).collect();
                assert!(warnings.len() == 1 && warnings[0].contains("services.waitsFor, servicesReady"), "{warnings:?}");
            })
            .await;
    });
}

/// Returns the API server's answer to a new Stack. An apply reports some wrong types with other errors.
async fn create(s: &Scenario<'_>, stack: &Value) -> kube::Result<DynamicObject> {
    let path = format!(
        "/apis/stackwright.dev/v1alpha1/namespaces/{}/stacks?dryRun=All&fieldValidation=Strict",
        s.namespace
    );
    let body = stack.to_string().into_bytes();
    let request = hyper::Request::post(path).header("Content-Type", "application/json").body(body);
    s.admin().request(request.expect("a request")).await
}
