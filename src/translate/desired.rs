//! The desired objects, which are the result of translation.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    batch::v1::{CronJob, Job},
    core::v1::PodSpec,
};

use super::{Kind, Object, ObjectKind};
use crate::api::{DependencyCondition, TemplateHash, Triggers};

/// The desired state of a Stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desired {
    /// The units by name.
    pub units: BTreeMap<String, Unit>,
    /// The jobs by name.
    pub jobs: BTreeMap<String, JobUnit>,
    /// The ConfigMaps, claims and NetworkPolicies that belong to no single service.
    pub shared: Vec<Object>,
    /// Whether claims outlive the Stack, also those that were removed from the spec.
    pub retains_claims: bool,
    /// The settings that the cluster cannot reproduce exactly.
    pub approximations: Vec<Approximation>,
}

impl Desired {
    /// Returns the unit of a service.
    pub fn unit_of(&self, service: &str) -> Option<&Unit> {
        let in_it = |unit: &&Unit| unit.services.iter().any(|name| name == service);
        self.units.get(service).or_else(|| self.units.values().find(in_it))
    }

    /// Returns all objects in the order of application without gates. Objects that Pods mount, and their NetworkPolicies,
    /// come before workloads.
    pub fn objects(&self) -> Vec<Object> {
        let of_unit = |unit: &Unit| {
            let workload = unit.workload.as_ref().map(Workload::object);
            unit.frontends.iter().cloned().chain(workload).collect::<Vec<_>>()
        };
        let of_jobs = self.jobs.values().flat_map(JobUnit::objects);
        let of_units = self.units.values().flat_map(of_unit);
        let mut all: Vec<_> = self.shared.iter().cloned().chain(of_units).chain(of_jobs).collect();
        all.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        all
    }

    /// Returns the kinds and names of all desired objects.
    pub fn names(&self) -> BTreeSet<(Kind, String)> {
        let frontends = self.units.values().flat_map(|unit| &unit.frontends);
        let policies = self.jobs.values().flat_map(|job| &job.policies);
        let objects = self.shared.iter().chain(frontends).chain(policies);
        let objects = objects.map(|object| (object.kind, object.name.clone()));
        let workloads = self.units.values().filter_map(|unit| Some(unit.workload.as_ref()?.key()));
        objects.chain(workloads).chain(self.jobs.values().filter_map(JobUnit::key)).collect()
    }
}

/// A workload and the services whose containers share its Pods.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The names of the services. The first one is the name of the unit.
    pub services: Vec<String>,
    /// Whether the unit runs.
    pub activity: Activity,
    /// The workload. `None` for an inactive unit, and for a stopped one-shot or DaemonSet.
    pub workload: Option<Workload>,
    /// The hash of the desired Pod template, also of a unit without a workload.
    pub template: TemplateHash,
    /// The Services, Ingresses and NetworkPolicies. They are never gated, so that names resolve before Pods exist.
    pub frontends: Vec<Object>,
    /// The dependencies that must be met before a new template is released.
    pub waits_for: Vec<WaitFor>,
    /// The dependencies of each service on other services of the Pod, by name. The kubelet starts the containers in this
    /// order.
    pub waits_within: BTreeMap<String, Vec<WaitFor>>,
    /// The missing objects that its containers read.
    pub missing: Vec<Missing>,
    /// The images whose metadata a new template waits for.
    pub unread: Vec<Unread>,
    /// The desired number of Pods. One for a DaemonSet, whose number depends on the nodes.
    pub replicas: i32,
    /// The startup deadlines of services with a health check, by name, in seconds: the start period plus retries times
    /// the interval. A service that is not ready at its deadline counts as unhealthy.
    pub startup_deadline: BTreeMap<String, i64>,
    /// The services whose containers are restarted when they are unhealthy.
    pub restarted_when_unhealthy: BTreeSet<String>,
    /// Whether old and new containers can run at the same time.
    pub may_overlap: bool,
    /// Whether the service has completed when its container ends with exit code 0, although it is not a one-shot. That is
    /// so if `restart` is not set.
    pub completes_on_exit: bool,
    /// The resource requests of its containers for messages, such as `cpu 4, memory 8Gi`.
    pub requests: Option<String>,
}

impl Unit {
    /// Returns the name of the unit, which is the name of its first service.
    pub fn name(&self) -> &str {
        self.services.first().map_or("", String::as_str)
    }
}

/// A job: a CronJob, which is suspended if the job runs only by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct JobUnit {
    /// The name of the job.
    pub name: String,
    /// Whether a profile of the job is active. A job is never stopped.
    pub activity: Activity,
    /// When the job runs.
    pub triggers: Triggers,
    /// The CronJob. `None` for an inactive job, and for one that never runs.
    pub cron_job: Option<Box<CronJob>>,
    /// The NetworkPolicies of the job alone.
    pub policies: Vec<Object>,
    /// The missing objects that its containers read.
    pub missing: Vec<Missing>,
    /// The image whose metadata a new template waits for.
    pub unread: Vec<Unread>,
    /// The hash of the desired Pod template.
    pub template: TemplateHash,
}

impl JobUnit {
    /// Returns the kind and name of the CronJob.
    pub fn key(&self) -> Option<(Kind, String)> {
        let name = self.cron_job.as_ref()?.metadata.name.clone().unwrap_or_default();
        Some((Kind::CronJob, name))
    }

    /// Returns the objects of the job.
    pub fn objects(&self) -> Vec<Object> {
        self.policies.iter().cloned().chain(self.cron_job.as_deref().map(Object::from)).collect()
    }
}

/// Whether a unit runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Activity {
    /// The unit runs.
    Active,
    /// The unit is stopped.
    Stopped,
    /// No profile of the unit is active.
    Inactive,
}

/// The workload of a unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Workload {
    /// A service that runs until it is stopped.
    Deployment(Box<Deployment>),
    /// A service that writes a volume.
    StatefulSet(Box<StatefulSet>),
    /// A service with a container on each node.
    DaemonSet(Box<DaemonSet>),
    /// A one-shot.
    Job(Box<Job>),
}

impl Workload {
    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Deployment(_) => Kind::Deployment,
            Self::StatefulSet(_) => Kind::StatefulSet,
            Self::DaemonSet(_) => Kind::DaemonSet,
            Self::Job(_) => Kind::Job,
        }
    }

    /// Returns the spec of the Pods.
    pub fn pod_spec(&self) -> Option<&PodSpec> {
        let template = match self {
            Self::Deployment(deployment) => &deployment.spec.as_ref()?.template,
            Self::StatefulSet(stateful_set) => &stateful_set.spec.as_ref()?.template,
            Self::DaemonSet(daemon_set) => &daemon_set.spec.as_ref()?.template,
            Self::Job(job) => &job.spec.as_ref()?.template,
        };
        template.spec.as_ref()
    }

    /// Returns the kind and name.
    pub fn key(&self) -> (Kind, String) {
        let metadata = match self {
            Self::Deployment(deployment) => &deployment.metadata,
            Self::StatefulSet(stateful_set) => &stateful_set.metadata,
            Self::DaemonSet(daemon_set) => &daemon_set.metadata,
            Self::Job(job) => &job.metadata,
        };
        (self.kind(), metadata.name.clone().unwrap_or_default())
    }

    /// Returns the claims that the Pods mount.
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

    /// Returns the object to apply.
    pub fn object(&self) -> Object {
        match self {
            Self::Deployment(deployment) => Object::from(deployment.as_ref()),
            Self::StatefulSet(stateful_set) => Object::from(stateful_set.as_ref()),
            Self::DaemonSet(daemon_set) => Object::from(daemon_set.as_ref()),
            Self::Job(job) => Object::from(job.as_ref()),
        }
    }
}

/// A dependency for which a new template, or a container in a Pod, waits. Dependencies that always count as met are
/// omitted: stopped ones, ones that are scaled to zero, and ones that are inactive and not required.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WaitFor {
    /// The unit of the dependency.
    pub unit: String,
    /// The service.
    pub service: String,
    /// The state that the service must reach.
    pub condition: DependencyCondition,
    /// Whether the dependent also waits if the service has failed.
    pub required: bool,
}

/// A missing object that the Stack does not own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Missing {
    /// The kind.
    pub kind: ObjectKind,
    /// The name.
    pub name: String,
    /// The missing part.
    pub need: Need,
}

/// An image whose metadata could not be read yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unread {
    /// The image, as the Stack names it.
    pub image: String,
    /// The cause.
    pub cause: String,
}

/// The missing part of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Need {
    /// The whole object.
    Object,
    /// A key of the object.
    Key(String),
}

/// A setting that the cluster cannot reproduce exactly.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Approximation {
    /// The path in the spec.
    pub path: String,
    /// The difference, its cause and, if there is one, the remedy.
    pub message: String,
}
