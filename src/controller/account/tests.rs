use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::*;
use crate::controller::account::rights::Verb;

/// Returns an API server on which `app` exists and has the rights that `may` allows.
struct Server {
    may: fn(&Value) -> bool,
    asked: Mutex<Vec<Value>>,
    is_down: bool,
}

fn server(may: fn(&Value) -> bool, is_down: bool) -> (Arc<Server>, Accounts) {
    async fn answer(State(server): State<Arc<Server>>, body: String) -> Response {
        let mut review: Value = serde_json::from_str(&body).unwrap();
        let asked = review["spec"]["resourceAttributes"].clone();
        server.asked.lock().unwrap().push(review["spec"].clone());
        if server.is_down {
            return (StatusCode::SERVICE_UNAVAILABLE, "later").into_response();
        }
        review["status"] = json!({"allowed": (server.may)(&asked)});
        review.to_string().into_response()
    }
    let server = Arc::new(Server { may, asked: Mutex::default(), is_down });
    let app =
        json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": "app"}});
    let router = Router::new()
        .route("/api/v1/namespaces/n/serviceaccounts/app", get(async move || app.to_string()))
        .route("/apis/authorization.k8s.io/v1/namespaces/n/localsubjectaccessreviews", post(answer))
        .fallback(async || {
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404});
            (StatusCode::NOT_FOUND, status.to_string())
        })
        .with_state(Arc::clone(&server));
    (server, Accounts::new(Client::new(router, "n"), false))
}

fn spec(account: &str) -> StackSpec {
    StackSpec { service_account_name: Some(account.to_owned()), ..StackSpec::default() }
}

fn key() -> StackKey {
    StackKey { namespace: "n".to_owned(), name: "s".to_owned() }
}

fn right(verb: Verb, resource: &str, name: Option<&str>) -> Right {
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    Right { verb, group: group.to_owned(), resource: resource.to_owned(), name: name.map(str::to_owned) }
}

async fn refused(accounts: &Accounts, rights: &[Right]) -> Option<String> {
    let rights = rights.iter().cloned().collect();
    accounts.permit(&key(), &spec("app"), || rights).await.err().map(|refusal| refusal.to_string())
}

#[tokio::test]
async fn a_missing_right_is_reported_with_the_command_that_grants_it() {
    let (_, accounts) = server(|asked| asked["resource"] == "configmaps", false);
    let rights = [
        right(Verb::Create, "configmaps", None),
        right(Verb::Create, "services", None),
        right(Verb::Create, "deployments.apps", None),
        right(Verb::Patch, "jobs.batch", Some("migrate")),
    ];
    assert_eq!(
        refused(&accounts, &rights[..2]).await.unwrap(),
        "ServiceAccount app cannot create resource services in the namespace n: bind a Role that allows it, such as with \
         'kubectl -n n create role app-stacks --verb=create --resource=services' and 'kubectl -n n create rolebinding \
         app-stacks --role=app-stacks --serviceaccount=n:app'"
    );
    let message = refused(&accounts, &rights).await.unwrap();
    assert!(
        message.contains(
            "cannot create resource services, create resource deployments.apps and patch resource jobs.batch \"migrate\" in"
        ) && message.contains("--verb=create --resource=services,deployments.apps'"),
        "{message}"
    );
    assert_eq!(refused(&accounts, &rights[..1]).await, None);
}

#[tokio::test]
async fn a_review_has_the_accounts_groups_and_is_cached() {
    let (server, accounts) = server(|_| true, false);
    for _ in 0..3 {
        let rights = [right(Verb::Patch, "services", Some("a")), right(Verb::Patch, "services", Some("b"))];
        assert_eq!(refused(&accounts, &rights).await, None);
    }
    let asked = server.asked.lock().unwrap();
    assert_eq!(
        *asked,
        [json!({
            "user": "system:serviceaccount:n:app",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"],
            "resourceAttributes":
                {"namespace": "n", "verb": "patch", "group": "", "version": "v1", "resource": "services"},
        })]
    );
}

#[tokio::test]
async fn up_to_256_objects_are_checked_by_name() {
    let (server, accounts) =
        server(|asked| asked["name"].as_str().is_some_and(|name| name.starts_with("mine")), false);
    let get = |name: &str| right(Verb::Get, "secrets", Some(name));
    assert_eq!(refused(&accounts, &[get("mine"), get("mine-too")]).await, None);
    let message = refused(&accounts, &[get("mine"), get("other")]).await.unwrap();
    assert!(
        message.starts_with("ServiceAccount app cannot get resource secrets \"other\" in the namespace n")
    );
    assert!(message.contains("--verb=get --resource=secrets --resource-name=other'"), "{message}");
    assert_eq!(server.asked.lock().unwrap().len(), 4);
    let many: Vec<Right> = (0..257).map(|n| get(&format!("mine-{n}"))).collect();
    let message = refused(&accounts, &many).await.unwrap();
    assert!(
        message.starts_with("ServiceAccount app cannot get resource secrets in the namespace n"),
        "{message}"
    );
    assert_eq!(server.asked.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_missing_account_is_reported_and_a_failed_request_is_retried() {
    let (_, accounts) = server(|_| true, false);
    let refusal = accounts.permit(&key(), &spec("nobody"), BTreeSet::new).await.unwrap_err();
    assert!(matches!(&refusal, Refusal::NoAccount { message, .. }
        if message.starts_with("ServiceAccount nobody does not exist in the namespace n; create it with")));
    let (server, accounts) = server(|_| true, true);
    let rights = || [right(Verb::Create, "services", None)].into();
    for _ in 0..2 {
        let refusal = accounts.permit(&key(), &spec("app"), rights).await.unwrap_err();
        assert!(matches!(refusal, Refusal::Unknown(_)), "{refusal}");
    }
    assert_eq!(server.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_invalid_account_name_is_refused_without_a_request() {
    let (server, accounts) = server(|_| true, false);
    let long = "a".repeat(254);
    for name in [
        "",
        " ",
        "app ",
        "App",
        "system:admin",
        "kube-system:default",
        "../default",
        "a/b",
        "a\n",
        "аpp",
        "a..b",
        "-a",
        "a-",
        ".a",
        "a%2f",
        &long,
    ] {
        let refusal = accounts.permit(&key(), &spec(name), BTreeSet::new).await.unwrap_err();
        assert!(matches!(&refusal, Refusal::Forbidden { message, .. } if message == NO_NAME), "{name:?}");
    }
    assert!(server.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_stack_without_an_account_is_refused_only_if_one_is_required() {
    let (_, mut accounts) = server(|_| false, false);
    let none = StackSpec::default();
    let rights = || [right(Verb::Create, "services", None)].into();
    assert!(accounts.permit(&key(), &none, rights).await.is_ok());
    accounts.is_required = true;
    let refusal = accounts.permit(&key(), &none, rights).await.unwrap_err();
    assert!(matches!(&refusal, Refusal::Forbidden { message, .. } if message == NONE_NAMED));
}
