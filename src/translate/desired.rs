//! What should exist: the result of translation.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    batch::v1::Job,
    core::v1::PodSpec,
};

use super::{Kind, Object, ObjectKind};
use crate::api::DependencyCondition;

/// Everything that a Stack should have on the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desired {
    /// The units by name.
    pub units: BTreeMap<String, Unit>,
    /// ConfigMaps, claims and policies, which belong to no service alone.
    pub shared: Vec<Object>,
    /// Whether claims outlive the Stack, also those that have left the spec.
    pub retains_claims: bool,
    /// What could not be reproduced exactly.
    pub approximations: Vec<Approximation>,
}

impl Desired {
    /// The unit of a service.
    pub fn unit_of(&self, service: &str) -> Option<&Unit> {
        let in_it = |unit: &&Unit| unit.services.iter().any(|name| name == service);
        self.units.get(service).or_else(|| self.units.values().find(in_it))
    }

    /// Every object in the order in which it is applied where nothing waits: what pods mount and obey
    /// before the pods.
    pub fn objects(&self) -> Vec<Object> {
        let of_unit = |unit: &Unit| {
            let workload = unit.workload.as_ref().map(Workload::object);
            unit.frontends.iter().cloned().chain(workload).collect::<Vec<_>>()
        };
        let mut all: Vec<_> =
            self.shared.iter().cloned().chain(self.units.values().flat_map(of_unit)).collect();
        all.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        all
    }

    /// The kind and name of every object that should exist.
    pub fn names(&self) -> BTreeSet<(Kind, String)> {
        let frontends = self.units.values().flat_map(|unit| &unit.frontends);
        let objects = self.shared.iter().chain(frontends).map(|object| (object.kind, object.name.clone()));
        objects.chain(self.units.values().filter_map(|unit| Some(unit.workload.as_ref()?.key()))).collect()
    }
}

/// One or more services that share a pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its services' names; the first names the unit.
    pub services: Vec<String>,
    /// Whether it should run.
    pub activity: Activity,
    /// What makes its pods; none while it is inactive, or a stopped one-shot.
    pub workload: Option<Workload>,
    /// The hash of the desired pod template, also while there is no workload.
    pub template: String,
    /// The Services and the policy for published ports. They are never gated, so that names
    /// resolve before pods exist.
    pub frontends: Vec<Object>,
    /// What its dependencies must have reached before a new template is let through.
    pub waits_for: Vec<WaitFor>,
    /// What a service of it waits for among the other services of its pod, by name: the kubelet starts them in this
    /// order.
    pub waits_within: BTreeMap<String, Vec<WaitFor>>,
    /// Objects of others that it reads and that are not there yet.
    pub missing: Vec<Missing>,
    /// Its images that could not be read yet, where a new template waits for that.
    pub unread: Vec<Unread>,
    /// How many pods should run; of a DaemonSet, where the nodes decide, one.
    pub replicas: i32,
    /// How long a service of it may be not ready from its start before it counts as unhealthy, in
    /// seconds (start period + retries x interval), by name; without a health check it is not here.
    pub startup_deadline: BTreeMap<String, i64>,
    /// The services of it whose containers are restarted when they are unhealthy.
    pub restarted_when_unhealthy: BTreeSet<String>,
    /// Whether an old and a new container may run at the same time.
    pub may_overlap: bool,
    /// Whether a container that ends with exit code 0 has completed, although the service is
    /// kept running (no `restart` key was given).
    pub completes_on_exit: bool,
    /// What its containers ask of a node, for messages: such as `cpu 4, memory 8Gi`.
    pub requests: Option<String>,
}

impl Unit {
    /// The unit's name: its first service's.
    pub fn name(&self) -> &str {
        self.services.first().map_or("", String::as_str)
    }
}

/// Whether a unit should run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Activity {
    /// It should run.
    Active,
    /// It is held at zero containers.
    Stopped,
    /// None of its profiles is active.
    Inactive,
}

/// What makes a unit's pods.
#[derive(Clone, Debug, PartialEq)]
pub enum Workload {
    /// A service that is kept running.
    Deployment(Box<Deployment>),
    /// A service that writes a volume.
    StatefulSet(Box<StatefulSet>),
    /// A service with a container on each node.
    DaemonSet(Box<DaemonSet>),
    /// A one-shot.
    Job(Box<Job>),
}

impl Workload {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Deployment(_) => Kind::Deployment,
            Self::StatefulSet(_) => Kind::StatefulSet,
            Self::DaemonSet(_) => Kind::DaemonSet,
            Self::Job(_) => Kind::Job,
        }
    }

    /// The spec of its pods.
    pub fn pod_spec(&self) -> Option<&PodSpec> {
        let template = match self {
            Self::Deployment(deployment) => &deployment.spec.as_ref()?.template,
            Self::StatefulSet(stateful_set) => &stateful_set.spec.as_ref()?.template,
            Self::DaemonSet(daemon_set) => &daemon_set.spec.as_ref()?.template,
            Self::Job(job) => &job.spec.as_ref()?.template,
        };
        template.spec.as_ref()
    }

    /// Its kind and name.
    pub fn key(&self) -> (Kind, String) {
        let metadata = match self {
            Self::Deployment(deployment) => &deployment.metadata,
            Self::StatefulSet(stateful_set) => &stateful_set.metadata,
            Self::DaemonSet(daemon_set) => &daemon_set.metadata,
            Self::Job(job) => &job.metadata,
        };
        (self.kind(), metadata.name.clone().unwrap_or_default())
    }

    /// The claims that its pods mount.
    pub fn claims(&self) -> BTreeSet<&str> {
        let template = match self {
            Self::Deployment(deployment) => deployment.spec.as_ref().map(|spec| &spec.template),
            Self::StatefulSet(stateful_set) => stateful_set.spec.as_ref().map(|spec| &spec.template),
            Self::DaemonSet(daemon_set) => daemon_set.spec.as_ref().map(|spec| &spec.template),
            Self::Job(job) => job.spec.as_ref().map(|spec| &spec.template),
        };
        let volumes = template.and_then(|template| template.spec.as_ref()?.volumes.as_ref());
        let claims =
            volumes.into_iter().flatten().filter_map(|volume| volume.persistent_volume_claim.as_ref());
        claims.map(|claim| claim.claim_name.as_str()).collect()
    }

    /// The object to apply.
    pub fn object(&self) -> Object {
        match self {
            Self::Deployment(deployment) => Object::from(deployment.as_ref()),
            Self::StatefulSet(stateful_set) => Object::from(stateful_set.as_ref()),
            Self::DaemonSet(daemon_set) => Object::from(daemon_set.as_ref()),
            Self::Job(job) => Object::from(job.as_ref()),
        }
    }
}

/// A dependency that holds a new template back, or a container of its pod. Dependencies that count as met whatever happens
/// (stopped, scaled to zero, inactive and not required) are not among them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WaitFor {
    /// The unit waited for.
    pub unit: String,
    /// The service of it that is meant.
    pub service: String,
    /// What it must have reached.
    pub condition: DependencyCondition,
    /// Whether its failure holds the dependent back too; an optional one's does not.
    pub required: bool,
}

/// An object of someone else that is not there yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Missing {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// What of it is missing.
    pub need: Need,
}

/// An image that could not be read yet, and is waited for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unread {
    /// The image as the Stack calls it.
    pub image: String,
    /// Why it could not be read.
    pub cause: String,
}

/// What of an object is missing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Need {
    /// The object.
    Object,
    /// A key in it.
    Key(String),
}

/// Something that could not be reproduced exactly.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Approximation {
    /// Where in the spec.
    pub path: String,
    /// What differs and why.
    pub message: String,
}
