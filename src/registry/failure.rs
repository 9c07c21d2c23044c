//! Why an image could not be read, as one sentence without a secret: it stands in the status.

use std::{fmt, time::Duration};

use super::content::ConfigError;

/// Why an image could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The name is none.
    #[error("no registry has an image of this name")]
    NoName,
    /// No answer came. The sentence is the same whatever the cause is: a difference would tell the author of a
    /// Stack which ports are open where the operator runs. The log has the cause.
    #[error(
        "the operator gets no answer from {host}; a registry at a private address needs '--allow-registry-address'"
    )]
    Unreachable {
        /// Who was asked.
        host: String,
        /// The cause.
        why: Why,
    },
    /// There is no certificate to trust.
    #[error("the operator has no root certificates to know {0} by")]
    NoRoots(String),
    /// It wants another login, or one at all.
    #[error("{0} refuses to show it: name a Secret with a login that may pull it in 'imagePullSecrets'")]
    Refused(String),
    /// There is no such image.
    #[error("{0} has no such image")]
    Missing(String),
    /// It has it for other platforms.
    #[error("{0} has it for other platforms only")]
    OtherPlatforms(String),
    /// Some other status.
    #[error("{host} answers with status {status}")]
    Status {
        /// Who was asked.
        host: String,
        /// The status code.
        status: u16,
        /// When it wants to be asked again, as it says (RFC 9110, section 10.2.3; a date is passed over).
        retry_after: Option<Duration>,
    },
    /// The operator itself did not come to it.
    #[error("the operator has not come to it within {} seconds", super::LONGEST_WAIT.as_secs())]
    NoTurn,
    /// The answer is too long to be what was asked for.
    #[error("{0} answers with more than {size} KiB", size = super::http::LONGEST_ANSWER / 1024)]
    TooLong(String),
    /// The answer is not what was asked for.
    #[error("{0} answers with something else than the registry of an image would")]
    Strange(String),
    /// What it says of itself cannot be used.
    #[error(transparent)]
    Image(#[from] ConfigError),
}

/// Why no answer came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Why {
    /// There was no connection, in the system's words.
    NotConnected(String),
    /// Nothing came in time.
    Silent,
    /// Something came, and then not all in time.
    Slow,
    /// The connection ended before the answer did.
    BrokenOff,
}

/// What another try may bring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outlook {
    /// The same.
    Same,
    /// An answer, if there is a registry at all.
    Uncertain,
    /// An answer: the registry is there, and has not the time for one now. It may say when it has.
    Later(Option<Duration>),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(words) => write!(f, "no connection: {words}"),
            Self::Silent => write!(f, "no answer within {} seconds", super::LONGEST.as_secs()),
            Self::Slow => write!(f, "no whole answer within {} seconds", super::LONGEST.as_secs()),
            Self::BrokenOff => f.write_str("the connection ended before the answer did"),
        }
    }
}

impl Failure {
    /// What only the log tells.
    pub fn detail(&self) -> Option<&Why> {
        match self {
            Self::Unreachable { why, .. } => Some(why),
            _ => None,
        }
    }

    /// What another try may bring. All that gives no answer is alike in this, too.
    pub fn outlook(&self) -> Outlook {
        match self {
            Self::Unreachable { .. } => Outlook::Uncertain,
            // Too many requests, or out of order.
            Self::Status { status, retry_after, .. } if *status == 429 || *status >= 500 => {
                Outlook::Later(*retry_after)
            }
            Self::NoTurn => Outlook::Later(None),
            _ => Outlook::Same,
        }
    }

    /// Whether the next question to the same host would end as this one did. A registry that is there may answer
    /// about another image, or to another login.
    pub(super) fn is_of_the_host(&self) -> bool {
        matches!(self, Self::Unreachable { why: Why::NotConnected(_) | Why::Silent, .. } | Self::NoRoots(_))
    }
}
