//! Hashes in names, labels and annotations.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Returns the first ten hexadecimal digits of the SHA-256 of `text`. Use it only where a collision gives no advantage to an
/// attacker.
pub fn short_hash(text: &str) -> String {
    leading_bytes(text, 5)
}

/// Returns the first 32 hexadecimal digits of the SHA-256 of `text`. A second text with the same hash cannot be found.
pub fn long_hash(text: &str) -> String {
    leading_bytes(text, 16)
}

/// Returns the first bytes of the SHA-256 of `text` in hexadecimal digits.
pub fn leading_bytes(text: &str, bytes: usize) -> String {
    Sha256::digest(text.as_bytes()).iter().take(bytes).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
