//! Stackwright on the cluster of `hack/parity`, used by `convert` and `kubectl`.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use stackwright::{api::labels::SERVICE, translate::Privilege};

use crate::{
    engine::{Container, Engine, LOAD, Outcome, outcome, reached, text},
    project::Project,
};

/// The cluster that all projects share, with the operator, which ends with this value.
pub struct Cluster {
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    operator: Child,
}

impl Cluster {
    /// Returns the cluster whose state folder is in `STACKWRIGHT_PARITY_CLUSTER`.
    pub fn start() -> Self {
        let state =
            env::var_os("STACKWRIGHT_PARITY_CLUSTER").expect("hack/parity starts the engines and says where");
        let state = Path::new(&state);
        let bin = fs::read_to_string(state.join("bin")).expect("the cluster runs");
        let registry = fs::read_to_string(state.join("registry")).expect("its nodes pull from a registry");
        let kubeconfig = state.join("admin.kubeconfig");
        let log = fs::File::create(state.join("operator.log")).expect("the operator's log");
        let helper = env::var("STACKWRIGHT_PARITY_HELPER").expect("hack/parity names the helper's image");
        let operator = Command::new(env!("CARGO_BIN_EXE_stackwright"))
            .args(["controller", "--no-http", "--no-lease", "--helper-image", &helper])
            .arg(format!("--registry-mirror=*=http://{}", registry.trim()))
            .env("KUBECONFIG", &kubeconfig)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .expect("the operator's binary runs");
        Self { kubectl: Path::new(bin.trim()).join("kubectl"), kubeconfig, operator }
    }

    fn kubectl(&self, namespace: &str) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.env("KUBECONFIG", &self.kubeconfig).args(["--namespace", namespace]);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The operator can have ended by itself. The comparison is complete.
        let _ = self.operator.kill();
        let _ = self.operator.wait();
    }
}

/// A project on the cluster, in a namespace with the same name.
pub struct Kubernetes<'p> {
    cluster: &'p Cluster,
    project: &'p Project,
    further_files: RefCell<Vec<String>>,
}

impl<'p> Kubernetes<'p> {
    /// Creates the namespace with every privilege. Other tests cover missing privileges.
    pub fn new(cluster: &'p Cluster, project: &'p Project) -> Self {
        let kubernetes = Self { cluster, project, further_files: RefCell::default() };
        // An aborted run can have left the namespace.
        kubernetes.kubectl(&["delete", "namespace", &project.name, "--ignore-not-found", "--timeout=90s"]);
        kubernetes.kubectl(&["create", "namespace", &project.name]);
        let allowed = Privilege::ALL.iter().map(|privilege| format!("{}=true", privilege.label()));
        let mut command = cluster.kubectl(&project.name);
        command.args(["label", "--overwrite", "namespace", &project.name]).args(allowed);
        let labelled = outcome(&mut command);
        assert_eq!(labelled.code, 0, "{}: {}", project.title, labelled.text);
        kubernetes
    }

    fn kubectl(&self, arguments: &[&str]) -> Outcome {
        outcome(self.cluster.kubectl(&self.project.name).args(arguments))
    }

    fn list(&self, kind: &str) -> Vec<Value> {
        let listed = self.kubectl(&["get", kind, "--output", "json"]);
        let mut list: Value = serde_json::from_str(&listed.text).unwrap_or_default();
        serde_json::from_value(list["items"].take()).unwrap_or_default()
    }

    /// Returns the Stack with its status.
    fn stack(&self) -> Value {
        let got = self.kubectl(&["get", "stack", &self.project.name, "--output", "json"]);
        serde_json::from_str(&got.text).unwrap_or_default()
    }

    fn pods(&self) -> Vec<Value> {
        let mut pods = self.list("pods");
        pods.sort_by_key(|pod| text(&pod["metadata"]["name"]));
        pods
    }

    /// Returns the status of the Stack and its Pods, for reports of differences.
    pub fn diagnosis(&self) -> String {
        let status = &self.stack()["status"];
        let told = status["services"].as_array().into_iter().flatten();
        let services = told
            .map(|it| format!("  {}: {} {}", text(&it["name"]), text(&it["state"]), text(&it["message"])));
        let conditions =
            status["conditions"].as_array().into_iter().flatten().filter(|it| it["status"] == "True");
        let conditions = conditions.map(|it| format!("  {}: {}", text(&it["type"]), text(&it["message"])));
        services.chain(conditions).collect::<Vec<_>>().join("\n")
    }

    /// Returns the address of a service's published ports, or an empty text.
    fn address(&self, service: &str) -> String {
        let path = "--output=jsonpath={.status.loadBalancer.ingress[0].ip}";
        let name = format!("{service}-published");
        self.kubectl(&["get", "service", &name, "--ignore-not-found", path]).text
    }

    /// Deletes the namespace without waiting.
    pub fn clear_away(&self) {
        self.kubectl(&["delete", "namespace", &self.project.name, "--wait=false"]);
    }

    /// Returns the exit code of a service's container.
    fn exit_code(&self, service: &str) -> String {
        let pods = self.pods();
        let of_it = pods.iter().filter(|pod| pod["metadata"]["labels"][SERVICE] == *service);
        let statuses = of_it.flat_map(statuses);
        let codes = statuses.filter(|it| it["name"] == *service).filter_map(|it| {
            let ended = |state: &str| it[state]["terminated"]["exitCode"].as_i64();
            ended("state").or_else(|| ended("lastState"))
        });
        codes.last().map_or_else(|| "unknown".to_owned(), |code| code.to_string())
    }

    fn state(&self, service: &Value) -> String {
        match text(&service["state"]).as_str() {
            "Waiting" | "" => "created".to_owned(),
            "Completed" => "exited 0".to_owned(),
            "Failed" => format!("exited {}", self.exit_code(&text(&service["name"]))),
            other => other.to_lowercase(),
        }
    }
}

impl Engine for Kubernetes<'_> {
    fn name(&self) -> &'static str {
        "Stackwright"
    }

    fn up(&self) -> Result<(), String> {
        let mut convert = Command::new(env!("CARGO_BIN_EXE_stackwright"));
        convert.args(["convert", "--project-name", &self.project.name, "--secrets", "plain"]);
        convert
            .args(self.project.compose_arguments(&self.further_files.borrow()))
            .current_dir(&self.project.folder);
        let output = convert.output().expect("the command line tool runs");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let mut apply = self.cluster.kubectl(&self.project.name);
        apply.args(["apply", "--server-side", "--filename", "-"]);
        let child = apply.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("kubectl runs");
        child.stdin.take().expect("a pipe").write_all(&output.stdout).expect("kubectl reads what it applies");
        let applied = child.wait_with_output().expect("kubectl ends");
        let said = || String::from_utf8_lossy(&applied.stderr).into_owned();
        if applied.status.success() { Ok(()) } else { Err(said()) }
    }

    fn renews(&self) -> bool {
        true
    }

    fn add_file(&self, file: &str) {
        self.further_files.borrow_mut().push(file.to_owned());
    }

    fn load(&self, service: &str, port: &str) -> Command {
        let mut command = Command::new(crate::witness());
        command.args(["load", &format!("{}:{port}", self.address(service))]).args(LOAD);
        command
    }

    fn down(&self) {
        self.kubectl(&["delete", "stack", &self.project.name, "--cascade=foreground", "--timeout=60s"]);
    }

    fn states(&self) -> BTreeMap<String, String> {
        let stack = self.stack();
        if stack["status"]["observedGeneration"] != stack["metadata"]["generation"] {
            return BTreeMap::new();
        }
        let services = stack["status"]["services"].as_array().into_iter().flatten();
        // Docker does not list a service without containers.
        let wanted = services.filter(|service| service["state"] != "Stopped");
        wanted.map(|service| (text(&service["name"]), self.state(service))).collect()
    }

    fn containers(&self) -> Vec<Container> {
        let pods = self.pods();
        let staying = pods.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        let containers = staying.flat_map(|pod| {
            let begun = statuses(pod)
                .filter(|it| it["state"]["waiting"].is_null() || !it["lastState"]["terminated"].is_null());
            begun.map(|it| {
                let service = text(&it["name"]);
                let id = format!("{} {}", text(&pod["metadata"]["name"]), text(&pod["metadata"]["uid"]));
                Container { id, called: None, service }
            })
        });
        containers.collect()
    }

    fn log(&self, container: &Container) -> Command {
        let mut command = self.cluster.kubectl(&self.project.name);
        command.args(["logs", "--follow", "--container", &container.service, pod_of(container)]);
        command
    }

    fn run(&self, container: &Container, command: &[&str]) -> Outcome {
        let mut run = self.cluster.kubectl(&self.project.name);
        run.args(["exec", "--quiet", "--container", &container.service, pod_of(container), "--"])
            .args(command);
        let mut ended = outcome(&mut run);
        // kubectl adds a message that Docker does not have.
        if let Some(before) = ended.text.rfind("command terminated with exit code") {
            ended.text = ended.text[..before].trim().to_owned();
        }
        ended
    }

    fn recreate(&self, service: &str) {
        self.kubectl(&["delete", "pod", "--selector", &format!("{SERVICE}={service}")]);
    }

    fn scale(&self, service: &str, replicas: u32) {
        let patch = serde_json::json!({"spec": {"services": {service: {"deploy": {"replicas": replicas}}}}});
        let name = &self.project.name;
        let patched =
            self.kubectl(&["patch", "stack", name, "--type", "merge", "--patch", &patch.to_string()]);
        assert_eq!(patched.code, 0, "{}: {}", self.project.title, patched.text);
    }

    fn outside(&self, service: &str, ports: &[String]) -> BTreeMap<String, String> {
        let address = self.address(service);
        if address.is_empty() {
            return BTreeMap::new();
        }
        let targets: Vec<_> = ports.iter().map(|port| format!("{address}:{port}")).collect();
        let mut command = Command::new(crate::witness());
        command.arg("reach");
        let answers = reached(&mut command, &targets);
        let by_port =
            answers.into_iter().map(|(target, answer)| (target[address.len() + 1..].to_owned(), answer));
        by_port.collect()
    }
}

/// Returns the statuses of a Pod's containers and sidecars.
fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    let list = |at: &str| pod.pointer(at).and_then(Value::as_array).into_iter().flatten();
    let sidecars = list("/spec/initContainers").filter(|it| it["restartPolicy"] == "Always");
    let sidecars: Vec<_> = sidecars.map(|it| &it["name"]).collect();
    let first = list("/status/initContainerStatuses").filter(move |it| sidecars.contains(&&it["name"]));
    list("/status/containerStatuses").chain(first)
}

fn pod_of(container: &Container) -> &str {
    container.id.split(' ').next().unwrap_or_default()
}
