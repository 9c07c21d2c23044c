//! Why a Stack cannot be translated: every problem at once, each with its place and remedy.

use std::fmt;

/// A spec that only its author can mend. Nothing of the Stack is touched until then.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Invalid {
    /// At least one problem, in the order of the spec.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a spec.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The condition's reason.
    pub reason: Reason,
    /// Where it is, such as `spec.services.web.dependsOn.db`.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a Stack is stalled, as a condition's CamelCase reason.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reason {
    /// Services that wait for each other.
    DependencyCycle,
    /// A name that stands for nothing in this Stack.
    UnknownDependency,
    /// A network that is not declared.
    UnknownNetwork,
    /// A volume that is not declared.
    UnknownVolume,
    /// A config that is not declared.
    UnknownConfig,
    /// A secret that is not declared.
    UnknownSecret,
    /// `service_healthy` on a service without a health check.
    NoHealthcheck,
    /// Two active services with one published port.
    PortClash,
    /// Two things that would need objects of the same name.
    NameClash,
    /// Two HTTP routes of one host and path.
    RouteClash,
    /// A power over nodes that the namespace does not allow.
    NotAllowed,
    /// A name that Kubernetes does not take.
    InvalidName,
    /// Variables that expand into each other.
    EnvironmentCycle,
    /// A value that cannot be used as it is.
    InvalidValue,
}

impl Reason {
    /// The reason as it stands in a condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DependencyCycle => "DependencyCycle",
            Self::UnknownDependency => "UnknownDependency",
            Self::UnknownNetwork => "UnknownNetwork",
            Self::UnknownVolume => "UnknownVolume",
            Self::UnknownConfig => "UnknownConfig",
            Self::UnknownSecret => "UnknownSecret",
            Self::NoHealthcheck => "NoHealthcheck",
            Self::PortClash => "PortClash",
            Self::NameClash => "NameClash",
            Self::RouteClash => "RouteClash",
            Self::NotAllowed => "NotAllowed",
            Self::InvalidName => "InvalidName",
            Self::EnvironmentCycle => "EnvironmentCycle",
            Self::InvalidValue => "InvalidValue",
        }
    }
}

impl Problem {
    /// A problem at `path`.
    pub fn new(reason: Reason, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason, path: path.into(), message: message.into() }
    }
}

impl Invalid {
    /// `Err` when there is a problem.
    ///
    /// # Errors
    /// When `problems` is not empty.
    pub fn unless_empty(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// All problems as one text, for a condition's message.
    pub fn message(&self) -> String {
        self.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
