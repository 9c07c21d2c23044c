//! Hosts that a registry can make the operator contact, and what is sent to them.

use super::*;

/// Returns a server that requires a login, and the headers that it received.
async fn demanding(challenge: &'static str) -> (Server, Arc<Mutex<Vec<String>>>) {
    let shown = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&shown);
    let server = Server::start(move |_, authorization| {
        lock(&seen).extend(authorization.map(str::to_owned));
        (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response()
    })
    .await;
    (server, shown)
}

/// Returns a registry that redirects every request.
async fn sending_on(to: &str) -> Server {
    let to = to.to_owned();
    Server::start(move |path, _| {
        (StatusCode::TEMPORARY_REDIRECT, [("location", format!("http://{to}{path}"))]).into_response()
    })
    .await
}

#[tokio::test]
async fn a_login_is_not_sent_to_the_target_of_a_redirect() {
    for challenge in ["Basic realm=\"r\"", "Bearer realm=\"http://127.0.0.1:1/token\""] {
        let (target, shown) = demanding(challenge).await;
        let registry = sending_on(&target.address).await;
        let failure = read(&registry.registries(), &logins("user", "secret")).await;
        assert_eq!(failure, Err(Failure::Refused(registry.address.clone())), "{challenge}");
        assert_eq!(target.requests.load(Ordering::Relaxed), 1, "{challenge}: it is asked once");
        assert!(lock(&shown).is_empty(), "{challenge}: {shown:?}");
    }
}

#[tokio::test]
async fn a_mirror_without_tls_cannot_name_a_token_server_on_another_host() {
    let tokens = Server::start_at("127.0.0.2:0", |_, _| r#"{"token": "t"}"#.into_response()).await;
    for realm in
        [format!("http://{}/token", tokens.address), "http:///token".to_owned(), "ftp://a".to_owned()]
    {
        let challenge = format!("Bearer realm=\"{realm}\"");
        let mirror = Server::start(move |_, _| {
            (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge.clone())]).into_response()
        })
        .await;
        let failure = read(&mirror.registries(), &logins("user", "secret")).await;
        assert_eq!(failure, Err(Failure::Strange(mirror.address.clone())), "{realm}");
    }
    assert_eq!(tokens.requests.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_private_address_is_contacted_only_if_an_administrator_allows_it() {
    let (contents, _) = image("{}");
    let inside = Server::start(move |path, _| found(&contents, path)).await;
    let port = inside.address.rsplit_once(':').unwrap().1;
    for host in ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"] {
        // The mirror itself has a private address and is contacted.
        let mirror = sending_on(&format!("{host}:{port}")).await;
        let failure = read(&mirror.registries_that_reach(&["10.0.0.0/8"]), &Logins::default()).await;
        let Err(Failure::Unreachable { why: Why::NotConnected(why), .. }) = failure else {
            panic!("{host}: {failure:?}")
        };
        assert_eq!(why, "the address is neither public nor allowed", "{host}");
        assert_eq!(inside.requests.load(Ordering::Relaxed), 0, "{host}");
    }
    let mirror = sending_on(&inside.address).await;
    assert!(read(&mirror.registries_that_reach(&["127.0.0.1/32"]), &Logins::default()).await.is_ok());
}

#[tokio::test]
async fn every_missing_answer_has_the_same_message() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let without_tls = Server::start(|_, _| StatusCode::OK.into_response()).await.address;
    let forbidden = "127.0.0.2:5000".to_owned();
    let unknown = "no-such-host.invalid".to_owned();
    let allowed = vec!["127.0.0.1/32".parse().unwrap()];
    let registries = Registries::new(RegistryOptions { allowed, ..RegistryOptions::default() });
    let mut causes = Vec::new();
    for host in [closed, silent.local_addr().unwrap().to_string(), without_tls, forbidden, unknown] {
        let image = format!("{host}/app:1");
        let failure = registries.read(&image, None, &Logins::default(), asker("shop")).await.unwrap_err();
        assert_eq!(
            failure.to_string(),
            format!("no answer from {host}; a registry at a private address needs --allow-registry-address")
        );
        causes.push(failure.detail().unwrap().to_string());
    }
    causes.sort();
    causes.dedup();
    assert_eq!(causes.len(), 5, "the log has the cause: {causes:?}");
}
