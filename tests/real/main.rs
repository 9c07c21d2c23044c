//! Scenarios on real nodes: containers, names, policies and volumes. The scenario language is that of the cluster tests. Pods
//! run, and cannot be steered.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the cluster tests use the rest of the language")]
mod support;

mod disk;
mod names;
mod networks;
mod outages;
mod replacement;
mod scripteam;
mod streams;
mod volumes;

use std::{
    env,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use support::{Cluster, Scenario, Setup, block_on};
use tokio::sync::OnceCell;

/// Seconds that real programs can take, such as a database that initialises its data.
const PATIENCE: u64 = 180;

/// Runs a scenario on a cluster with real nodes, with the name of the calling test.
fn on_real_nodes(body: impl AsyncFnOnce(&Scenario<'_>)) {
    block_on(async {
        let patiently = async move |s: &Scenario<'_>| {
            s.allow(PATIENCE);
            body(s).await;
        };
        Setup::default().play(cluster().await, patiently).await;
    });
}

/// Returns the cluster that all scenarios share: the one whose state folder is in `STACKWRIGHT_TEST_REAL_CLUSTER`, or one that
/// is started here and left running for the next run.
async fn cluster() -> &'static Cluster {
    static SHARED: OnceCell<Cluster> = OnceCell::const_new();
    SHARED
        .get_or_init(|| async {
            let cluster = match env::var_os("STACKWRIGHT_TEST_REAL_CLUSTER") {
                Some(state) => Cluster::of_state(Path::new(&state)).await,
                None => Cluster::started("test-real", &["--real", "2", "--images", &images()]).await,
            };
            cluster.install_stack_definition().await;
            cluster
        })
        .await
}

/// Returns the folder of the images, which are built if missing.
fn images() -> String {
    let output = Command::new("hack/images").arg("dir").output().expect("hack/images runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Returns the output of a shell script in a container, or `Err` if it fails.
fn shell(s: &Scenario<'_>, object: &str, script: &str) -> Result<String, String> {
    let output = s.cluster.kubectl(&s.namespace, &["exec", object, "--", "sh", "-c", script]).output();
    let output = output.expect("kubectl runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Polls until the answer is as expected. State outside of the API server, such as kernel rules or a DNS cache, cannot be
/// watched.
#[track_caller]
fn until_answer<T: std::fmt::Debug>(what: &str, ask: impl Fn() -> T, is_right: impl Fn(&T) -> bool) -> T {
    let began = Instant::now();
    loop {
        let answer = ask();
        if is_right(&answer) {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "it is not so that {what}: {answer:?}");
    }
}
