//! Labels and annotations of children.

/// The label of every child. The watches select by it.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The value of [`MANAGED_BY`].
pub const MANAGER: &str = "stackwright";
/// The name of the Stack, for tools that group by the recommended labels.
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// The name of the service, for tools that group by the recommended labels.
pub const NAME: &str = "app.kubernetes.io/name";
/// The name of the Stack. Workloads, Services and NetworkPolicies select by it and by [`SERVICE`].
pub const STACK: &str = "stackwright.dev/stack";
/// The name of the service.
pub const SERVICE: &str = "stackwright.dev/service";
/// The label of a Pod that `stackwright run` has created, with the name of the service. No workload and no Service selects
/// the Pod, since it has no label [`SERVICE`].
pub const ONE_OFF: &str = "stackwright.dev/run";
/// The prefix of the label that adds a Pod to a network. A hash of the network's identity follows.
pub const NETWORK_PREFIX: &str = "net.stackwright.dev/";
/// The prefix of the label by which the Service of an alias selects the Pods of all services that have the alias.
pub const ALIAS_PREFIX: &str = "alias.stackwright.dev/";
/// The prefix of the label by which the Service of a service selects its Pods if another service names the unit.
pub const MEMBER_PREFIX: &str = "member.stackwright.dev/";
/// The annotation of a Pod template with its hash. It identifies the template of a Pod and of a workload.
pub const TEMPLATE: &str = "stackwright.dev/template";
/// The annotation of a workload with the hash of the template whose container ended with exit code 0. The workload is
/// then scaled to zero. The hash is stored in the object, because the next reconciliation reads the object.
pub const COMPLETED: &str = "stackwright.dev/completed";
/// The annotation of a Pod template with a hash of the content of configs, so that a change restarts the readers.
pub const CONFIGS: &str = "stackwright.dev/configs";
/// The annotation of a Pod template with the templates of dependencies with `restart: true`.
pub const RESTARTED_WITH: &str = "stackwright.dev/restarted-with";

/// The annotation of a Pod template with a hash of the keys that its containers read from Secrets and ConfigMaps which
/// the Stack does not own.
pub const READS: &str = "stackwright.dev/reads";

/// The annotation of a workload with the image metadata of its containers, as JSON by the name of the service. The
/// operator reads the metadata of an image once, so a later answer of a registry does not change running containers.
pub const IMAGES: &str = "stackwright.dev/image-metadata";

/// The label of claims that only one node can mount, and of the Pods that share them. It keeps these Pods on one node.
pub const VOLUMES: &str = "stackwright.dev/volumes";

/// The domains of labels and annotations that users cannot set.
pub const RESERVED: [&str; 5] =
    ["stackwright.dev/", NETWORK_PREFIX, ALIAS_PREFIX, MEMBER_PREFIX, "app.kubernetes.io/"];

/// The field manager of applied objects.
pub const FIELD_MANAGER: &str = "stackwright";
