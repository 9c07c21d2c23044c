//! The most that one Stack may become.

/// The most that one Stack may become. What is more is refused before anything is made of it, so that whoever may write
/// one Stack uses up neither the operator nor what all namespaces share: addresses of Services, rules of kube-proxy,
/// space in etcd. Whoever runs the operator raises each by a flag.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The objects of a Stack.
    pub objects: usize,
    /// The claims among them, for named and anonymous volumes.
    pub claims: usize,
    /// The further names of a service: aliases, `containerName` and `hostname`. Each becomes a Service.
    pub names: usize,
    /// The ports of a service, also those that other services dial. Each of its Services has all of them.
    pub ports: usize,
    /// The memory that the objects of a Stack take while they are made, in bytes.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { objects: 2_000, claims: 500, names: 64, ports: 1_024, memory: 48 << 20 }
    }
}

/// One of the limits: what it counts, and how it is raised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Limit {
    Objects,
    Claims,
    Names,
    Ports,
    Memory,
}

impl Limit {
    /// The most that is allowed.
    pub(super) fn of(self, limits: &Limits) -> usize {
        match self {
            Self::Objects => limits.objects,
            Self::Claims => limits.claims,
            Self::Names => limits.names,
            Self::Ports => limits.ports,
            Self::Memory => limits.memory,
        }
    }

    /// The flag of `stackwright controller` that raises it.
    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::Objects => "--max-objects-per-stack",
            Self::Claims => "--max-claims-per-stack",
            Self::Names => "--max-names-per-service",
            Self::Ports => "--max-ports-per-service",
            Self::Memory => "--max-memory-per-stack",
        }
    }
}
