//! Why an image could not be read, as one sentence without a secret: it stands in the status.

use super::content::ConfigError;

/// Why an image could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The name is none.
    #[error("no registry has an image of this name")]
    NoName,
    /// Nothing came in time.
    #[error("{0} does not answer within {seconds} seconds", seconds = super::LONGEST.as_secs())]
    Silent(String),
    /// There was no connection.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// The system's words.
        why: String,
    },
    /// The connection ended before the answer did.
    #[error("{0} breaks its answer off")]
    BrokenOff(String),
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
    },
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

impl Failure {
    /// Whether the next question to the same host would end as this one did.
    pub(super) fn is_of_the_host(&self) -> bool {
        match self {
            Self::Silent(_) | Self::Unreachable { .. } | Self::BrokenOff(_) | Self::NoRoots(_) => true,
            // Too many requests, or out of order.
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}
