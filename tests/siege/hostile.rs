//! Fifty hostile Stacks of ten tenants. Each kind exhausts one resource.

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

/// Prefix of the Stacks for which the operator's translation panics.
pub const PLANTED: &str = "planted";

const TENANTS: usize = 10;

/// Timeout for the condition of a hostile Stack.
const SETTLED: Duration = Duration::from_secs(60);

/// Interval at which a tenant toggles one of its Pods.
const FLAP_EVERY: Duration = Duration::from_millis(500);

/// Label of the namespaces whose Deployments have a webhook that never answers.
const WEBHOOK: &str = "siege-webhook";

/// Number of ports that accept connections and never answer.
const SILENT_PORTS: usize = 64;

/// Images of silent registries in each Stack.
const IMAGES: usize = 16;

/// Keys of a giant object. With its managedFields, it is close to etcd's limit of 1.5 MiB.
const KEYS: usize = 40_000;

/// Giant ConfigMaps of each tenant that uses them.
const GIANTS: usize = 4;

/// The resource that a hostile Stack exhausts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// Nearly the maximum number of children.
    Crowded,
    /// More than the maximum number of children.
    TooLarge,
    /// Thousands of problems.
    Mistaken,
    /// The longest translation, repeatedly.
    Slow,
    /// A panic in each reconciliation.
    Planted,
    /// Flapping Pods.
    Flapping,
    /// Images of silent registries.
    Hanging,
    /// Writes that wait for a webhook without an answer.
    Webhook,
    /// Keys of giant ConfigMaps that change constantly.
    Giant,
    /// A pull secret with host patterns of stars only.
    Stars,
}

/// Number of Stacks of each kind, fifty in all.
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

/// The hostile tenants, who are active until they are dropped.
pub struct Tenants {
    stacks: Vec<Stack>,
    edits: Arc<Edits>,
    _work: JoinSet<()>,
}

/// The edits of all hostile tenants. A busy API server can time out.
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
    /// Creates the tenants and the objects that their Stacks name, applies the Stacks, and starts the edits.
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
                let mut ticks = every(FLAP_EVERY);
                for round in 0.. {
                    ticks.tick().await;
                    flap(&tenant, round).await;
                }
            });
        }
        Self { stacks, edits, _work: work }
    }

    /// Returns the number of edits, and of failed ones.
    pub fn edits(&self) -> (usize, usize) {
        (self.edits.made.load(Ordering::Relaxed), self.edits.lost.load(Ordering::Relaxed))
    }

    /// Returns the number of hostile Stacks.
    pub fn count(&self) -> usize {
        self.stacks.len()
    }

    /// Returns the Stacks whose status does not report the problem.
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

    /// Returns the expected reason of the condition, if the operator can know it.
    fn stalls_for(self) -> Option<&'static str> {
        match self {
            Kind::TooLarge => Some("TooLarge"),
            Kind::Mistaken => Some("UnknownDependency"),
            Kind::Planted => Some("InternalError"),
            _ => None,
        }
    }

    /// Returns the interval of edits, if there are any. More than one edit of a large object in two seconds takes two
    /// processors for the API server alone, and then measures nothing of the operator.
    fn edited_every(self) -> Option<Duration> {
        match self {
            Kind::Planted => Some(Duration::from_secs(10)),
            Kind::Mistaken | Kind::Slow | Kind::TooLarge | Kind::Hanging | Kind::Giant | Kind::Stars => {
                Some(Duration::from_secs(60))
            }
            Kind::Crowded | Kind::Flapping | Kind::Webhook => None,
        }
    }
}

impl Stack {
    /// Creates the objects that the Stack names.
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

    /// Writes a giant ConfigMap with the same keys and one changed value.
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

    /// Edits the Stack, or an object that it names.
    async fn edit(&self, ports: &[u16], flapping_pods: usize, round: usize) -> kube::Result<()> {
        match self.kind {
            Kind::Giant => self.write_giant(round % GIANTS, round).await,
            _ => self.tenant.apply(&self.name, &self.spec(ports, flapping_pods, round)).await,
        }
    }

    /// Returns the spec after this number of edits.
    fn spec(&self, ports: &[u16], flapping_pods: usize, round: usize) -> Value {
        let many = |count: usize, service: &dyn Fn(usize) -> Value| {
            let services = (0..count).map(|number| (format!("s{number}"), service(number)));
            json!({ "services": services.collect::<Map<_, _>>() })
        };
        // No service has a Pod, since the load is for the operator and not for the nodes.
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

/// Opens ports that accept connections and never answer.
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

/// Registers a webhook that never answers for the Deployments of labelled namespaces.
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

/// Starts the edits of the Stacks and their objects.
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
            // Spread the edits over time.
            tokio::time::sleep(span * u32::try_from(stack.number % 10).unwrap_or_default() / 10).await;
            let mut rounds = every(span);
            for round in 1.. {
                rounds.tick().await;
                edits.count(&stack.edit(&ports, flapping_pods, round).await);
            }
        });
    }
}

/// Returns an interval that delays ticks after slow work.
fn every(span: Duration) -> Interval {
    let mut ticks = tokio::time::interval(span);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Toggles the readiness of one of a tenant's flapping Pods, each in turn.
async fn flap(tenant: &Tenant, round: usize) {
    let pods = Api::<Pod>::namespaced(tenant.client.clone(), &tenant.namespace);
    let flapping = ListParams::default().labels("stackwright.dev/service=flapping");
    // A busy API server can time out.
    let Ok(listed) = pods.list_metadata(&flapping).await else { return };
    let all = listed.items.len();
    let Some(pod) = listed.items.get(round % all.max(1)) else { return };
    let ready = if (round / all).is_multiple_of(2) { json!("never") } else { Value::Null };
    let patch = json!({ "metadata": { "annotations": { "sim.stackwright.dev/ready": ready } } });
    // The Pod can be gone meanwhile.
    drop(pods.patch_metadata(&pod.name_any(), &PatchParams::default(), &Patch::Merge(&patch)).await);
}
