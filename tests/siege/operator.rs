//! The operator of the siege, a process for the whole cluster. It is this program with `--operator`, so that its translation can
//! have a planted panic.

use std::{
    env,
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use k8s_openapi::api::{
    authentication::v1::TokenRequest, core::v1::ServiceAccount, rbac::v1::ClusterRoleBinding,
};
use kube::{Api, Client, Config, api::PostParams};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stackwright::{
    api::Stack,
    cluster::rbac,
    controller::{self, LeaseOptions, Options},
    registry::{Mirror, RegistryOptions},
    translate::{Desired, Facts, Invalid, translate},
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    hostile::PLANTED,
    support::{Cluster, block_on},
    tenant::Tenant,
};

const NAMESPACE: &str = "stackwright-system";
const ACCOUNT: &str = "stackwright";

/// Interval of memory measurements.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A running operator.
pub struct Operator {
    child: Child,
    folder: PathBuf,
    memory: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
}

/// The result of the operator.
#[derive(Debug)]
pub struct Outcome {
    /// Peak private memory in bytes. Pages of the program do not count, since the kernel can reclaim them.
    pub memory: u64,
    /// The exit status, if the operator exited by itself.
    pub ended: Option<String>,
    /// Number of panics in the log.
    pub panics: usize,
    /// The path of the log.
    pub log: PathBuf,
}

impl Operator {
    /// Creates the operator's account, and starts the operator.
    pub async fn start(cluster: &Cluster, registry: &str) -> Self {
        Tenant::settle(&cluster.admin, NAMESPACE, &[]).await;
        let token = account(&cluster.admin).await;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("siege");
        fs::create_dir_all(&folder).expect("a folder for the operator");
        let kubeconfig = folder.join("kubeconfig");
        fs::write(&kubeconfig, cluster.kubeconfig_for(NAMESPACE, &token, None))
            .expect("the operator's kubeconfig");
        let log = File::create(folder.join("log")).expect("the operator's log");
        let child = Command::new(env::current_exe().expect("this program"))
            .args(["--operator", "--mirror", &format!("docker.io=http://{registry}")])
            .env("KUBECONFIG", kubeconfig)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .expect("the operator runs");
        let (memory, done) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        thread::spawn({
            let (memory, done, process) = (Arc::clone(&memory), Arc::clone(&done), child.id());
            move || {
                while !done.load(Ordering::Relaxed) {
                    memory.fetch_max(own_memory(process).unwrap_or_default(), Ordering::Relaxed);
                    thread::sleep(LOOK_EVERY);
                }
            }
        });
        Self { child, folder, memory, done }
    }

    /// Stops the operator.
    pub fn end(mut self) -> Outcome {
        let ended = self.child.try_wait().expect("its own child").map(|status| status.to_string());
        let log = self.folder.join("log");
        let text = fs::read_to_string(&log).expect("the operator's log");
        let panics = text.lines().filter(|line| line.contains("internal error, please report it")).count();
        Outcome { memory: self.memory.load(Ordering::Relaxed), ended, panics, log }
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        // The exit status does not matter any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the private memory of a process in bytes (proc_pid_status(5)).
fn own_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// Creates the account with the rights of the chart, and returns a token.
async fn account(admin: &Client) -> String {
    let params = PostParams::default();
    let accounts = Api::<ServiceAccount>::namespaced(admin.clone(), NAMESPACE);
    let account = typed(json!({ "metadata": { "name": ACCOUNT } }));
    accounts.create(&params, &account).await.expect("the operator's account");
    Api::all(admin.clone()).create(&params, &rbac::cluster_role(ACCOUNT)).await.expect("its ClusterRole");
    let binding: ClusterRoleBinding = typed(json!({
        "metadata": { "name": ACCOUNT },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ACCOUNT },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE }],
    }));
    Api::all(admin.clone()).create(&params, &binding).await.expect("its ClusterRoleBinding");
    let leases = Api::namespaced(admin.clone(), NAMESPACE);
    leases.create(&params, &rbac::lease_role(ACCOUNT)).await.expect("its Role for the Lease");
    let binding: k8s_openapi::api::rbac::v1::RoleBinding = typed(json!({
        "metadata": { "name": ACCOUNT },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE }],
    }));
    Api::namespaced(admin.clone(), NAMESPACE).create(&params, &binding).await.expect("its RoleBinding");
    let request: TokenRequest = typed(json!({ "spec": { "audiences": [], "expirationSeconds": 7200 } }));
    let answer = accounts.create_token_request(ACCOUNT, &params, &request).await.expect("a token");
    answer.status.and_then(|status| status.token).expect("an answered request has a token")
}

fn typed<K: DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).expect("a well-formed object")
}

/// Runs the operator in this process until SIGTERM.
pub fn serve(mirror: &str) {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let options = Options {
        lease: Some(LeaseOptions {
            name: rbac::LEASE.to_owned(),
            namespace: NAMESPACE.to_owned(),
            identity: std::process::id().to_string(),
            duration: Duration::from_secs(15),
        }),
        helper_image: Some("helper:1".to_owned()),
        registries: Some(RegistryOptions {
            mirrors: vec![mirror.parse::<Mirror>().expect("a mirror")],
            allowed: vec!["127.0.0.0/8".parse().expect("the addresses of loopback")],
        }),
        translation: planted,
        ..Options::default()
    };
    block_on(async {
        let stop = CancellationToken::new();
        let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
        let stopped = stop.clone();
        tokio::spawn(async move {
            terminate.recv().await;
            stopped.cancel();
        });
        let config = Config::infer().await.expect("the cluster of KUBECONFIG");
        let client = Client::try_from(config).expect("a client");
        if let Err(error) = controller::run(client, options, stop).await {
            eprintln!("the operator ended: {error:#}");
            std::process::exit(1);
        }
    });
}

/// A translation that panics for Stacks with one name.
fn planted(stack: &Stack, facts: &Facts) -> Result<Desired, Invalid> {
    let is_planted = stack.metadata.name.as_deref().is_some_and(|name| name.starts_with(PLANTED));
    assert!(!is_planted, "the siege has planted this panic");
    translate(stack, facts)
}
