//! Well-behaved and misbehaving registries.

mod fairness;
mod reach;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::*;

/// The answer of a registry to a path and an `Authorization` header.
type Answers = dyn Fn(&str, Option<&str>) -> Response + Send + Sync;

/// A registry on loopback that counts its requests.
struct Server {
    address: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answers: impl Fn(&str, Option<&str>) -> Response + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", answers).await
    }

    async fn start_at(
        address: &str,
        answers: impl Fn(&str, Option<&str>) -> Response + Send + Sync + 'static,
    ) -> Self {
        async fn serve(
            State((answers, requests)): State<(Arc<Answers>, Arc<AtomicUsize>)>,
            request: Request,
        ) -> Response {
            requests.fetch_add(1, Ordering::Relaxed);
            let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let path = request.uri().path_and_query().map_or("", |it| it.as_str());
            answers(path, shown)
        }
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::<AtomicUsize>::default();
        let state: (Arc<Answers>, _) = (Arc::new(answers), Arc::clone(&requests));
        tokio::spawn(axum::serve(listener, Router::new().fallback(serve).with_state(state)).into_future());
        Self { address, requests }
    }

    /// Returns a client that reads every image from this registry.
    fn registries(&self) -> Registries {
        self.registries_that_reach(&["127.0.0.0/8"])
    }

    /// Returns the same client with additional allowed networks.
    fn registries_that_reach(&self, allowed: &[&str]) -> Registries {
        Registries::new(RegistryOptions {
            mirrors: vec![format!("*=http://{}", self.address).parse().unwrap()],
            allowed: allowed.iter().map(|network| network.parse().unwrap()).collect(),
        })
    }
}

/// Returns the content of a repository with one image, by path, and the digest of the image.
fn image(config: &str) -> (BTreeMap<String, String>, String) {
    let config = format!("{{\"config\": {config}}}");
    let manifest = json!({"config": {"digest": digest(&config)}}).to_string();
    let whole = digest(&manifest);
    let contents = [
        (format!("blobs/{}", digest(&config)), config),
        (format!("manifests/{whole}"), manifest.clone()),
        ("manifests/1".to_owned(), manifest),
    ];
    (contents.into(), whole)
}

fn digest(text: &str) -> String {
    format!("sha256:{:x}", Sha256::digest(text.as_bytes()))
}

fn found(contents: &BTreeMap<String, String>, path: &str) -> Response {
    let what = path.split('?').next().unwrap().splitn(5, '/').nth(4).unwrap_or_default();
    match contents.get(what) {
        Some(text) => ([("docker-content-digest", digest(text))], text.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn logins(user: &str, password: &str) -> Logins {
    let config = json!({"auths": {"docker.io": {"username": user, "password": password}}}).to_string();
    let data = [(".dockerconfigjson".to_owned(), ByteString(config.into_bytes()))].into();
    Logins::of(&Secret { data: Some(data), ..Secret::default() })
}

async fn read(registries: &Registries, logins: &Logins) -> Result<Read, Failure> {
    registries.read("app:1", None, logins, asker("shop")).await
}

/// Returns an asker in a namespace as of now.
fn asker(namespace: &str) -> Asker<'_> {
    Asker { namespace, since: Instant::now() }
}

fn endless() -> Response {
    let more = || Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 65536]));
    Body::from_stream(stream::iter(std::iter::repeat_with(more))).into_response()
}

#[tokio::test]
async fn a_configuration_is_read_once_for_each_digest() {
    let (contents, whole) = image(r#"{"User": "app"}"#);
    let server = Server::start(move |path, _| found(&contents, path)).await;
    let registries = server.registries();
    let (digest, config) = read(&registries, &Logins::default()).await.unwrap();
    assert_eq!((digest, config.user.as_deref()), (whole.clone(), Some("app")));
    assert_eq!(server.requests.load(Ordering::Relaxed), 3);
    assert_eq!(read(&registries, &Logins::default()).await.unwrap().0, whole);
    assert_eq!(server.requests.load(Ordering::Relaxed), 4, "only the tag is resolved again");
}

#[tokio::test]
async fn a_mirror_receives_the_name_of_the_registry() {
    let (contents, _) = image("{}");
    let server = Server::start(move |path, _| match path.ends_with("?ns=docker.io") {
        true => found(&contents, path),
        false => StatusCode::BAD_REQUEST.into_response(),
    })
    .await;
    assert!(read(&server.registries(), &Logins::default()).await.is_ok());
}

#[tokio::test]
async fn a_login_follows_the_registrys_challenge() {
    // user:secret in Base64.
    let basic = Some("Basic dXNlcjpzZWNyZXQ=");
    let (contents, _) = image("{}");
    let server = Server::start(move |path, shown| match shown == basic {
        true => found(&contents, path),
        false => (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic realm=\"r\"")]).into_response(),
    })
    .await;
    let registries = server.registries();
    assert!(read(&registries, &logins("user", "secret")).await.is_ok());
    let refused = Err(Failure::Refused(server.address.clone()));
    assert_eq!(read(&registries, &logins("user", "wrong")).await, refused);
    assert_eq!(read(&registries, &Logins::default()).await, refused);
    let both = logins("user", "wrong").and(logins("user", "secret"));
    assert!(read(&registries, &both).await.is_ok(), "the logins are tried one after the other");
}

#[tokio::test]
async fn a_login_goes_to_no_other_host() {
    let (contents, _) = image("{}");
    let store = Server::start(move |path, shown| match shown {
        None => found(&contents, path),
        Some(_) => StatusCode::BAD_REQUEST.into_response(),
    })
    .await;
    let at = format!("http://{}", store.address);
    let registry = Server::start(move |path, shown| match shown {
        Some(_) => (StatusCode::TEMPORARY_REDIRECT, [("location", format!("{at}{path}"))]).into_response(),
        None => (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic")]).into_response(),
    })
    .await;
    assert!(read(&registry.registries(), &logins("user", "secret")).await.is_ok());
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let (contents, _) = image("{}");
    for place in ["manifests/1", "manifests/sha256", "blobs/"] {
        let contents = contents.clone();
        let server = Server::start(move |path, _| match path {
            _ if path.contains(place) => endless(),
            _ => found(&contents, path),
        })
        .await;
        let failure = read(&server.registries(), &Logins::default()).await.unwrap_err();
        assert_eq!(failure, Failure::TooLong(server.address.clone()), "{place}");
    }
    let tokens = Server::start(|_, _| endless()).await;
    let challenge = format!("Bearer realm=\"http://{}/token\"", tokens.address);
    let server = Server::start(move |_, _| {
        (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge.clone())]).into_response()
    })
    .await;
    let too_long = Err(Failure::TooLong(tokens.address.clone()));
    assert_eq!(read(&server.registries(), &Logins::default()).await, too_long);
}

#[tokio::test]
async fn the_manifest_is_read_if_the_registry_sends_no_digest() {
    let (contents, whole) = image(r#"{"User": "app"}"#);
    let server = Server::start(move |path, _| {
        let mut answer = found(&contents, path);
        answer.headers_mut().remove("docker-content-digest");
        answer
    })
    .await;
    assert_eq!(read(&server.registries(), &Logins::default()).await.unwrap().0, whole);
}

#[tokio::test]
async fn content_that_does_not_match_its_digest_is_refused() {
    let (contents, _) = image(r#"{"User": "app"}"#);
    for place in ["manifests/sha256", "blobs/"] {
        let contents = contents.clone();
        let server = Server::start(move |path, _| match path.contains(place) {
            true => r#"{"config": {"User": "root"}}"#.into_response(),
            false => found(&contents, path),
        })
        .await;
        let strange = Err(Failure::Strange(server.address.clone()));
        assert_eq!(read(&server.registries(), &Logins::default()).await, strange, "{place}");
    }
}

#[tokio::test]
async fn each_failure_of_a_registry_is_one_sentence() {
    for (status, headers, said) in [
        (StatusCode::NOT_FOUND, vec![], "has no such image"),
        (StatusCode::TOO_MANY_REQUESTS, vec![], "answers with status 429"),
        (StatusCode::BAD_GATEWAY, vec![], "answers with status 502"),
        (StatusCode::FORBIDDEN, vec![], "denies access"),
        (StatusCode::UNAUTHORIZED, vec![], "denies access"),
        (
            StatusCode::UNAUTHORIZED,
            vec![("www-authenticate", "Bearer realm=\"no url\"")],
            "does not answer as an image registry",
        ),
        (StatusCode::FOUND, vec![], "does not answer as an image registry"),
        (StatusCode::FOUND, vec![("location", "/v2/again")], "does not answer as an image registry"),
        (
            StatusCode::OK,
            vec![("docker-content-digest", "sha256:12")],
            "does not answer as an image registry",
        ),
    ] {
        let answers =
            move |_: &str, _: Option<&str>| {
                let mut answer = status.into_response();
                answer.headers_mut().extend(headers.iter().map(|(name, value)| {
                    (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap())
                }));
                answer
            };
        let server = Server::start(answers).await;
        let failure = read(&server.registries(), &Logins::default()).await.unwrap_err().to_string();
        assert!(failure.starts_with(&server.address) && failure.contains(said), "{failure}");
    }
}

#[tokio::test]
async fn a_token_that_is_no_valid_header_fails_only_its_request() {
    let server = Server::start(|path, _| match path.starts_with("/token") {
        true => r#"{"token": "a\nb"}"#.into_response(),
        false => StatusCode::UNAUTHORIZED.into_response(),
    })
    .await;
    let challenge = format!("Bearer realm=\"http://{}/token\"", server.address);
    let registry = Server::start(move |_, _| {
        (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge.clone())]).into_response()
    })
    .await;
    let strange = Err(Failure::Strange(registry.address.clone()));
    assert_eq!(read(&registry.registries(), &Logins::default()).await, strange);
}

#[tokio::test]
async fn an_invalid_name_is_refused() {
    let registries = Registries::new(RegistryOptions::default());
    let failure = registries.read("No Name", None, &Logins::default(), asker("shop")).await;
    assert_eq!(failure, Err(Failure::NoName));
}
