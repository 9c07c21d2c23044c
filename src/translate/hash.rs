//! Hashes that stand in names, labels and annotations.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The first ten hexadecimal digits of the SHA-256 of `text`: short enough for names, and 40 bits
/// are ample within a namespace.
pub fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(5).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
