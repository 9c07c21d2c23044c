//! Twenty Stacks of four tenants who edit them constantly, and the time until each edit is applied.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::{StreamExt, future::join_all};
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt, watcher},
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    support::{Cluster, Registry},
    tenant::Tenant,
};

/// Number of good Stacks.
pub const STACKS: usize = TENANTS * STACKS_EACH;

const TENANTS: usize = 4;
const STACKS_EACH: usize = 5;

/// Time between two edits.
const EDIT_EVERY: Duration = Duration::from_millis(250);

/// One edit in this number names a new image.
const NEW_IMAGE_EACH: usize = 20;

/// Time for the last edits to be applied.
const LAST_WAIT: Duration = Duration::from_secs(30);

/// Timeout for the Stacks to become Ready before the load.
const START: Duration = Duration::from_secs(60);

/// The result of the edits.
#[derive(Debug, Default)]
pub struct Served {
    /// The time of each edit from the API server's answer until the Deployment has it, the longest first.
    pub edits: Vec<Duration>,
    /// The same for edits with a new image.
    pub images: Vec<Duration>,
    /// Number of edits that were never applied.
    pub lost: usize,
}

/// The good tenants with their image registry.
pub struct Tenants {
    tenants: Vec<Tenant>,
    registry: Registry,
    seen: Arc<Seen>,
    watches: JoinSet<()>,
}

/// When a Deployment had an edit, by namespace, name and number of the edit.
#[derive(Default)]
struct Seen(Mutex<HashMap<(String, String, usize), Instant>>);

/// An edit.
struct Edit {
    deployment: (String, String),
    number: usize,
    made: Instant,
    has_new_image: bool,
}

impl Tenants {
    /// Creates the tenants, and applies their Stacks.
    pub async fn settle(cluster: &Cluster) -> Self {
        let registry = Registry::start().await;
        registry.put("web:0", "{ExposedPorts: {80/tcp: {}}}");
        registry.put("db:1", "{ExposedPorts: {5432/tcp: {}}, Volumes: {/data: {}}}");
        let settled = (0..TENANTS).map(async |number| {
            let tenant = Tenant::settle(&cluster.admin, &format!("good-{number}"), &[]).await;
            for stack in 0..STACKS_EACH {
                // Service names must be unique in the namespace.
                let (db, web) = (format!("db{stack}"), format!("web{stack}"));
                let spec = json!({ "services": {
                    &db: { "image": "db:1", "restart": "always" },
                    web: {
                        "image": "web:0", "restart": "always",
                        "dependsOn": { &db: {} }, "environment": { "EDIT": "0" },
                    },
                }});
                tenant.apply(&format!("shop{stack}"), &spec).await.expect("a good Stack");
            }
            tenant
        });
        let tenants = join_all(settled).await;
        let (seen, mut watches) = (Arc::new(Seen::default()), JoinSet::new());
        for tenant in &tenants {
            watches.spawn(follow(tenant.client.clone(), tenant.namespace.clone(), Arc::clone(&seen)));
        }
        Self { tenants, registry, seen, watches }
    }

    /// Returns the address of the registry.
    pub fn registry(&self) -> &str {
        &self.registry.address
    }

    /// Waits until every Stack is Ready.
    pub async fn until_ready(&self) {
        let began = Instant::now();
        for tenant in &self.tenants {
            loop {
                let stacks = tenant.stacks().list(&Default::default()).await.expect("Stacks");
                let ready = stacks.iter().filter(|stack| is_ready(&stack.data["status"])).count();
                if ready == STACKS_EACH {
                    break;
                }
                let states = || {
                    stacks
                        .iter()
                        .map(|stack| stack.data["status"]["conditions"].to_string())
                        .collect::<Vec<_>>()
                };
                assert!(
                    began.elapsed() < START,
                    "{ready} Stacks of {} are Ready:\n{}",
                    tenant.namespace,
                    states().join("\n")
                );
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// Edits one Stack after the other for a period, and returns the result.
    pub async fn edit_for(mut self, span: Duration) -> Served {
        let (began, mut edits, mut ticks) = (Instant::now(), Vec::new(), tokio::time::interval(EDIT_EVERY));
        while began.elapsed() < span {
            ticks.tick().await;
            edits.push(self.edit(edits.len() + 1).await);
        }
        let ended = Instant::now();
        while ended.elapsed() < LAST_WAIT && edits.iter().any(|edit| self.seen.at(edit).is_none()) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.watches.shutdown().await;
        let mut served = Served::default();
        for edit in &edits {
            match self.seen.at(edit) {
                // The watch can deliver the change before the answer arrives.
                Some(at) if edit.has_new_image => served.images.push(at.saturating_duration_since(edit.made)),
                Some(at) => served.edits.push(at.saturating_duration_since(edit.made)),
                None => served.lost += 1,
            }
        }
        served.edits.sort_unstable_by(|one, other| other.cmp(one));
        served.images.sort_unstable_by(|one, other| other.cmp(one));
        served
    }

    async fn edit(&self, number: usize) -> Edit {
        let tenant = &self.tenants[number % TENANTS];
        let stack = number / TENANTS % STACKS_EACH;
        let has_new_image = number.is_multiple_of(NEW_IMAGE_EACH);
        let mut web = json!({ "environment": { "EDIT": number.to_string() } });
        if has_new_image {
            let image = format!("web:{number}");
            self.registry.put(&image, "{ExposedPorts: {80/tcp: {}}}");
            web["image"] = image.into();
        }
        let services = json!({ format!("web{stack}"): web });
        tenant.change(&format!("shop{stack}"), &json!({ "spec": { "services": services } })).await;
        let deployment = (tenant.namespace.clone(), format!("shop{stack}-web{stack}"));
        Edit { deployment, number, made: Instant::now(), has_new_image }
    }
}

impl Seen {
    fn at(&self, edit: &Edit) -> Option<Instant> {
        let (namespace, name) = edit.deployment.clone();
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&(namespace, name, edit.number)).copied()
    }
}

fn is_ready(status: &serde_json::Value) -> bool {
    let conditions = status["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
}

/// Records the edits that the Deployments of a namespace have.
async fn follow(client: Client, namespace: String, seen: Arc<Seen>) {
    let api = Api::<Deployment>::namespaced(client, &namespace);
    let mut deployments =
        watcher(api, watcher::Config::default()).default_backoff().applied_objects().boxed();
    while let Some(next) = deployments.next().await {
        let Ok(deployment) = next else { continue };
        let (Some(name), Some(number)) = (deployment.metadata.name.clone(), edit_of(&deployment)) else {
            continue;
        };
        let key = (namespace.clone(), name, number);
        seen.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(Instant::now);
    }
}

/// Returns the number of a Deployment's edit.
fn edit_of(deployment: &Deployment) -> Option<usize> {
    let pod = deployment.spec.as_ref()?.template.spec.as_ref()?;
    let variables = pod.containers.first()?.env.iter().flatten();
    let variables: BTreeMap<_, _> = variables.map(|it| (it.name.as_str(), it.value.as_deref())).collect();
    variables.get("EDIT").copied().flatten()?.parse().ok()
}
