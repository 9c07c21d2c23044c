//! Fairness between namespaces that read images.

use std::time::Duration;

use futures::future::join_all;

use super::*;

/// Returns a registry with one image as docker.io, a host that accepts connections and never answers, and a client of both.
async fn beside_a_host_that_hangs() -> (Server, TcpListener, Registries) {
    let (contents, _) = image("{}");
    let good = Server::start(move |path, _| found(&contents, path)).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mirrors =
        [format!("docker.io=http://{}", good.address), format!("*=http://{}", silent.local_addr().unwrap())];
    let mirrors = mirrors.iter().map(|mirror| mirror.parse().unwrap()).collect();
    let registries = Registries::new(RegistryOptions { mirrors, ..RegistryOptions::default() });
    (good, silent, registries)
}

/// Returns the time of one read while other namespaces read from hanging hosts.
async fn time_beside(registries: &Registries, hostile: impl Future) -> Duration {
    let good = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        assert!(registries.read("app:1", None, &Logins::default(), asker("good")).await.is_ok());
        began.elapsed()
    };
    // The other reads are dropped after the answer.
    tokio::select! { took = good => took, _ = hostile => panic!("the hosts that hang answered first") }
}

#[tokio::test]
async fn three_hundred_hanging_reads_of_one_namespace_delay_no_other() {
    let (_good, _silent, registries) = beside_a_host_that_hangs().await;
    let none = Logins::default();
    let images: Vec<_> = (0..300).map(|n| format!("r{n}.example.com/app:1")).collect();
    let hostile = images.iter().map(|image| registries.read(image, None, &none, asker("hostile")));
    let took = time_beside(&registries, join_all(hostile)).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn fifty_namespaces_with_hanging_hosts_delay_another_by_at_most_ten_seconds() {
    let (_good, _silent, registries) = beside_a_host_that_hangs().await;
    let none = Logins::default();
    let names: Vec<_> = (0..50).map(|n| format!("hostile-{n}")).collect();
    let all = names.iter().flat_map(|name| [name; 10]);
    let hostile = all.map(|name| registries.read("r.example.com/app:1", None, &none, asker(name)));
    let took = time_beside(&registries, join_all(hostile)).await;
    assert!(took < Duration::from_secs(11), "{took:?}");
}

#[tokio::test]
async fn a_failure_of_a_host_is_shared_only_within_a_namespace() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mirrors = vec![format!("*=http://{closed}").parse().unwrap()];
    let registries = Registries::new(RegistryOptions { mirrors, ..RegistryOptions::default() });
    let early = asker("shop");
    assert!(read(&registries, &Logins::default()).await.is_err());
    assert_eq!(lock(&registries.down).len(), 1);
    let key = ("shop".to_owned(), closed.to_string());
    lock(&registries.down).insert(key, (Instant::now(), Failure::NoRoots("told".to_owned())));
    let none = Logins::default();
    assert_eq!(
        registries.read("other:1", None, &none, early).await,
        Err(Failure::NoRoots("told".to_owned())),
        "the host is not asked"
    );
    let other = Asker { namespace: "other", ..early };
    let failure = registries.read("other:1", None, &none, other).await;
    assert!(matches!(failure, Err(Failure::Unreachable { .. })), "another namespace asks: {failure:?}");
}

#[tokio::test]
async fn a_busy_registry_is_read_for_other_images_and_names_the_time_of_a_retry() {
    for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::BAD_GATEWAY] {
        let server = Server::start(move |_, _| (status, [("retry-after", "90")]).into_response()).await;
        let registries = server.registries();
        let early = asker("shop");
        for asked in 1..=2 {
            let failure = registries.read("app:1", None, &Logins::default(), early).await.unwrap_err();
            assert_eq!(failure.outlook(), Outlook::Later(Some(Duration::from_secs(90))));
            assert_eq!(server.requests.load(Ordering::Relaxed), asked);
        }
    }
}

#[tokio::test]
async fn four_logins_are_tried_for_an_image() {
    let server =
        Server::start(|_, _| (StatusCode::UNAUTHORIZED, [("www-authenticate", "Basic")]).into_response())
            .await;
    let many = (0..1000).fold(Logins::default(), |all, n| all.and(logins("user", &n.to_string())));
    assert!(read(&server.registries(), &many).await.is_err());
    assert_eq!(server.requests.load(Ordering::Relaxed), 2 * MOST_LOGINS);
}

#[tokio::test]
async fn a_read_without_a_permit_times_out() {
    let registries = Registries::new(RegistryOptions::default());
    let mut permits = Vec::new();
    for namespace in 0..AT_ONCE {
        permits.push(registries.permits.take(&namespace.to_string()).await);
    }
    let since = Instant::now().checked_sub(LONGEST_WAIT).unwrap();
    let late = Asker { namespace: "late", since };
    assert_eq!(registries.read("app:1", None, &Logins::default(), late).await, Err(Failure::NoTurn));
}
