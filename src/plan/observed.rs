//! What the watches hold of a Stack: projections, not objects.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;

use super::Identity;
use crate::{api::AccessMode, translate::Kind};

/// What is observed of one Stack: its children, who else holds a name that it wants, and the pods
/// of its services.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Its children by kind and name.
    pub children: BTreeMap<(Kind, String), Child>,
    /// Who holds a name that it wants, by kind and name.
    pub name_holders: BTreeMap<(Kind, String), Holder>,
    /// The pods of its services.
    pub pods: Vec<Pod>,
    /// The first eviction of each unit since a pod of it started to run. They feed messages, never decisions.
    pub evictions: BTreeMap<String, Eviction>,
    /// States that an apply returned where they differ from what was sent, since an admission
    /// webhook changes fields of ours. Such a state is the snapshot until either side changes.
    pub settled: BTreeMap<(Kind, String), Settled>,
    /// What the API server has refused for good; it is not sent again until it changes.
    pub refused: BTreeMap<(Kind, String), Refused>,
}

/// Who holds a name that a Stack wants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Holder {
    /// The Stack of this name.
    Stack(String),
    /// An earlier Stack of the same name and namespace, whose objects are being collected.
    Predecessor,
    /// Someone else.
    Other,
}

/// What the API server has refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// What was sent.
    pub desired: Digest,
    /// The API server's words.
    pub message: String,
}

/// An object of one of our kinds, as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its UID, the precondition of every delete.
    pub uid: String,
    /// Whose it is.
    pub owner: Owner,
    /// The service that it belongs to, as its label tells.
    pub service: Option<String>,
    /// Whether its deletion has begun.
    pub deleting: bool,
    /// The fields that we own, by digest.
    pub digest: Digest,
    /// What of it decides order and state.
    pub state: ChildState,
}

/// Whose an object is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Owner {
    /// The Stack with this UID controls it.
    Stack {
        /// The Stack's UID.
        uid: String,
        /// The Stack's name.
        name: String,
    },
    /// It bears our label with this Stack's name and no controller: a claim that stays.
    Claim {
        /// The Stack's name.
        stack: String,
    },
    /// Anyone else.
    Other,
}

/// Digests of the fields that our field manager owns.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Digest {
    /// All but the pod template.
    pub rest: String,
    /// The pod template; empty for kinds without one.
    pub template: String,
}

/// What an apply returned, kept while a webhook changes fields of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The object that was applied to.
    pub uid: String,
    /// What was sent.
    pub desired: Digest,
    /// What came back.
    pub returned: Digest,
    /// The fields that differ, as paths.
    pub fields: Vec<String>,
}

/// What of a child decides order and state.
#[derive(Clone, Debug, PartialEq)]
pub enum ChildState {
    /// A Deployment, StatefulSet or DaemonSet.
    Workload(WorkloadState),
    /// A Job.
    Job(JobState),
    /// A Service.
    Service(ServiceState),
    /// A claim.
    Claim(ClaimState),
    /// Anything else: it is there.
    Plain,
}

/// The state of a Deployment, StatefulSet or DaemonSet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkloadState {
    /// The hash of its pod template, as its annotation tells.
    pub template: Option<String>,
    /// Whether its controller has seen the newest generation.
    pub observed: bool,
    /// Replicas of the spec; of a DaemonSet the nodes that should have one.
    pub wanted: i32,
    /// Pods in all.
    pub total: i32,
    /// Pods of the newest template.
    pub updated: i32,
    /// Ready pods.
    pub ready: i32,
    /// The hash at which it was found completed and is held at zero.
    pub completed: Option<String>,
    /// Why its pods cannot be created, such as a quota or a policy of the namespace.
    pub failure: Option<String>,
    /// Whether an update has made no progress for longer than it may.
    pub overdue: bool,
    /// What of its template decides how it is translated again.
    pub made_with: MadeWith,
}

/// What a workload's pod template was made with.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MadeWith {
    /// The hash of what its containers read from objects of others.
    pub reads: Option<String>,
    /// The helper's image.
    pub helper_image: Option<String>,
    /// What was known of the images, as it stands on the workload.
    pub images: Option<String>,
}

/// The state of a claim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimState {
    /// How it may be mounted.
    pub access_mode: Option<AccessMode>,
    /// What keeps the pods together that share it.
    pub together: Option<String>,
    /// When it was created, in seconds since 1970.
    pub created: i64,
    /// What is known of it while it has no volume.
    pub unbound: Option<Unbound>,
}

/// A claim that has no volume yet.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Unbound {
    /// The storage class that it names; where the cluster has a default one, the API server writes that.
    pub class: Option<String>,
    /// The provisioner that has been asked for a volume.
    pub provisioner: Option<String>,
    /// What was warned of last. It feeds messages, never decisions.
    pub warning: Option<String>,
}

/// The state of a Job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobState {
    /// The hash of its pod template.
    pub template: Option<String>,
    /// Whether it has the condition Complete.
    pub complete: bool,
    /// The message of its condition Failed.
    pub failed: Option<String>,
    /// What of its template decides how it is translated again.
    pub made_with: MadeWith,
}

/// The state of a Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceState {
    /// Whether it has no cluster address.
    pub headless: bool,
    /// Whether it leads to pods that are not ready.
    pub publishes_not_ready: bool,
    /// Whether it is of type LoadBalancer and has no address yet.
    pub pending_address: bool,
}

/// A pod of a unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// Its UID: a later pod of a StatefulSet has the same name.
    pub uid: String,
    /// The service that names its unit.
    pub service: String,
    /// Its controller's kind and name: `ReplicaSet`, `StatefulSet`, `DaemonSet` or `Job`.
    pub controller: Option<(String, String)>,
    /// The hash of the template that it was made from.
    pub template: Option<String>,
    /// The claims that it mounts.
    pub claims: BTreeSet<String>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Whether its deletion has begun.
    pub deleting: bool,
    /// Whether it has ended, well or not.
    pub ended: bool,
    /// Whether every container of it runs.
    pub running: bool,
    /// Whether every container has passed its start-up probe.
    pub started: bool,
    /// Whether it is ready.
    pub ready: bool,
    /// When its container started last.
    pub started_at: Option<Timestamp>,
    /// Why no node takes it, in the scheduler's words.
    pub unschedulable: Option<String>,
    /// Why a container does not run: the kubelet's reason and message.
    pub waiting: Option<(String, String)>,
    /// The exit code and reason with which its container ended last.
    pub last_exit: Option<(i32, String)>,
    /// What the kubelet warned of last: reason and message. It feeds messages, never decisions.
    pub warning: Option<(String, String)>,
    /// The containers of its services, where they are several.
    pub containers: Vec<Container>,
}

/// That a kubelet has put a pod out, since its node lacks something: room on its disk, memory.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Eviction {
    /// When.
    pub at: Timestamp,
    /// The node.
    pub node: String,
    /// What it lacks, in the kubelet's words.
    pub why: String,
}

/// One service's container in a pod of several, with what [`Pod`] says of all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    /// The service.
    pub service: String,
    /// Whether it runs.
    pub running: bool,
    /// Whether it has passed its start-up probe.
    pub started: bool,
    /// Whether it is ready.
    pub ready: bool,
    /// When it started last.
    pub started_at: Option<Timestamp>,
    /// Why it does not run: the kubelet's reason and message.
    pub waiting: Option<(String, String)>,
    /// The exit code and reason with which it ended last.
    pub last_exit: Option<(i32, String)>,
}

impl Pod {
    /// The pod as it is for one of its services: what is said of its containers is said of that one's.
    pub fn seen_by(&self, service: &str) -> Cow<'_, Self> {
        let Some(container) = self.containers.iter().find(|container| container.service == service) else {
            return Cow::Borrowed(self);
        };
        let Container { running, started, ready, started_at, waiting, last_exit, .. } = container.clone();
        Cow::Owned(Self { running, started, ready, started_at, waiting, last_exit, ..self.clone() })
    }
}

impl ChildState {
    /// Whether it is a workload of no replicas.
    pub fn is_at_zero(&self) -> bool {
        matches!(self, Self::Workload(workload) if workload.wanted == 0)
    }

    /// The hash of the pod template that a workload has.
    pub fn template(&self) -> Option<&str> {
        match self {
            Self::Workload(workload) => workload.template.as_deref(),
            Self::Job(job) => job.template.as_deref(),
            _ => None,
        }
    }
}

impl Observed {
    /// The pods of a unit that are not on their way out and have not ended.
    pub fn live_pods(&self, unit: &str) -> impl Iterator<Item = &Pod> {
        self.pods.iter().filter(move |pod| pod.service == unit && !pod.deleting && !pod.ended)
    }

    /// What is observed, as it is for one service of a unit of several.
    pub fn seen_by(&self, unit: &str, service: &str) -> Self {
        let pods = self.pods.iter().filter(|pod| pod.service == unit);
        let pods = pods.map(|pod| pod.seen_by(service).into_owned()).collect();
        let (children, evictions) = (self.children.clone(), self.evictions.clone());
        Self { pods, children, evictions, ..Self::default() }
    }
}

impl Owner {
    /// The name of the Stack that an object belongs to.
    pub fn stack(&self) -> Option<&str> {
        match self {
            Self::Stack { name, .. } | Self::Claim { stack: name } => Some(name),
            Self::Other => None,
        }
    }
}

impl Child {
    /// Whether it is this Stack's to change: it bears our owner reference, or is a claim with our
    /// label and this Stack's name.
    pub fn belongs_to(&self, stack: Identity<'_>, kind: Kind) -> bool {
        match &self.owner {
            Owner::Stack { uid, .. } => uid == stack.uid,
            Owner::Claim { stack: name } => kind == Kind::PersistentVolumeClaim && name == stack.name,
            Owner::Other => false,
        }
    }

    /// Who holds its name, for a Stack that it does not belong to.
    pub fn holder(&self, stack: Identity<'_>) -> Holder {
        match &self.owner {
            Owner::Stack { name, .. } if name == stack.name => Holder::Predecessor,
            Owner::Stack { name, .. } => Holder::Stack(name.clone()),
            Owner::Claim { stack: name } if name != stack.name => Holder::Stack(name.clone()),
            Owner::Claim { .. } | Owner::Other => Holder::Other,
        }
    }
}
