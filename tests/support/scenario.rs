//! A scenario: its own namespace and operator, the steps of a user, and waits that use watches.

use std::{
    any::type_name,
    convert::Infallible,
    env,
    future::Future,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams, ValidationDirective},
};
use serde_json::{Value, json};
use stackwright::api::labels::SERVICE;
use tokio::{runtime::Runtime, sync::Semaphore, time::Instant};

use super::{
    audit::{self, Mark, Requests},
    cluster::{Cluster, client_of},
    diagnosis,
    history::{History, View, resource},
    identity,
    operator::Operator,
    proxy::Proxy,
    stack::{StackHandle, from_yaml},
};

/// Timeout of a wait, for a busy machine.
const PATIENCE: u64 = 120;

/// Scenarios that run at the same time, in all test binaries. More would slow each other down and time out.
static PLACES: Semaphore = Semaphore::const_new(12);

/// Runs a scenario on the shared cluster, with the name of the calling test. The operator runs when `body` starts.
pub fn scenario(body: impl AsyncFnOnce(&Scenario<'_>)) {
    Setup::default().run(body);
}

/// Runs a future on the runtime that all scenarios share.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("an async runtime")).block_on(future)
}

/// The setup of a scenario.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whether the operator runs from the start.
    pub operator: bool,
    /// Whether the operator uses a faulty proxy to the API server.
    pub proxy: bool,
    /// Whether the operator serves all namespaces, which needs the scenario's own cluster.
    pub everywhere: bool,
    /// Further options of the operator.
    pub options: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { operator: true, proxy: false, everywhere: false, options: Vec::new() }
    }
}

impl Setup {
    /// Leaves the start of the operator to the scenario.
    pub fn without_operator() -> Self {
        Self { operator: false, ..Self::default() }
    }

    /// Runs the operator behind a faulty proxy.
    pub fn with_faulty_line() -> Self {
        Self { proxy: true, ..Self::default() }
    }

    /// Shortens the operator's Lease, so that the next operator starts soon after a kill.
    pub fn with_short_lease(self) -> Self {
        let options = ["--lease-duration", "2s"].map(str::to_owned).to_vec();
        Self { options, ..self }
    }

    /// Requires a ServiceAccount for every Stack.
    pub fn that_requires_accounts(self) -> Self {
        Self { options: vec!["--require-service-account".to_owned()], ..self }
    }

    /// Lets the operator read image metadata from this registry, over HTTP, and gives it a helper image.
    pub fn with_registry(self, address: &str) -> Self {
        let options =
            vec![format!("--registry-mirror=*=http://{address}"), "--helper-image=helper:1".to_owned()];
        Self { options, ..self }
    }

    /// Gives the operator a helper image.
    pub fn with_helper(self, image: &str) -> Self {
        Self { options: vec![format!("--helper-image={image}")], ..self }
    }

    /// Runs `body` on the shared cluster.
    pub fn run(self, body: impl AsyncFnOnce(&Scenario<'_>)) {
        block_on(async { self.play(Cluster::shared().await, body).await });
    }

    /// Runs `body` on `cluster`.
    pub async fn play<F: AsyncFnOnce(&Scenario<'_>)>(self, cluster: &Cluster, body: F) {
        let _place = PLACES.acquire().await.expect("nobody closes the semaphore");
        let scenario = Scenario::start(cluster, &namespace_prefix(type_name::<F>()), &self).await;
        let mut outcome = AssertUnwindSafe(body(&scenario)).catch_unwind().await;
        if outcome.is_ok()
            && ["panicked at", "internal error, please report it"]
                .iter()
                .any(|it| scenario.operator.log().contains(it))
        {
            outcome = Err(Box::new("the operator panicked"));
        }
        if outcome.is_err() {
            eprintln!("{}", diagnosis::of(&scenario));
        }
        let namespace = scenario.namespace.clone();
        drop(scenario);
        // Deleting the namespace is expensive, and unnecessary if the cluster ends, too. A failed scenario keeps it for
        // inspection.
        if env::var_os("STACKWRIGHT_TEST_KEEP").is_none() {
            identity::delete_namespace(&cluster.admin, &namespace).await;
        }
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }
}

/// Returns the test's name from its closure's, as the prefix of a namespace name.
fn namespace_prefix(closure: &str) -> String {
    let test = closure.rsplit("::").find(|part| !part.starts_with('{')).unwrap_or(closure);
    let name = test.replace('_', "-");
    name[..name.len().min(50)].trim_end_matches('-').to_owned()
}

/// A running scenario.
pub struct Scenario<'c> {
    /// The cluster.
    pub cluster: &'c Cluster,
    /// The namespace.
    pub namespace: String,
    /// The operator.
    pub operator: Arc<Operator>,
    /// The history of the namespace.
    pub history: History,
    proxy: Option<Proxy>,
    startup_deadline: AtomicU64,
}

impl<'c> Scenario<'c> {
    async fn start(cluster: &'c Cluster, prefix: &str, setup: &Setup) -> Self {
        let namespace = identity::make_namespace(&cluster.admin, prefix).await;
        let history = History::follow(&cluster.admin, &namespace).await;
        let token = identity::make_operator_account(&cluster.admin, &namespace).await;
        let direct = cluster.kubeconfig_for(&namespace, &token, None);
        if setup.everywhere {
            identity::allow_everywhere(&cluster.admin, &namespace).await;
        }
        let operator = Operator::new(&namespace, setup.everywhere, &direct, &setup.options);
        let mut proxy = None;
        if setup.proxy {
            let line = Proxy::start(client_of(&operator.kubeconfig()).await).await;
            let proxied = cluster.kubeconfig_for(&namespace, &token, Some(line.address()));
            std::fs::write(operator.kubeconfig(), proxied).expect("the operator's kubeconfig");
            proxy = Some(line);
        }
        if setup.operator {
            operator.start();
        }
        let startup_deadline = AtomicU64::new(PATIENCE);
        Self { cluster, namespace, operator: Arc::new(operator), history, proxy, startup_deadline }
    }

    // --- steps ---------------------------------------------------------------

    /// Applies a Stack server-side, under strict validation. `spec` is YAML, with `sim/` as the domain of annotations that steer
    /// simulated Pods.
    pub async fn apply(&self, name: &str, spec: &str) -> StackHandle<'_> {
        self.try_apply(name, spec).await.unwrap_or_else(|error| panic!("Stack {name}: {error}"))
    }

    /// Applies a Stack that the API server can refuse.
    pub async fn try_apply(&self, name: &str, spec: &str) -> kube::Result<StackHandle<'_>> {
        let mut body = json!({
            "apiVersion": "stackwright.dev/v1alpha1",
            "kind": "Stack",
            "metadata": { "name": name },
            "spec": from_yaml(spec),
        });
        let params = PatchParams::apply("user").force();
        let params = PatchParams { field_validation: Some(ValidationDirective::Strict), ..params };
        let applied = self.api("Stack").patch(name, &params, &Patch::Apply(&body)).await?;
        Ok(StackHandle::new(self, body["spec"].take(), &applied))
    }

    /// Creates a foreign object from YAML.
    pub async fn create(&self, object: &str) -> DynamicObject {
        let object: DynamicObject = serde_json::from_value(from_yaml(object)).expect("an object");
        let kind = object.types.as_ref().map(|types| types.kind.as_str()).expect("an object has a kind");
        let created = self.api(kind).create(&PostParams::default(), &object).await;
        created.unwrap_or_else(|error| panic!("{kind}: {error}"))
    }

    /// Changes an object by a merge patch of another field manager, in YAML.
    pub async fn patch(&self, kind: &str, name: &str, patch: &str) -> DynamicObject {
        let params = PatchParams { field_manager: Some("someone-else".into()), ..PatchParams::default() };
        let patched = self.api(kind).patch(name, &params, &Patch::Merge(from_yaml(patch))).await;
        patched.unwrap_or_else(|error| panic!("{kind} {name}: {error}"))
    }

    /// Deletes an object with its dependents, without waiting.
    pub async fn delete(&self, kind: &str, name: &str) {
        let deleted = self.api(kind).delete(name, &DeleteParams::background()).await;
        deleted.unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
    }

    /// Steers the Pods of a service once they exist: sets or removes `sim.stackwright.dev/<what>`.
    pub async fn steer(&self, service: &str, what: &str, value: Option<&str>) {
        let view =
            self.until(&format!("there is a pod of {service}"), |view| pods(view, service).count() > 0).await;
        let annotation = format!("sim.stackwright.dev/{what}");
        let patch = json!({ "metadata": { "annotations": { annotation: value } } });
        for (name, _) in pods(&view, service) {
            match self.api("Pod").patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await {
                Err(kube::Error::Api(status)) if status.is_not_found() => {}
                steered => drop(steered.unwrap_or_else(|error| panic!("Pod {name}: {error}"))),
            }
        }
    }

    /// Returns the faulty proxy of the operator.
    pub fn line(&self) -> &Proxy {
        self.proxy.as_ref().expect("this scenario was set up with a faulty line")
    }

    /// Returns the API of a watched kind.
    pub fn api(&self, kind: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.admin(), &self.namespace, &resource(kind))
    }

    /// Returns a client with all rights.
    pub fn admin(&self) -> Client {
        self.cluster.admin.clone()
    }

    /// Returns the output of kubectl in the scenario's namespace. The call must succeed.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let output = self.cluster.kubectl(&self.namespace, arguments).output().expect("kubectl runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "kubectl {arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Starts the operator again each time it has lost its Lease, as its Deployment does. A busy machine cannot always renew a
    /// short Lease in time.
    pub async fn replace_operators_without_lease(&self) -> Infallible {
        loop {
            if self.operator.has_lost_its_lease() {
                self.operator.kill();
                self.operator.start();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Returns a further namespace, in which the user applies Stacks as well. The scenario's operator serves the namespace only
    /// if `is_allowed`.
    pub async fn another_namespace(&self, prefix: &str, is_allowed: bool) -> Self {
        let namespace = identity::make_namespace(&self.cluster.admin, prefix).await;
        if is_allowed {
            identity::allow_namespaced(&self.cluster.admin, &self.namespace, &namespace).await;
        }
        Self {
            cluster: self.cluster,
            history: History::follow(&self.cluster.admin, &namespace).await,
            namespace,
            operator: Arc::clone(&self.operator),
            proxy: None,
            startup_deadline: AtomicU64::new(PATIENCE),
        }
    }

    // --- waits ---------------------------------------------------------------

    /// Sets the timeout of further waits in seconds, for slow processes: the garbage collector learns of a new kind within 30 s,
    /// and some checks run once a minute.
    pub fn allow(&self, seconds: u64) {
        self.startup_deadline.store(seconds, Ordering::Relaxed);
    }

    /// Waits until `holds`, and returns the objects.
    pub async fn until(&self, what: &str, holds: impl Fn(&View) -> bool) -> View {
        self.until_none(what, |view| (!holds(view)).then(String::new)).await
    }

    /// Waits until `problem` returns none, and returns the objects. A timeout shows the last problem.
    pub async fn until_none(&self, what: &str, problem: impl Fn(&View) -> Option<String>) -> View {
        let startup_deadline = Duration::from_secs(self.startup_deadline.load(Ordering::Relaxed));
        let deadline = Instant::now() + startup_deadline;
        let mut seen = self.history.seen();
        loop {
            let view = self.history.view();
            let Some(problem) = problem(&view) else { return view };
            let more = tokio::time::timeout_at(deadline, seen.changed()).await;
            assert!(more.is_ok(), "after {startup_deadline:?} it is not so that {what}\n{problem}");
        }
    }

    /// Waits until this number of changes has happened in all.
    pub async fn until_changes(&self, count: usize) {
        self.until(&format!("{count} things have happened"), |_| self.history.changes().len() >= count).await;
    }

    /// Waits until an object exists.
    pub async fn until_there(&self, kind: &str, name: &str) -> Value {
        let view =
            self.until(&format!("{kind} {name} is there"), |view| view.get(kind, name).is_some()).await;
        view.get(kind, name).cloned().unwrap_or_default()
    }

    /// Waits until an object is gone.
    pub async fn until_gone(&self, kind: &str, name: &str) {
        self.until(&format!("{kind} {name} is gone"), |view| view.get(kind, name).is_none()).await;
    }

    /// Waits for a period, only for claims about one, such as that nothing happens.
    pub async fn let_pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    // --- counts --------------------------------------------------------------

    /// Returns the current end of the audit log.
    pub fn mark(&self) -> Mark {
        audit::mark(self.cluster.audit_log.as_deref())
    }

    /// Returns the operator's requests since a mark.
    pub fn requests_since(&self, mark: Mark) -> Requests {
        Requests::since(self.cluster.audit_log.as_deref(), mark, &identity::operator_user(&self.namespace))
    }
}

impl Drop for Scenario<'_> {
    /// Kills the operator: other references to it can exist, such as an unused strike, and a scenario can be dropped early when
    /// another one of its test has failed.
    fn drop(&mut self) {
        self.operator.kill();
    }
}

/// Returns the Pods of a service, by name.
pub fn pods<'v>(view: &'v View, service: &str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    view.all("Pod").filter(move |(_, pod)| is_of(pod, service))
}

/// Reports whether an object has the label of a service.
pub fn is_of(object: &Value, service: &str) -> bool {
    object["metadata"]["labels"][SERVICE] == *service
}
