//! The observed state of a Stack: projections of objects, as the watches store them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;

use super::owner::{Holder, Identity, Owner};
use crate::{
    api::{AccessMode, TemplateHash},
    translate::Kind,
};

/// The observed state of a Stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The children by kind and name.
    pub children: BTreeMap<(Kind, String), Child>,
    /// The owners of objects whose names the Stack needs, by kind and name.
    pub name_holders: BTreeMap<(Kind, String), Holder>,
    /// The Pods of the services.
    pub pods: Vec<Pod>,
    /// The first eviction of each unit since its last Pod started. Only messages use it.
    pub evictions: BTreeMap<String, Eviction>,
    /// Field conflicts: states that an apply returned and that differ from the applied object, because an admission webhook
    /// changes its fields. Such a state counts as desired until either side changes.
    pub settled: BTreeMap<(Kind, String), Settled>,
    /// The runs of jobs, by the name of the Job.
    pub runs: BTreeMap<String, Run>,
    /// Objects that the API server has refused. They are not applied again until they change.
    pub refused: BTreeMap<(Kind, String), Refused>,
}

/// An object that the API server has refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// The digest of the refused object.
    pub desired: Digest,
    /// The error of the API server.
    pub message: String,
}

/// The projection of an object of a kind that Stackwright creates.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// The UID, which is the precondition of a delete.
    pub uid: String,
    /// The owner.
    pub owner: Owner,
    /// The service that its label names.
    pub service: Option<String>,
    /// Whether the deletion has started.
    pub deleting: bool,
    /// The digest of the fields that Stackwright owns.
    pub digest: Digest,
    /// The state.
    pub state: ChildState,
}

/// The digests of the fields that the field manager of Stackwright owns.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Digest {
    /// The digest of all fields but the Pod template.
    pub rest: String,
    /// The digest of the Pod template. `None` for kinds without one.
    pub template: Option<String>,
}

/// A field conflict: the result of an apply that a webhook has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The UID of the object.
    pub uid: String,
    /// The digest of the applied object.
    pub desired: Digest,
    /// The digest of the returned object.
    pub returned: Digest,
    /// The paths of the fields that differ.
    pub fields: Vec<String>,
}

/// The state of a child.
#[derive(Clone, Debug, PartialEq)]
pub enum ChildState {
    /// A Deployment, StatefulSet or DaemonSet.
    Workload(WorkloadState),
    /// A Job.
    Job(JobState),
    /// A CronJob.
    CronJob(CronJobState),
    /// A run of a job.
    Run(Run),
    /// A Service.
    Service(ServiceState),
    /// A claim.
    Claim(ClaimState),
    /// Any other kind, of which only the existence counts.
    Plain,
}

/// The state of a Deployment, StatefulSet or DaemonSet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkloadState {
    /// The hash of the Pod template, from its annotation.
    pub template: Option<TemplateHash>,
    /// Whether the controller has observed the newest generation.
    pub observed: bool,
    /// The replicas of the spec. For a DaemonSet, the number of nodes that should run a Pod.
    pub wanted: i32,
    /// The number of all Pods.
    pub total: i32,
    /// The number of Pods of the newest template.
    pub updated: i32,
    /// The number of ready Pods.
    pub ready: i32,
    /// The hash of the template with which it has completed and is scaled to zero.
    pub completed: Option<TemplateHash>,
    /// Why its Pods cannot be created, such as a quota or a policy of the namespace.
    pub failure: Option<String>,
    /// Whether an update has exceeded its progress deadline.
    pub overdue: bool,
    /// The inputs of its template.
    pub made_with: MadeWith,
}

/// The inputs of a Pod template that the next translation uses.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MadeWith {
    /// The hash of the keys that its containers read from objects which the Stack does not own.
    pub reads: Option<String>,
    /// The helper image.
    pub helper_image: Option<String>,
    /// The image metadata, as stored in the annotation of the workload.
    pub images: Option<String>,
}

/// The state of a claim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimState {
    /// The access mode.
    pub access_mode: Option<AccessMode>,
    /// The label that keeps Pods which share the claim on one node.
    pub node_group: Option<String>,
    /// The time of creation, in seconds since 1970.
    pub created: i64,
    /// The state of provisioning while the claim has no volume.
    pub unbound: Option<Unbound>,
}

/// A claim without a volume.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Unbound {
    /// The StorageClass of the claim. The API server sets the default class of the cluster.
    pub class: Option<String>,
    /// The provisioner that was asked for a volume.
    pub provisioner: Option<String>,
    /// The last warning. Only messages use it.
    pub warning: Option<String>,
}

/// The state of a Job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobState {
    /// The hash of the Pod template.
    pub template: Option<TemplateHash>,
    /// Whether the condition Complete is true.
    pub complete: bool,
    /// The message of the condition Failed, if that is true.
    pub failed: Option<String>,
    /// The inputs of its template.
    pub made_with: MadeWith,
}

/// The state of a CronJob.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CronJobState {
    /// The hash of the Pod template.
    pub template: Option<TemplateHash>,
    /// Whether a run is in progress that the CronJob has started.
    pub active: bool,
    /// Whether the CronJob is suspended.
    pub suspended: bool,
    /// The inputs of its template.
    pub made_with: MadeWith,
}

/// A run of a job: a Job that a CronJob controls.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The name of the Job.
    pub name: String,
    /// The job.
    pub job: String,
    /// The time at which the run began.
    pub started: Option<Timestamp>,
    /// The time at which the run ended.
    pub finished: Option<Timestamp>,
    /// The outcome.
    pub outcome: RunOutcome,
}

/// The outcome of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum RunOutcome {
    /// The run is in progress.
    #[default]
    Running,
    /// The run has ended with exit code 0.
    Succeeded,
    /// The run has failed, with the message of the Job.
    Failed(String),
}

/// The state of a Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceState {
    /// Whether the Service has no cluster IP.
    pub headless: bool,
    /// Whether the Service publishes addresses of Pods that are not ready.
    pub publishes_not_ready: bool,
    /// Whether the Service has the type LoadBalancer and no address yet.
    pub pending_address: bool,
}

/// A Pod of a unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// The UID. Successive Pods of a StatefulSet have the same name.
    pub uid: String,
    /// The service that names the unit.
    pub service: String,
    /// The kind and name of the controller: a `ReplicaSet`, `StatefulSet`, `DaemonSet` or `Job`.
    pub controller: Option<(String, String)>,
    /// The hash of the template of the Pod.
    pub template: Option<TemplateHash>,
    /// The claims that the Pod mounts.
    pub claims: BTreeSet<String>,
    /// The time of creation.
    pub created: Option<Timestamp>,
    /// Whether the deletion has started.
    pub deleting: bool,
    /// Whether the Pod has ended, with or without an error.
    pub ended: bool,
    /// The progress of its slowest container.
    pub progress: Progress,
    /// The time of the last start of a container.
    pub started_at: Option<Timestamp>,
    /// The message of the scheduler if no node can run the Pod.
    pub unschedulable: Option<String>,
    /// Why a container does not run, as the kubelet reports it.
    pub waiting: Option<Notice>,
    /// The last exit of its container.
    pub last_exit: Option<Exit>,
    /// The last warning of the kubelet. Only messages use it.
    pub warning: Option<Notice>,
    /// The containers of the services, if the Pod has several.
    pub containers: Vec<Container>,
}

/// The progress of a container from its creation to readiness. A later stage includes the earlier ones: the kubelet runs
/// the readiness probe only after the startup probe has succeeded, and both only in a container that runs.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Progress {
    /// Does not run.
    #[default]
    Pending,
    /// Runs, and has not passed its startup probe.
    Running,
    /// Runs, and has passed its startup probe.
    Started,
    /// Is ready.
    Ready,
}

/// The end of a container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exit {
    /// The exit code.
    pub code: i32,
    /// The container runtime's reason, such as `OOMKilled`.
    pub reason: Option<String>,
}

/// A state or an event, as the kubelet reports it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// The CamelCase reason.
    pub reason: String,
    /// The message for people, which may be empty.
    pub message: String,
}

/// An eviction of a Pod by the kubelet because the node lacks a resource, such as disk space or memory.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Eviction {
    /// The time.
    pub at: Timestamp,
    /// The node.
    pub node: String,
    /// The message of the kubelet.
    pub why: String,
}

/// The container of a service in a Pod of several services. The fields have the same meaning as in [`Pod`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    /// The service.
    pub service: String,
    /// The progress.
    pub progress: Progress,
    /// The time of the last start.
    pub started_at: Option<Timestamp>,
    /// Why the container does not run, as the kubelet reports it.
    pub waiting: Option<Notice>,
    /// The last exit.
    pub last_exit: Option<Exit>,
}

impl Progress {
    /// Reports whether the container runs.
    pub fn is_running(self) -> bool {
        self >= Self::Running
    }

    /// Reports whether the container has passed its startup probe.
    pub fn is_started(self) -> bool {
        self >= Self::Started
    }

    /// Reports whether the container is ready.
    pub fn is_ready(self) -> bool {
        self == Self::Ready
    }
}

impl Exit {
    /// Reports whether the container succeeded.
    pub fn is_success(&self) -> bool {
        self.code == 0
    }
}

impl Pod {
    /// Reports whether the container ended with exit code 0 when it ended last.
    pub fn succeeded(&self) -> bool {
        self.last_exit.as_ref().is_some_and(Exit::is_success)
    }

    /// Returns the Pod as seen by one of its services, with the state of the service's container.
    pub fn seen_by(&self, service: &str) -> Cow<'_, Self> {
        let Some(container) = self.containers.iter().find(|container| container.service == service) else {
            return Cow::Borrowed(self);
        };
        let Container { progress, started_at, waiting, last_exit, .. } = container.clone();
        Cow::Owned(Self { progress, started_at, waiting, last_exit, ..self.clone() })
    }
}

impl ChildState {
    /// Reports whether the child is a workload with zero replicas.
    pub fn is_at_zero(&self) -> bool {
        matches!(self, Self::Workload(workload) if workload.wanted == 0)
    }

    /// Returns the hash of the Pod template of a workload.
    pub fn template(&self) -> Option<&TemplateHash> {
        match self {
            Self::Workload(workload) => workload.template.as_ref(),
            Self::Job(job) => job.template.as_ref(),
            Self::CronJob(job) => job.template.as_ref(),
            _ => None,
        }
    }
}

impl Observed {
    /// Returns the Pods of a unit that are not terminating and have not ended.
    pub fn live_pods(&self, unit: &str) -> impl Iterator<Item = &Pod> {
        self.pods.iter().filter(move |pod| pod.service == unit && !pod.deleting && !pod.ended)
    }

    /// Returns the observed state as seen by one service of a unit of several services.
    pub fn seen_by(&self, unit: &str, service: &str) -> Self {
        let pods = self.pods.iter().filter(|pod| pod.service == unit);
        let pods = pods.map(|pod| pod.seen_by(service).into_owned()).collect();
        let (children, evictions) = (self.children.clone(), self.evictions.clone());
        Self { pods, children, evictions, ..Self::default() }
    }
}

impl Child {
    /// Reports whether the Stack can change the object: it has the owner reference of the Stack, or is a claim with the
    /// label of the Stack.
    pub fn belongs_to(&self, stack: Identity<'_>, kind: Kind) -> bool {
        match &self.owner {
            Owner::Stack { uid, .. } => uid == stack.uid,
            Owner::Claim { stack: name } => kind == Kind::PersistentVolumeClaim && name == stack.name,
            Owner::CronJob { .. } | Owner::Other => false,
        }
    }

    /// Returns the owner of the object for a Stack that does not own it.
    pub fn holder(&self, stack: Identity<'_>) -> Holder {
        match &self.owner {
            Owner::Stack { name, .. } if name == stack.name => Holder::Predecessor,
            Owner::Stack { name, .. } => Holder::Stack(name.clone()),
            Owner::Claim { stack: name } if name != stack.name => Holder::Stack(name.clone()),
            Owner::Claim { .. } | Owner::CronJob { .. } | Owner::Other => Holder::Other,
        }
    }
}
