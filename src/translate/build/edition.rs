//! How a pod template is made, beside what the Stack says.
//!
//! An upgrade of the operator must not restart what runs. What a later version adds to templates belongs to a
//! new edition: new and changed templates have it, and a workload that bears a template of an earlier edition
//! keeps that one until the service changes.

/// An edition of pod templates.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Edition {
    /// The first.
    First,
    /// Every user may ping, the containers of a pod start and end in the order of their services'
    /// dependencies, a hook that fails leaves its container as it is, copies that a program may write belong to its
    /// user, files that only their owner may read are copied for the service's user, trees have places for what is
    /// mounted below them, and every user may write the folder of a volume that begins empty.
    Second,
    /// Hashes of what is read are keyed, and the labels of the Stack's own networks are hashes that nobody finds again.
    Third,
}

impl Edition {
    /// The edition of new templates.
    pub const NEWEST: Self = Self::Third;

    /// Every edition, the newest first.
    pub const ALL: [Self; 3] = [Self::Third, Self::Second, Self::First];

    /// Whether every user may ping, as in Docker.
    pub fn allows_ping(self) -> bool {
        self >= Self::Second
    }

    /// Whether services of one pod that depend on each other start and end one after the other.
    pub fn orders_containers(self) -> bool {
        self >= Self::Second
    }

    /// Whether copies that a program may write belong to its user, and not to root.
    pub fn gives_copies(self) -> bool {
        self >= Self::Second
    }

    /// Whether files that only their owner may read are copied for the service's user.
    pub fn copies_private_files(self) -> bool {
        self >= Self::Second
    }

    /// Whether a tree has places for what is mounted below it.
    pub fn keeps_places(self) -> bool {
        self >= Self::Second
    }

    /// Whether every user may write the folder of a volume that begins empty.
    pub fn opens_folders(self) -> bool {
        self >= Self::Second
    }

    /// Whether the hash of what is read is keyed.
    pub fn keys_reads(self) -> bool {
        self >= Self::Third
    }

    /// Whether the labels of the Stack's own networks are long hashes.
    pub fn has_long_network_labels(self) -> bool {
        self >= Self::Third
    }

    /// Whether a hook may fail.
    pub fn lets_hooks_fail(self) -> bool {
        self >= Self::Second
    }
}

/// How a template is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Form {
    /// Its edition.
    pub edition: Edition,
    /// Whether the helper does its chores in the pods.
    pub has_helper: bool,
    /// Whether `hostnameOverride` gives the host name. A cluster that learns the field later, by its upgrade, leaves
    /// living pods the host name that they have.
    pub overrides_hostname: bool,
}

impl Form {
    /// Every form in which a living template may have been made, the likeliest first.
    pub fn all(has_helper: bool, overrides_hostname: bool) -> impl Iterator<Item = Self> {
        let of = move |overrides_hostname| {
            Edition::ALL.map(|edition| Self { edition, has_helper, overrides_hostname })
        };
        [overrides_hostname, !overrides_hostname].into_iter().flat_map(of)
    }
}
