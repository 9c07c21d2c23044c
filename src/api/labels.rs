//! The labels and annotations by which children are found again.

/// Marks everything that Stackwright made; the watches select by it.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The value of [`MANAGED_BY`].
pub const MANAGER: &str = "stackwright";
/// The Stack's name, for tools that group by the recommended labels.
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// The service's name, for tools that group by the recommended labels.
pub const NAME: &str = "app.kubernetes.io/name";
/// The Stack's name; with [`SERVICE`] the selector of workloads, Services and policies.
pub const STACK: &str = "stackwright.dev/stack";
/// The service's name.
pub const SERVICE: &str = "stackwright.dev/service";
/// Prefix of the label that puts a pod into a network; the rest is a hash of the network's identity.
pub const NETWORK_PREFIX: &str = "net.stackwright.dev/";
/// Prefix of the label by which an alias finds the pods of every service that bears it.
pub const ALIAS_PREFIX: &str = "alias.stackwright.dev/";
/// Prefix of the label by which a service finds its pods where another service names them.
pub const MEMBER_PREFIX: &str = "member.stackwright.dev/";
/// On a pod template: its hash, by which a pod and a workload tell which template they have.
pub const TEMPLATE: &str = "stackwright.dev/template";
/// On a workload: the hash of the template at which its container ended with exit code 0, so that
/// it is held at zero replicas. It stands on the object, since the object is what the next pass sees.
pub const COMPLETED: &str = "stackwright.dev/completed";
/// On a pod template: a hash of the configs' content, so that a change restarts the readers.
pub const CONFIGS: &str = "stackwright.dev/configs";
/// On a pod template: the templates of the dependencies with `restart: true`.
pub const RESTARTED_WITH: &str = "stackwright.dev/restarted-with";

/// On a pod template: a hash of what its containers read from Secrets and ConfigMaps of others.
pub const READS: &str = "stackwright.dev/reads";

/// On a workload: what is known of its containers' images, as JSON by the service's name. It is the memory of what
/// registries said: none is asked twice, and none changes what runs.
pub const IMAGES: &str = "stackwright.dev/image-metadata";

/// On claims that only one node can mount, and on the pods that share them: what keeps those together.
pub const VOLUMES: &str = "stackwright.dev/volumes";

/// The domains whose labels and annotations are ours; users may not set them.
pub const RESERVED: [&str; 5] =
    ["stackwright.dev/", NETWORK_PREFIX, ALIAS_PREFIX, MEMBER_PREFIX, "app.kubernetes.io/"];

/// The field manager of everything we apply.
pub const FIELD_MANAGER: &str = "stackwright";
