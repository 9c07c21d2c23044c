//! Elections before an API server with one Lease.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};

use super::{super::fence::Fence, *};

/// An API server with one Lease, which can stop answering.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    lease: Option<Value>,
    version: u64,
    hangs: bool,
    writes: usize,
}

impl Server {
    fn client(&self) -> Client {
        Client::new(Router::new().fallback(answer).with_state(self.clone()), "n")
    }

    fn with<T>(&self, act: impl FnOnce(&mut Content) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes the Lease as another operator, whose clock is wrong.
    fn write_as(&self, holder: &str) {
        let spec = json!({"holderIdentity": holder, "leaseDurationSeconds": 1, "renewTime": "2001-01-01T00:00:00.000000Z"});
        self.with(|content| content.store(json!({"spec": spec})));
    }

    fn holder(&self) -> Option<String> {
        self.with(|content| {
            content.lease.as_ref()?.pointer("/spec/holderIdentity")?.as_str().map(str::to_owned)
        })
    }
}

impl Content {
    fn store(&mut self, mut lease: Value) {
        self.version += 1;
        lease["metadata"] = json!({"name": "l", "resourceVersion": self.version.to_string()});
        self.lease = Some(lease);
    }
}

fn refused(code: u16) -> Response {
    let reason = if code == 404 { "NotFound" } else { "Conflict" };
    let status =
        json!({"kind": "Status", "status": "Failure", "reason": reason, "message": "refused", "code": code});
    (StatusCode::from_u16(code).unwrap(), status.to_string()).into_response()
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    if server.with(|content| content.hangs) {
        return std::future::pending().await;
    }
    server.with(|content| {
        if head.method == Method::GET {
            return content
                .lease
                .clone()
                .map_or_else(|| refused(404), |lease| lease.to_string().into_response());
        }
        content.writes += 1;
        let body: Value = serde_json::from_slice(&body).unwrap();
        let mut lease = content.lease.clone().unwrap_or_else(|| json!({}));
        if head.method == Method::PATCH
            && lease["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]
        {
            return refused(409);
        }
        for (name, value) in body["spec"].as_object().unwrap() {
            lease["spec"][name] = value.clone();
        }
        content.store(lease);
        json!(content.lease).to_string().into_response()
    })
}

const DURATION: Duration = Duration::from_millis(400);

async fn candidate(server: &Server, identity: &str) -> (Election, Fence) {
    let options = LeaseOptions {
        name: "l".to_owned(),
        namespace: "n".to_owned(),
        identity: identity.to_owned(),
        duration: DURATION,
    };
    let (terms, fence) = Fence::new();
    (join(server.client(), Some(&options), terms).await.unwrap(), fence)
}

#[tokio::test]
async fn a_holder_stops_before_its_lease_expires() {
    let server = Server::default();
    let (_held, mut fence) = candidate(&server, "one").await;
    assert!(!fence.is_open() && fence.opened().await && fence.is_open());
    tokio::select! {
        () = fence.closed() => panic!("it is renewed"),
        () = tokio::time::sleep(DURATION * 3) => {}
    }
    server.with(|content| content.hangs = true);
    let hung = Instant::now();
    fence.closed().await;
    assert!(hung.elapsed() < DURATION, "after {:?}", hung.elapsed());
    assert!(!fence.is_open());
}

#[tokio::test]
async fn a_suspended_process_writes_nothing_when_it_resumes() {
    let server = Server::default();
    let (terms, fence) = Fence::new();
    let leases: Api<Lease> = Api::namespaced(fence.guard(server.client()), "n");
    let write = async || {
        leases
            .patch("l", &PatchParams::default(), &Patch::Merge(json!({"spec": {"holderIdentity": "x"}})))
            .await
    };
    for (term, passes) in [
        (Term::None, false),
        (Term::Always, true),
        (Term::Until(Instant::now() + DURATION), true),
        // The process still has the term from before it was suspended.
        (Term::Until(Instant::now()), false),
    ] {
        server.with(|content| (content.lease, content.writes) = (Some(json!({})), 0));
        terms.send_replace(term);
        assert_eq!(write().await.is_ok(), passes, "{term:?}");
        assert_eq!(server.with(|content| content.writes), usize::from(passes), "{term:?}");
        assert!(leases.get_opt("l").await.is_ok(), "it reads at any time");
    }
}

#[tokio::test]
async fn a_renewed_lease_is_not_taken_over_even_if_the_clocks_differ() {
    let server = Server::default();
    server.write_as("other");
    let (_held, mut fence) = candidate(&server, "one").await;
    let renewals = async {
        for _ in 0..16 {
            tokio::time::sleep(DURATION / 2).await;
            server.write_as("other");
        }
    };
    tokio::select! {
        _ = fence.opened() => panic!("another one holds it"),
        () = renewals => {}
    }
    let last = Instant::now();
    assert!(fence.opened().await);
    let holds = Duration::from_secs(1);
    assert!(
        last.elapsed() >= holds - DURATION / TRIES,
        "the last renewal holds for its time: {:?}",
        last.elapsed()
    );
    assert_eq!(server.holder().as_deref(), Some("one"));
}

#[tokio::test]
async fn a_replaced_holder_notices_and_a_released_lease_is_free() {
    let server = Server::default();
    let (_one, mut first) = candidate(&server, "one").await;
    assert!(first.opened().await);
    let (two, mut second) = candidate(&server, "two").await;
    assert!(!second.is_open());
    server.write_as("other");
    first.closed().await;
    server.with(|content| content.store(json!({"spec": {}})));
    tokio::select! {
        is_first = first.opened() => assert!(is_first),
        is_second = second.opened() => assert!(is_second),
    }
    assert_ne!(first.is_open(), second.is_open(), "one of the two has it");
    server
        .with(|content| content.store(json!({"spec": {"holderIdentity": "two", "leaseDurationSeconds": 1}})));
    assert!(second.opened().await, "a process that comes back as the same takes its own lease up");
    first.closed().await;
    two.release().await;
    assert!(first.opened().await && server.holder().as_deref() == Some("one"));
}
