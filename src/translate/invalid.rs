//! Why a Stack cannot be translated: every problem at once, each with its place and remedy.

use std::fmt;

/// How many problems are told at a time: nobody reads on, and a condition's message has an end.
pub const MOST_TOLD: usize = 20;

/// The longest path and the longest message of a problem, in bytes: both may quote a text of megabytes. So many
/// problems as are told have room in the message of a condition, which is 32,768 characters.
const LONGEST_PATH: usize = 600;
const LONGEST_MESSAGE: usize = 1_000;

/// A spec that only its author can mend. Nothing of the Stack is touched until then.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Invalid {
    /// At least one problem, in the order of the spec.
    pub problems: Vec<Problem>,
    /// How many problems there are beside those.
    pub more: usize,
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
    /// A privilege over nodes that the namespace does not allow.
    NotAllowed,
    /// A name that Kubernetes does not take.
    InvalidName,
    /// Variables that expand into each other.
    EnvironmentCycle,
    /// A value that cannot be used as it is.
    InvalidValue,
    /// A Stack that is too much work.
    TooLarge,
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
            Self::TooLarge => "TooLarge",
        }
    }
}

impl Problem {
    /// A problem at `path`.
    pub fn new(reason: Reason, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            reason,
            path: clipped(path.into(), LONGEST_PATH),
            message: clipped(message.into(), LONGEST_MESSAGE),
        }
    }
}

/// What of a text has room in so many bytes.
fn clipped(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

impl Invalid {
    /// `Err` when there is a problem.
    ///
    /// # Errors
    /// When `problems` is not empty.
    pub fn unless_empty(problems: Vec<Problem>, more: usize) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems, more }) }
    }

    /// The problems that are told, and how many there are beside those.
    pub fn told(&self) -> (&[Problem], usize) {
        let (told, rest) = self.problems.split_at(self.problems.len().min(MOST_TOLD));
        (told, rest.len().saturating_add(self.more))
    }

    /// The problems as one text, for a condition's message.
    pub fn message(&self) -> String {
        let (told, more) = self.told();
        let mut texts: Vec<String> = told.iter().map(ToString::to_string).collect();
        match more {
            0 => {}
            1 => texts.push("and 1 more problem".to_owned()),
            more => texts.push(format!("and {more} more problems")),
        }
        texts.join("; ")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
