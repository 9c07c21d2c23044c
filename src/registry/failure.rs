//! Failures of image reads, as sentences without secrets: they are part of the status.

use std::{fmt, time::Duration};

use super::{
    content::ConfigError,
    limits::{LONGEST, LONGEST_ANSWER, LONGEST_WAIT},
};

/// The failure of an image read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The image name is invalid.
    #[error("the image name is invalid")]
    NoName,
    /// No answer. The message does not depend on the cause, since the difference would show authors of Stacks which
    /// ports are open in the operator's network. The log has the cause.
    #[error("no answer from {host}; a registry at a private address needs --allow-registry-address")]
    Unreachable {
        /// The host of the registry.
        host: String,
        /// The cause.
        why: Why,
    },
    /// The operator has no root certificates.
    #[error("the operator has no root certificates to verify {0}")]
    NoRoots(String),
    /// The registry requires a login, or refuses the given one.
    #[error("{0} denies access; name a Secret with a login that can pull the image in imagePullSecrets")]
    Refused(String),
    /// The registry does not have the image.
    #[error("{0} has no such image")]
    Missing(String),
    /// The registry has the image only for other platforms.
    #[error("{0} has the image only for other platforms")]
    OtherPlatforms(String),
    /// Another status code.
    #[error("{host} answers with status {status}")]
    Status {
        /// The host of the registry.
        host: String,
        /// The status code.
        status: u16,
        /// The seconds of the header Retry-After (RFC 9110, section 10.2.3). A date is ignored.
        retry_after: Option<Duration>,
    },
    /// The read had no permit in time.
    #[error("the operator was too busy to read the image within {} seconds", LONGEST_WAIT.as_secs())]
    NoTurn,
    /// The answer is too long.
    #[error("{0} answers with more than {size} KiB", size = LONGEST_ANSWER / 1024)]
    TooLong(String),
    /// The answer does not follow the protocol of registries.
    #[error("{0} does not answer as an image registry")]
    Strange(String),
    /// The image metadata is invalid.
    #[error(transparent)]
    Image(#[from] ConfigError),
}

/// The cause of a missing answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Why {
    /// No connection, in the words of the system.
    NotConnected(String),
    /// No byte in time.
    Silent,
    /// Only a part of the answer in time.
    Slow,
    /// The connection ended before the answer was complete.
    BrokenOff,
}

/// What a retry can bring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outlook {
    /// The same failure.
    Same,
    /// Success, if there is a registry.
    Uncertain,
    /// Success: the registry exists and is busy. It can say when to retry.
    Later(Option<Duration>),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(words) => write!(f, "no connection: {words}"),
            Self::Silent => write!(f, "no answer within {} seconds", LONGEST.as_secs()),
            Self::Slow => write!(f, "no complete answer within {} seconds", LONGEST.as_secs()),
            Self::BrokenOff => f.write_str("the connection ended before the answer was complete"),
        }
    }
}

impl Failure {
    /// Returns the cause, which only the log shows.
    pub fn detail(&self) -> Option<&Why> {
        match self {
            Self::Unreachable { why, .. } => Some(why),
            _ => None,
        }
    }

    /// Returns what a retry can bring. All causes of a missing answer have the same outlook, for the same reason as their
    /// message.
    pub fn outlook(&self) -> Outlook {
        match self {
            Self::Unreachable { .. } => Outlook::Uncertain,
            // 429 Too Many Requests, or an error of the server.
            Self::Status { status, retry_after, .. } if *status == 429 || *status >= 500 => {
                Outlook::Later(*retry_after)
            }
            Self::NoTurn => Outlook::Later(None),
            _ => Outlook::Same,
        }
    }

    /// Reports whether the next request to the same host would fail, too. A reachable registry can answer a request for
    /// another image or with another login.
    pub(super) fn is_of_the_host(&self) -> bool {
        matches!(self, Self::Unreachable { why: Why::NotConnected(_) | Why::Silent, .. } | Self::NoRoots(_))
    }
}
