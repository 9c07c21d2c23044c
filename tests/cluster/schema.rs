//! What `convert` takes for valid is what the API server takes.

use futures::{StreamExt, stream};
use kube::api::DynamicObject;
use serde_json::Value;

use crate::{
    specimens::specimens,
    support::{Scenario, Setup},
};

#[test]
fn the_validator_and_the_api_server_agree_on_every_demand_of_the_schema() {
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

/// What the API server says to a new Stack. An apply would answer some wrong types with an error of its own.
async fn create(s: &Scenario<'_>, stack: &Value) -> kube::Result<DynamicObject> {
    let path = format!(
        "/apis/stackwright.dev/v1alpha1/namespaces/{}/stacks?dryRun=All&fieldValidation=Strict",
        s.namespace
    );
    let body = stack.to_string().into_bytes();
    let request = hyper::Request::post(path).header("Content-Type", "application/json").body(body);
    s.admin().request(request.expect("a request")).await
}
