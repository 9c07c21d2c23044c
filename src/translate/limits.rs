//! Limits of a Stack.

/// The limits of a Stack. A Stack that exceeds a limit is refused before its objects are built. So a Stack can exhaust
/// neither the operator nor resources that namespaces share: addresses of Services, rules of kube-proxy and space in etcd.
/// Each limit has a flag of the operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The number of objects.
    pub objects: usize,
    /// The number of claims, for named and anonymous volumes.
    pub claims: usize,
    /// The number of additional names of a service: aliases, `containerName` and `hostname`. Each becomes a Service.
    pub names: usize,
    /// The number of ports of a service, including those in addresses that other services use. Each of its Services has all
    /// of them.
    pub ports: usize,
    /// The memory that the operator needs to build the objects, in bytes.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { objects: 2_000, claims: 500, names: 64, ports: 1_024, memory: 48 << 20 }
    }
}

/// A limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Limit {
    Objects,
    Claims,
    Names,
    Ports,
    Memory,
}

impl Limit {
    /// Returns the value of the limit.
    pub(super) fn of(self, limits: &Limits) -> usize {
        match self {
            Self::Objects => limits.objects,
            Self::Claims => limits.claims,
            Self::Names => limits.names,
            Self::Ports => limits.ports,
            Self::Memory => limits.memory,
        }
    }

    /// Returns the flag of `stackwright controller` that sets the limit.
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
