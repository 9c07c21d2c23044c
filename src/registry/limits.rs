//! Limits of a read, which messages of failures name.

use std::time::Duration;

/// Timeout of one image, with all its requests.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

/// Time that a read waits for a permit.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Bytes of an answer. Manifests and configurations have about ten KiB, with long histories some hundred.
pub(super) const LONGEST_ANSWER: usize = 512 * 1024;
