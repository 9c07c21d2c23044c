//! The control plane of scenarios, and their identities.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use futures::StreamExt;
use k8s_openapi::{
    api::core::v1::Node, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, Config, CustomResourceExt, ResourceExt,
    api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams, WatchEvent, WatchParams},
    config::{KubeConfigOptions, Kubeconfig},
    runtime::wait::{await_condition, conditions::is_crd_established},
};
use serde_json::Value;
use stackwright::{api::Stack, translate::ServerVersion};
use tokio::sync::OnceCell;

fn is_error<K>(event: &WatchEvent<K>) -> bool {
    matches!(event, WatchEvent::Error(_))
}

/// A running control plane with simulated nodes.
pub struct Cluster {
    /// A client with all rights.
    pub admin: Client,
    /// The administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// The API server's audit log, where it can be read.
    pub audit_log: Option<PathBuf>,
    kubectl: PathBuf,
}

impl Cluster {
    /// Returns the cluster that all scenarios share: the one in the environment, or one that is started here and left running
    /// for the next run.
    ///
    /// - `STACKWRIGHT_TEST_CLUSTER`: the state folder of a cluster that `hack/cluster` started;
    /// - `STACKWRIGHT_TEST_KUBECONFIG`: any cluster with nodes simulated by these stages. Its
    ///   audit log cannot be read, so requests are not counted.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Cluster> = OnceCell::const_new();
        SHARED
            .get_or_init(|| async {
                let cluster = if let Some(state) = env::var_os("STACKWRIGHT_TEST_CLUSTER") {
                    Self::of_state(Path::new(&state)).await
                } else if let Some(kubeconfig) = env::var_os("STACKWRIGHT_TEST_KUBECONFIG") {
                    Self::connect(PathBuf::from(kubeconfig), None, PathBuf::from("kubectl")).await
                } else {
                    Self::started("test", &["--simulated", "3"]).await
                };
                cluster.assert_simulated().await;
                cluster.install_stack_definition().await;
                cluster
            })
            .await
    }

    /// Returns a cluster for one scenario, which changes cluster-wide state. The cluster ends when the value is dropped.
    pub async fn of_its_own(name: &'static str) -> OwnCluster {
        Self::of_its_own_with(name, &[]).await
    }

    /// The same, with further options of `hack/cluster up`.
    pub async fn of_its_own_with(name: &'static str, options: &[&str]) -> OwnCluster {
        let options = [&["--simulated", "1"], options].concat();
        let own = OwnCluster { cluster: Self::started(name, &options).await, name };
        // Client-side, as users do.
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
        let applied = own.kubectl("default", &["apply", "-f", folder]).status();
        assert!(applied.is_ok_and(|status| status.success()), "kubectl apply -f crds/ (above)");
        own.until_established().await;
        own
    }

    /// Returns the cluster with a name, started with these options of `hack/cluster up` if needed.
    pub async fn started(name: &str, options: &[&str]) -> Self {
        Self::of_state(&up(name, options)).await
    }

    /// Returns the cluster of a state folder.
    pub async fn of_state(state: &Path) -> Self {
        let read = |file: &str| {
            let path = state.join(file);
            fs::read_to_string(&path).unwrap_or_else(|error| {
                panic!("{}: {error}; is it the state folder of a cluster that runs?", path.display())
            })
        };
        let kubectl = Path::new(read("bin").trim()).join("kubectl");
        Self::connect(state.join("admin.kubeconfig"), Some(state.join("audit.log")), kubectl).await
    }

    async fn connect(kubeconfig: PathBuf, audit_log: Option<PathBuf>, kubectl: PathBuf) -> Self {
        let admin = client_of(&kubeconfig).await;
        Self { admin, kubeconfig, audit_log, kubectl }
    }

    async fn assert_simulated(&self) {
        let nodes = Api::<Node>::all(self.admin.clone()).list(&ListParams::default()).await;
        let nodes =
            nodes.unwrap_or_else(|error| panic!("the cluster of {}: {error}", self.kubeconfig.display()));
        assert!(
            nodes.iter().any(|node| node.annotations().contains_key("kwok.x-k8s.io/node")),
            "the cluster of {} has no simulated nodes, so no pod can be steered; \
             `hack/cluster up --simulated 3` starts one that has",
            self.kubeconfig.display()
        );
    }

    /// Returns the version of the API server.
    pub async fn version(&self) -> ServerVersion {
        let info = self.admin.apiserver_version().await.expect("the API server tells its version");
        ServerVersion::of(&info.git_version).expect("a version")
    }

    /// Installs the CRD.
    pub async fn install_stack_definition(&self) {
        let api = Api::<CustomResourceDefinition>::all(self.admin.clone());
        let params = PatchParams::apply("tests").force();
        let applied =
            api.patch(Stack::crd_name(), &params, &Patch::Apply(&stackwright::api::definition())).await;
        applied.expect("the API server takes the CRD");
        self.until_established().await;
    }

    async fn until_established(&self) {
        let api = Api::<CustomResourceDefinition>::all(self.admin.clone());
        let established = await_condition(api, Stack::crd_name(), is_crd_established());
        tokio::time::timeout(Duration::from_secs(30), established)
            .await
            .expect("the CRD is established in time")
            .expect("the CRD can be watched");
        tokio::time::timeout(Duration::from_secs(30), self.until_watched())
            .await
            .expect("Stacks can be watched in time");
    }

    /// Waits until the CRD is served. An established CRD can still break a first watch while its storage is created, and a
    /// recorder that lists again has missed events.
    async fn until_watched(&self) {
        let api = Api::<DynamicObject>::all_with(self.admin.clone(), &ApiResource::erase::<Stack>(&()));
        let briefly = WatchParams::default().timeout(2);
        loop {
            if let Ok(events) = api.watch(&briefly, "0").await
                && events
                    .all(|event| std::future::ready(matches!(event, Ok(event) if !is_error(&event))))
                    .await
            {
                return;
            }
        }
    }

    /// Returns a call of kubectl as the administrator in `namespace`.
    pub fn kubectl(&self, namespace: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.env("KUBECONFIG", &self.kubeconfig).args(["--namespace", namespace]).args(arguments);
        command
    }

    /// Returns a call of the command line as the administrator in `namespace`. The first argument is the verb.
    pub fn stackwright(&self, namespace: &str, arguments: &[&str]) -> Command {
        let (verb, arguments) = arguments.split_first().expect("a verb");
        let mut command = Command::new(env!("CARGO_BIN_EXE_stackwright"));
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .env("NO_COLOR", "1")
            .args([verb, "--namespace", namespace])
            .args(arguments);
        command
    }

    /// Returns a kubeconfig with `token` for this cluster, or for `server`.
    pub fn kubeconfig_for(&self, namespace: &str, token: &str, server: Option<&str>) -> String {
        let admin = fs::read_to_string(&self.kubeconfig).expect("the administrator's kubeconfig");
        let mut config: Value = serde_saphyr::from_str(&admin).expect("a kubeconfig is YAML");
        let mut cluster = config["clusters"][0]["cluster"].take();
        if let Some(server) = server {
            cluster = serde_json::json!({ "server": server });
        }
        serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "it", "user": {"token": token}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it", "namespace": namespace}}],
        })
        .to_string()
    }
}

/// Returns a client with the identity of a kubeconfig.
pub async fn client_of(kubeconfig: &Path) -> Client {
    let kubeconfig =
        Kubeconfig::read_from(kubeconfig).unwrap_or_else(|error| panic!("{}: {error}", kubeconfig.display()));
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    Client::try_from(config.expect("a complete kubeconfig")).expect("a client")
}

/// A cluster that ends with its scenario.
pub struct OwnCluster {
    cluster: Cluster,
    name: &'static str,
}

impl OwnCluster {
    /// Runs a long command of `hack/cluster`, such as `upgrade --kubernetes 1.37`.
    pub fn hack(&self, arguments: &[&str]) {
        let (verb, options) = arguments.split_first().expect("a verb");
        let status = hack_cluster().args([verb, "--name", self.name]).args(options).status();
        assert!(status.is_ok_and(|status| status.success()), "hack/cluster {arguments:?} (above)");
    }
}

impl std::ops::Deref for OwnCluster {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        // The scenario has ended already, so the result does not matter.
        let _ = hack_cluster().args(["down", "--name", self.name]).status();
    }
}

/// Starts a cluster, if it does not run yet, and returns its state folder.
fn up(name: &str, options: &[&str]) -> PathBuf {
    let status = hack_cluster().args(["up", "--name", name]).args(options).status();
    assert!(status.is_ok_and(|status| status.success()), "hack/cluster could not start '{name}' (above)");
    let output = hack_cluster().args(["env", "--name", name]).output().expect("hack/cluster env");
    let line = String::from_utf8(output.stdout).expect("a path in UTF-8");
    let kubeconfig = line.trim().strip_prefix("export KUBECONFIG=").expect("the line that sets KUBECONFIG");
    Path::new(kubeconfig).parent().expect("a file in the state folder").to_owned()
}

fn hack_cluster() -> Command {
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/hack/cluster"))
}
