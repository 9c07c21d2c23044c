//! Authors with random rights, and the rights that an act needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use futures::{StreamExt, stream};
use k8s_openapi::api::{
    authorization::v1::SubjectAccessReview,
    core::v1::ServiceAccount,
    rbac::v1::{Role, RoleBinding},
};
use kube::{
    Api, Client, Config,
    api::{ApiResource, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stackwright::api::Stack;

use super::stacks::{CLAIMS, MAPS, Random, SECRETS};
use crate::support::{Requests, Scenario, View, children};

/// The kinds of children: kind, group and plural.
const KINDS: [(&str, &str, &str); 9] = [
    ("ConfigMap", "", "configmaps"),
    ("PersistentVolumeClaim", "", "persistentvolumeclaims"),
    ("Service", "", "services"),
    ("NetworkPolicy", "networking.k8s.io", "networkpolicies"),
    ("Ingress", "networking.k8s.io", "ingresses"),
    ("Deployment", "apps", "deployments"),
    ("StatefulSet", "apps", "statefulsets"),
    ("DaemonSet", "apps", "daemonsets"),
    ("Job", "batch", "jobs"),
];

/// A Stack that each of the chart's read policies refuses to an author without the right to read.
pub const READ_POLICIES: [(&str, &str); 3] = [
    ("secrets: {a: {secret: {name: secret-0, key: key}}}", "get the Secret secret-0"),
    ("configs: {a: {configMap: {name: map-0, key: key}}}", "get the ConfigMap map-0"),
    ("volumes: {a: {claimName: claim-0}}", "get the PersistentVolumeClaim claim-0"),
];

pub fn stacks() -> ApiResource {
    ApiResource::erase::<Stack>(&())
}

/// A verb and the plural of a kind, with names for single objects.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rights {
    all: BTreeSet<(&'static str, &'static str)>,
    named: BTreeSet<(&'static str, &'static str)>,
}

impl Rights {
    /// Only the right to write Stacks.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every right that a Stack can need.
    pub fn complete() -> Self {
        let verbs = ["create", "patch", "delete"];
        let kinds = KINDS.iter().flat_map(|kind| verbs.map(|verb| (verb, kind.2)));
        let reads = ["secrets", "configmaps", "persistentvolumeclaims"].map(|kind| ("get", kind));
        let all = kinds.chain(reads).chain([("create", "pods")]).collect();
        Self { all, named: BTreeSet::new() }
    }

    /// Every right except `get`.
    pub fn without_reads() -> Self {
        let mut rights = Self::complete();
        rights.all.retain(|(verb, _)| *verb != "get");
        rights
    }

    pub fn is_complete(&self) -> bool {
        *self == Self::complete()
    }

    /// Draws rights: half of the authors have all or nearly all, the others some.
    pub fn random(seed: u64, number: u64) -> Self {
        let mut random = Random::new(seed, number);
        let mut rights = Self::complete();
        match random.below(4) {
            0 => {}
            1 => {
                let lost = random.below(rights.all.len() as u64) as usize;
                let lost = rights.all.iter().nth(lost).copied();
                rights.all.retain(|right| Some(*right) != lost);
            }
            _ => {
                let share = [60, 80, 90, 97][random.below(4) as usize];
                rights.all.retain(|_| random.below(100) < share);
            }
        }
        for (kind, names) in
            [("secrets", &SECRETS[..]), ("configmaps", &MAPS), ("persistentvolumeclaims", &CLAIMS)]
        {
            if random.below(3) == 0 {
                rights.all.remove(&("get", kind));
                rights.named.extend(names.iter().filter(|_| random.below(4) > 0).map(|name| (kind, *name)));
            }
        }
        rights
    }

    fn rules(&self) -> Value {
        let group = |plural: &str| KINDS.iter().find(|kind| kind.2 == plural).map_or("", |kind| kind.1);
        let mut rules = vec![json!({"apiGroups": ["stackwright.dev"], "resources": ["stacks"],
            "verbs": ["get", "create", "patch"]})];
        let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (verb, plural) in &self.all {
            by_kind.entry(plural).or_default().push(verb);
        }
        rules.extend(by_kind.into_iter().map(
            |(plural, verbs)| json!({"apiGroups": [group(plural)], "resources": [plural], "verbs": verbs}),
        ));
        rules.extend(self.named.iter().map(|(plural, name)| {
            json!({"apiGroups": [""], "resources": [plural], "verbs": ["get"], "resourceNames": [name]})
        }));
        json!(rules)
    }
}

/// A ServiceAccount of the scenario's namespace, whose Stack has the same name.
pub struct Author {
    pub name: String,
    pub number: u64,
    pub rights: Rights,
}

impl Author {
    pub fn with(name: &str, rights: Rights) -> Self {
        Self { name: name.to_owned(), number: 0, rights }
    }

    pub fn random(seed: u64, number: u64) -> Self {
        // No name is a prefix of another one, since the prefix of an object's name identifies the author.
        Self { name: format!("p{number}x"), number, rights: Rights::random(seed, number) }
    }

    pub async fn grant(&self, s: &Scenario<'_>) {
        let metadata = json!({"name": self.name});
        let account: ServiceAccount = typed(json!({"metadata": metadata}));
        let role: Role = typed(json!({"metadata": metadata, "rules": self.rights.rules()}));
        let binding: RoleBinding = typed(json!({"metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": self.name},
            "subjects": [{"kind": "ServiceAccount", "name": self.name, "namespace": s.namespace}]}));
        let (client, params) = (s.admin(), PostParams::default());
        Api::namespaced(client.clone(), &s.namespace).create(&params, &account).await.expect("an account");
        Api::namespaced(client.clone(), &s.namespace).create(&params, &role).await.expect("a role");
        Api::namespaced(client, &s.namespace).create(&params, &binding).await.expect("a binding");
    }

    /// Waits until a new RoleBinding takes effect.
    pub async fn until_granted(&self, s: &Scenario<'_>) {
        let stacks = Needed::new("create", "stackwright.dev", "stacks", None);
        for _ in 0..600 {
            if self.may(s, &stacks).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} is not granted its rights", self.name);
    }

    /// Returns a client that acts as the author.
    pub async fn client(&self, s: &Scenario<'_>) -> Client {
        let kubeconfig =
            Kubeconfig::read_from(&s.cluster.kubeconfig).expect("the administrator's kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        let mut config = config.expect("a configuration");
        config.auth_info.impersonate = Some(self.user(s));
        Client::try_from(config).expect("a client")
    }

    fn user(&self, s: &Scenario<'_>) -> String {
        format!("system:serviceaccount:{}:{}", s.namespace, self.name)
    }

    /// Returns the answer of `kubectl auth can-i`.
    async fn may(&self, s: &Scenario<'_>, needed: &Needed) -> bool {
        let groups = ["system:serviceaccounts", "system:authenticated"].map(str::to_owned);
        let groups = [&groups[..], &[format!("system:serviceaccounts:{}", s.namespace)]].concat();
        let review: SubjectAccessReview = typed(json!({"spec": {
            "user": self.user(s), "groups": groups,
            "resourceAttributes": {"namespace": s.namespace, "verb": needed.verb, "group": needed.group,
                "resource": needed.resource, "name": needed.name}}}));
        let answer = Api::all(s.admin()).create(&PostParams::default(), &review).await;
        answer.expect("a review").status.is_some_and(
            |status: k8s_openapi::api::authorization::v1::SubjectAccessReviewStatus| status.allowed,
        )
    }

    /// Returns the acts for which the author has no right.
    pub async fn beyond(&self, s: &Scenario<'_>, acts: BTreeSet<Needed>) -> Vec<String> {
        let judged = stream::iter(acts).map(async |act| (self.may(s, &act).await, act));
        let judged: Vec<_> = judged.buffer_unordered(16).collect().await;
        judged.into_iter().filter(|(may, _)| !may).map(|(_, act)| format!("{}: {act}", self.name)).collect()
    }
}

/// A right that an act needs.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Needed {
    verb: &'static str,
    group: String,
    resource: String,
    name: Option<String>,
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}.{} {}",
            self.verb,
            self.resource,
            self.group,
            self.name.as_deref().unwrap_or_default()
        )
    }
}

impl Needed {
    fn new(verb: &'static str, group: &str, resource: &str, name: Option<&str>) -> Self {
        Self { verb, group: group.to_owned(), resource: resource.to_owned(), name: name.map(str::to_owned) }
    }

    /// Returns the acts of the operator for an author: successful requests in the audit log, existing objects, and the objects
    /// that they read.
    pub fn of(author: &Author, requests: &Requests, view: &View) -> BTreeSet<Self> {
        let is_theirs = |name: &str| name.starts_with(&author.name);
        let mut needed = BTreeSet::new();
        for request in requests.all().iter().filter(|it| it.code < 300 && is_theirs(&it.name)) {
            let Some((_, group, plural)) = KINDS.iter().find(|kind| kind.2 == request.resource) else {
                continue;
            };
            let verb = match (request.verb.as_str(), request.code) {
                ("create", _) | ("patch", 201) => "create",
                ("patch" | "update", _) => "patch",
                ("delete", _) => "delete",
                _ => continue,
            };
            let name = (verb != "create").then_some(request.name.as_str());
            needed.insert(Self::new(verb, group, plural, name));
        }
        for ((kind, name), object) in children(view).filter(|((_, name), _)| is_theirs(name)) {
            if let Some((_, group, plural)) = KINDS.iter().find(|known| known.0 == kind) {
                needed.insert(Self::new("create", group, plural, None));
            }
            let mut read = BTreeSet::new();
            collect(object, &mut read);
            let others = read.into_iter().filter(|(_, read)| !is_theirs(read) && read != name);
            needed.extend(others.map(|(plural, read)| Self::new("get", "", plural, Some(&read))));
        }
        needed
    }
}

/// Returns the Secrets, ConfigMaps and claims that an object names.
fn collect(value: &Value, into: &mut BTreeSet<(&'static str, String)>) {
    let mut add = |plural, name: &Value| {
        if let Some(name) = name.as_str() {
            into.insert((plural, name.to_owned()));
        }
    };
    if let Value::Object(fields) = value {
        for (field, value) in fields {
            match field.as_str() {
                "secretKeyRef" => add("secrets", &value["name"]),
                "configMapKeyRef" | "configMap" => add("configmaps", &value["name"]),
                "secret" => {
                    add("secrets", &value["name"]);
                    add("secrets", &value["secretName"]);
                }
                "persistentVolumeClaim" => add("persistentvolumeclaims", &value["claimName"]),
                "imagePullSecrets" | "tls" => {
                    for item in value.as_array().into_iter().flatten() {
                        add("secrets", &item["name"]);
                        add("secrets", &item["secretName"]);
                    }
                }
                _ => {}
            }
        }
    }
    match value {
        Value::Object(fields) => fields.values().for_each(|value| collect(value, into)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}

fn typed<K: DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).expect("a well-formed object")
}
