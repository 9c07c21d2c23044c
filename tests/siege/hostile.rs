//! Fifty hostile Stacks of ten tenants: each kind takes all that it can take of one thing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use k8s_openapi::api::{
    admissionregistration::v1::ValidatingWebhookConfiguration,
    core::v1::{ConfigMap, Pod, Secret},
};
use kube::{
    Api, Client, ResourceExt,
    api::{ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Map, Value, json};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Interval, MissedTickBehavior},
};

use crate::{support::Cluster, tenant::Tenant};

/// How the names of Stacks begin at which the operator's translation panics.
pub const PLANTED: &str = "planted";

const TENANTS: usize = 10;

/// How long the operator may take to tell what is wrong with a hostile Stack.
const SETTLED: Duration = Duration::from_secs(60);

/// The label of namespaces whose Deployments a webhook is asked about, which never answers.
const WEBHOOK: &str = "siege-webhook";

/// Ports on which something accepts connections and never answers.
const SILENT_PORTS: usize = 64;

/// So many images each Stack names at silent registries.
const IMAGES: usize = 16;

/// The keys of a giant object: with its managed fields it is near the 1.5 MiB that etcd takes.
const KEYS: usize = 40_000;

/// How many giant ConfigMaps each tenant has that names them.
const GIANTS: usize = 4;

/// What a hostile Stack takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// As many children as a Stack may have, or nearly.
    Crowded,
    /// More children than a Stack may have.
    TooLarge,
    /// Thousands of mistakes.
    Mistaken,
    /// The longest translation, again and again.
    Slow,
    /// A panic in each pass.
    Planted,
    /// Pods that become ready and unready all the time.
    Flapping,
    /// Images of registries that accept connections and never answer.
    Hanging,
    /// Writes that wait for a webhook without an answer.
    Webhook,
    /// Keys of giant ConfigMaps that change all the time.
    Giant,
    /// A pull secret whose hosts are patterns of nothing but stars.
    Stars,
}

/// What there is of each kind: fifty in all.
const KINDS: [(Kind, usize); 10] = [
    (Kind::Crowded, 2),
    (Kind::TooLarge, 4),
    (Kind::Mistaken, 4),
    (Kind::Slow, 4),
    (Kind::Planted, 4),
    (Kind::Flapping, 8),
    (Kind::Hanging, 10),
    (Kind::Webhook, 6),
    (Kind::Giant, 6),
    (Kind::Stars, 2),
];

/// A hostile Stack.
#[derive(Clone)]
struct Stack {
    kind: Kind,
    tenant: Tenant,
    name: String,
    number: usize,
}

/// The hostile tenants. They go on until they are dropped.
pub struct Tenants {
    stacks: Vec<Stack>,
    edits: Arc<Edits>,
    _work: JoinSet<()>,
}

/// The edits of all hostile tenants. A busy API server may take too long for one.
#[derive(Default)]
struct Edits {
    made: AtomicUsize,
    lost: AtomicUsize,
}

impl Edits {
    fn count(&self, edit: &kube::Result<()>) {
        let kind = if edit.is_ok() { &self.made } else { &self.lost };
        kind.fetch_add(1, Ordering::Relaxed);
    }
}

impl Tenants {
    /// Makes the tenants and what their Stacks name, applies the Stacks, and begins to disturb.
    pub async fn settle(cluster: &Cluster, flapping_pods: usize) -> Self {
        let (mut work, client) = (JoinSet::new(), &cluster.admin);
        let ports = silence(&mut work).await;
        block_deployments(client, ports[0]).await;
        let tenants = (0..TENANTS).map(async |number| {
            let namespace = format!("hostile-{number}");
            let labels: &[_] = if number == 0 { &[(WEBHOOK, "")] } else { &[] };
            Tenant::settle(client, &namespace, labels).await
        });
        let tenants = join_all(tenants).await;
        let stacks: Vec<_> = KINDS
            .iter()
            .flat_map(|(kind, count)| (0..*count).map(move |number| (*kind, number)))
            .enumerate()
            .map(|(place, (kind, number))| {
                let tenant = match kind {
                    Kind::Webhook => tenants[0].clone(),
                    _ => tenants[1 + place % (TENANTS - 1)].clone(),
                };
                Stack { kind, tenant, name: format!("{}-{number}", kind.name()), number: place }
            })
            .collect();
        for stack in &stacks {
            stack.prepare().await;
            let applied = stack.tenant.apply(&stack.name, &stack.spec(&ports, flapping_pods, 0)).await;
            applied.unwrap_or_else(|error| panic!("{}: {error}", stack.name));
        }
        let edits = Arc::<Edits>::default();
        disturb(&mut work, &stacks, &ports, flapping_pods, &edits);
        for tenant in tenants {
            work.spawn(async move {
                let mut seconds = every(Duration::from_secs(1));
                for second in 0.. {
                    seconds.tick().await;
                    flap(&tenant, second).await;
                }
            });
        }
        Self { stacks, edits, _work: work }
    }

    /// How many edits the tenants have made, and how many the API server has not taken.
    pub fn edits(&self) -> (usize, usize) {
        (self.edits.made.load(Ordering::Relaxed), self.edits.lost.load(Ordering::Relaxed))
    }

    /// How many hostile Stacks there are.
    pub fn count(&self) -> usize {
        self.stacks.len()
    }

    /// Whose status does not tell what is wrong with them.
    pub async fn unsettled(&self) -> Vec<String> {
        let began = Instant::now();
        let mut unsettled = Vec::new();
        for stack in &self.stacks {
            let Some(reason) = stack.kind.stalls_for() else { continue };
            loop {
                let found = stack.tenant.stacks().get(&stack.name).await.expect("a hostile Stack");
                let stalled = condition(&found.data["status"], "Stalled");
                if stalled["reason"] == reason {
                    break;
                }
                if began.elapsed() > SETTLED {
                    unsettled
                        .push(format!("{} is not Stalled: {reason}, but {}", stack.name, stalled["reason"]));
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
        unsettled
    }
}

fn condition(status: &Value, kind: &str) -> Value {
    let conditions = status["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().find(|it| it["type"] == kind).cloned().unwrap_or_default()
}

impl Kind {
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// The reason of the condition that tells what is wrong with it, where the operator can know.
    fn stalls_for(self) -> Option<&'static str> {
        match self {
            Kind::TooLarge => Some("TooLarge"),
            Kind::Mistaken => Some("UnknownDependency"),
            Kind::Planted => Some("InternalError"),
            _ => None,
        }
    }

    /// How often such a Stack is edited, or what it names, if it is.
    fn edited_every(self) -> Option<Duration> {
        match self {
            Kind::Planted => Some(Duration::from_secs(2)),
            Kind::Mistaken | Kind::Slow | Kind::TooLarge | Kind::Hanging | Kind::Giant | Kind::Stars => {
                Some(Duration::from_secs(10))
            }
            Kind::Crowded | Kind::Flapping | Kind::Webhook => None,
        }
    }
}

impl Stack {
    /// Makes what it names.
    async fn prepare(&self) {
        match self.kind {
            Kind::Giant => {
                for giant in 0..GIANTS {
                    self.write_giant(giant, 0).await.expect("a giant ConfigMap");
                }
            }
            Kind::Stars => {
                let pattern = format!("{}.io", "*".repeat(300_000));
                let logins = json!({ "auths": { pattern: { "auth": "dXNlcjpzZWNyZXQ=" } } });
                let secret: Secret = serde_json::from_value(json!({
                    "metadata": { "name": &self.name },
                    "type": "kubernetes.io/dockerconfigjson",
                    "stringData": { ".dockerconfigjson": logins.to_string() },
                }))
                .expect("a Secret");
                let api = Api::namespaced(self.tenant.client.clone(), &self.tenant.namespace);
                api.create(&PostParams::default(), &secret).await.expect("a pull secret of stars");
            }
            _ => {}
        }
    }

    /// Writes a giant ConfigMap. Its keys are the same each time, and one of its values is not.
    async fn write_giant(&self, giant: usize, round: usize) -> kube::Result<()> {
        let mut data: Map<String, Value> = (0..KEYS).map(|key| (format!("k{key:05}"), "".into())).collect();
        data.insert("k00000".to_owned(), round.to_string().into());
        let name = format!("{}-{giant}", self.name);
        let body: ConfigMap = serde_json::from_value(json!({ "metadata": { "name": &name }, "data": data }))
            .expect("a ConfigMap");
        let api = Api::<ConfigMap>::namespaced(self.tenant.client.clone(), &self.tenant.namespace);
        let params = PostParams::default();
        let written = match round {
            0 => api.create(&params, &body).await,
            _ => api.replace(&name, &params, &body).await,
        };
        written.map(drop)
    }

    /// Edits it, or what it names.
    async fn edit(&self, ports: &[u16], flapping_pods: usize, round: usize) -> kube::Result<()> {
        match self.kind {
            Kind::Giant => self.write_giant(round % GIANTS, round).await,
            _ => self.tenant.apply(&self.name, &self.spec(ports, flapping_pods, round)).await,
        }
    }

    /// What it is after so many edits.
    fn spec(&self, ports: &[u16], flapping_pods: usize, round: usize) -> Value {
        let many = |count: usize, service: &dyn Fn(usize) -> Value| {
            let services = (0..count).map(|number| (format!("s{number}"), service(number)));
            json!({ "services": services.collect::<Map<_, _>>() })
        };
        // A service without a pod: what is tried is the operator, not the nodes.
        let idle = |image: &str| json!({ "image": image, "restart": "always", "deploy": { "replicas": 0 } });
        match self.kind {
            Kind::Crowded => many(30, &|service| {
                let aliases: Vec<_> =
                    (0..48).map(|name| format!("c{}-{service}-{name}", self.number)).collect();
                let mut it = idle("a:1");
                it["expose"] = json!([{ "port": 80 }]);
                it["networks"] = json!({ "default": { "aliases": aliases } });
                it
            }),
            Kind::TooLarge => {
                let network = |service: usize, network: usize| {
                    let aliases: Vec<_> =
                        (0..64).map(|name| format!("x{service}-{network}-{name}")).collect();
                    (format!("n{network}"), json!({ "aliases": aliases }))
                };
                let mut spec = many(16, &|service| {
                    let networks: Map<_, _> = (0..64).map(|number| network(service, number)).collect();
                    json!({ "image": format!("a:{round}"), "expose": [{ "port": 80 }], "networks": networks })
                });
                spec["networks"] =
                    (0..64).map(|number| (format!("n{number}"), json!({}))).collect::<Map<_, _>>().into();
                spec
            }
            Kind::Mistaken => many(64, &|service| {
                let unknown: Map<_, _> =
                    (0..64).map(|other| (format!("unknown-{service}-{other}-{round}"), json!({}))).collect();
                json!({ "image": "a:1", "dependsOn": unknown })
            }),
            Kind::Slow => many(120, &|service| {
                let variables: Map<_, _> =
                    (0..60).map(|name| (format!("V{name}"), json!("x".repeat(16)))).collect();
                let mut it = idle("a:1");
                it["environment"] = variables.into();
                if service == 0 {
                    it["environment"]["V0"] = round.to_string().into();
                }
                it
            }),
            Kind::Planted => json!({ "services": { "web": { "image": format!("a:{round}") } } }),
            Kind::Flapping => {
                let pods =
                    flapping_pods / KINDS.iter().find(|it| it.0 == Kind::Flapping).map_or(1, |it| it.1);
                json!({ "services": { "flapping": {
                    "image": "a:1", "restart": "always", "deploy": { "replicas": pods },
                }}})
            }
            Kind::Hanging => many(IMAGES, &|service| {
                let port = ports[(self.number * IMAGES + service) % ports.len()];
                idle(&format!("127.0.0.1:{port}/x{service}:{round}"))
            }),
            Kind::Webhook => many(32, &|_| idle("a:1")),
            Kind::Giant => {
                let names = (0..GIANTS).map(|giant| {
                    let key = json!({ "name": format!("{}-{giant}", self.name), "key": "k00000" });
                    (format!("V{giant}"), json!({ "configMapKeyRef": key }))
                });
                let mut it = idle("a:1");
                it["environmentFrom"] = names.collect::<Map<_, _>>().into();
                json!({ "services": { "reader": it } })
            }
            Kind::Stars => {
                let services = json!({ "web": idle(&format!("registry.example.io/x:{round}")) });
                json!({ "services": services, "imagePullSecrets": [&self.name] })
            }
        }
    }
}

/// Opens ports on which connections are accepted and nothing is ever answered.
async fn silence(work: &mut JoinSet<()>) -> Vec<u16> {
    let mut ports = Vec::new();
    for _ in 0..SILENT_PORTS {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        ports.push(listener.local_addr().expect("a bound socket has an address").port());
        work.spawn(async move {
            let mut held = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                held.push(connection);
            }
        });
    }
    ports
}

/// Asks a webhook that never answers about the Deployments of labelled namespaces.
async fn block_deployments(client: &Client, port: u16) {
    let webhook: ValidatingWebhookConfiguration = serde_json::from_value(json!({
        "metadata": { "name": WEBHOOK },
        "webhooks": [{
            "name": "siege.stackwright.dev",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": 30,
            "failurePolicy": "Fail",
            "clientConfig": { "url": format!("https://127.0.0.1:{port}/") },
            "namespaceSelector": { "matchExpressions": [{ "key": WEBHOOK, "operator": "Exists" }] },
            "rules": [{
                "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"],
                "operations": ["CREATE", "UPDATE"],
            }],
        }],
    }))
    .expect("a webhook");
    Api::all(client.clone())
        .create(&PostParams::default(), &webhook)
        .await
        .expect("the webhook's configuration");
}

/// Begins to edit the Stacks, and to write the objects that they name.
fn disturb(
    work: &mut JoinSet<()>,
    stacks: &[Stack],
    ports: &[u16],
    flapping_pods: usize,
    edits: &Arc<Edits>,
) {
    for stack in stacks {
        let (Some(span), stack) = (stack.kind.edited_every(), stack.clone()) else { continue };
        let (ports, edits) = (ports.to_owned(), Arc::clone(edits));
        work.spawn(async move {
            // Not all at the same time.
            tokio::time::sleep(span * u32::try_from(stack.number % 10).unwrap_or_default() / 10).await;
            let mut rounds = every(span);
            for round in 1.. {
                rounds.tick().await;
                edits.count(&stack.edit(&ports, flapping_pods, round).await);
            }
        });
    }
}

/// Ticks so often, and less often where the work between takes longer.
fn every(span: Duration) -> Interval {
    let mut ticks = tokio::time::interval(span);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Makes the pods of a tenant's flapping Stacks ready, or unready.
async fn flap(tenant: &Tenant, second: usize) {
    let pods = Api::<Pod>::namespaced(tenant.client.clone(), &tenant.namespace);
    let flapping = ListParams::default().labels("stackwright.dev/service=flapping");
    // A busy API server may not answer in time.
    let Ok(listed) = pods.list_metadata(&flapping).await else { return };
    let ready = if second.is_multiple_of(2) { json!("never") } else { Value::Null };
    let patch = json!({ "metadata": { "annotations": { "sim.stackwright.dev/ready": ready } } });
    let patches = listed.iter().map(|pod| {
        let (pods, name) = (&pods, pod.name_any());
        let patch = &patch;
        async move { pods.patch_metadata(&name, &PatchParams::default(), &Patch::Merge(patch)).await }
    });
    // A pod may be gone meanwhile.
    drop(join_all(patches).await);
}
