//! Hashes that stand in names, labels and annotations.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The first ten hexadecimal digits of the SHA-256 of `text`: short enough for names, and enough where nobody
/// gains by another text of the same hash.
pub fn short_hash(text: &str) -> String {
    leading_bytes(text, 5)
}

/// The first 32 hexadecimal digits of the SHA-256 of `text`, of which nobody finds another text.
pub fn long_hash(text: &str) -> String {
    leading_bytes(text, 16)
}

/// The first so many bytes of the SHA-256 of `text`, in hexadecimal digits.
pub(super) fn leading_bytes(text: &str, bytes: usize) -> String {
    Sha256::digest(text.as_bytes()).iter().take(bytes).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
