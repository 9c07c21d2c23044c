//! Editions of Pod templates.
//!
//! An upgrade of the operator must not restart containers. Additions of a later version to templates are a new edition. New
//! and changed templates have the newest edition. A workload with a template of an earlier edition keeps the edition until
//! the service changes.

/// An edition of pod templates.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Edition {
    /// The first edition.
    First,
    /// All users can ping. The containers of a Pod start and end in the order of dependencies. A hook that fails does not
    /// stop its container. Writable copies are owned by the user of the program. All users can write the folder of a volume
    /// that starts empty.
    Second,
    /// Hashes of read keys have a hash key, and the labels of networks of the Stack have long hashes. Files that only their
    /// owner can read are copied for the user of the service. Trees have mount points for mounts below them. The helper
    /// records the files that it writes into a volume, and removes files that the Stack no longer has.
    Third,
}

impl Edition {
    /// The edition of new templates.
    pub const NEWEST: Self = Self::Third;

    /// All editions, the newest first.
    pub const ALL: [Self; 3] = [Self::Third, Self::Second, Self::First];

    /// Reports whether all users can ping, as in Docker.
    pub fn allows_ping(self) -> bool {
        self >= Self::Second
    }

    /// Reports whether the services of a Pod start and end in the order of dependencies.
    pub fn orders_containers(self) -> bool {
        self >= Self::Second
    }

    /// Reports whether writable copies are owned by the user of the program, and not by root.
    pub fn gives_copies(self) -> bool {
        self >= Self::Second
    }

    /// Reports whether files that only their owner can read are copied for the user of the service.
    pub fn copies_private_files(self) -> bool {
        self >= Self::Third
    }

    /// Reports whether a tree has mount points for mounts below it.
    pub fn keeps_places(self) -> bool {
        self >= Self::Third
    }

    /// Reports whether the helper records the files that it writes into a volume.
    pub fn records_files(self) -> bool {
        self >= Self::Third
    }

    /// Reports whether all users can write the folder of a volume that starts empty.
    pub fn opens_folders(self) -> bool {
        self >= Self::Second
    }

    /// Reports whether hashes of read keys have a hash key.
    pub fn keys_reads(self) -> bool {
        self >= Self::Third
    }

    /// Reports whether the labels of networks of the Stack have long hashes.
    pub fn has_long_network_labels(self) -> bool {
        self >= Self::Third
    }

    /// Reports whether a failed hook leaves its container running.
    pub fn lets_hooks_fail(self) -> bool {
        self >= Self::Second
    }
}

/// The form of a template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Form {
    /// The edition.
    pub edition: Edition,
    /// Whether the Pods have the init containers of the helper.
    pub has_helper: bool,
    /// Whether `hostnameOverride` sets the host name. After an upgrade of the cluster to a version with this field, existing
    /// Pods keep their host name.
    pub overrides_hostname: bool,
}

impl Form {
    /// Returns all forms that a live template can have, the most likely one first.
    pub fn all(has_helper: bool, overrides_hostname: bool) -> impl Iterator<Item = Self> {
        let of = move |overrides_hostname| {
            Edition::ALL.map(|edition| Self { edition, has_helper, overrides_hostname })
        };
        [overrides_hostname, !overrides_hostname].into_iter().flat_map(of)
    }
}
