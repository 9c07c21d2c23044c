//! Decoding of files in UTF-8 and UTF-16.

use crate::files::MAX_FILE;

/// The text of a file and its encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, with a byte order mark if the file has one.
    pub text: String,
    /// The encoding of the file.
    pub encoding: Encoding,
}

/// The encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with invalid bytes, which became U+FFFD as in compose-go. The value is the offset of the first one.
    Broken(usize),
    /// UTF-16 with a byte order mark. go-yaml reads Compose files in UTF-16, and Docker Compose rejects such env files.
    Utf16,
}

/// Decodes the bytes of a file.
///
/// # Errors
/// Returns the line that is invalid, where UTF-16 is invalid, or where the replaced bytes make the text larger than
/// [`MAX_FILE`].
pub fn decode(bytes: Vec<u8>) -> Result<Decoded, String> {
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => return utf16(&bytes, u16::from_le_bytes),
        [0xfe, 0xff, ..] => return utf16(&bytes, u16::from_be_bytes),
        _ => {}
    }
    let (first, bytes) = match String::from_utf8(bytes) {
        Ok(text) => return Ok(Decoded { text, encoding: Encoding::Utf8 }),
        Err(error) => (error.utf8_error().valid_up_to(), error.into_bytes()),
    };
    let replaced = |invalid: &[u8]| invalid.len() * char::REPLACEMENT_CHARACTER.len_utf8();
    let length = bytes.utf8_chunks().map(|chunk| chunk.valid().len() + replaced(chunk.invalid())).sum();
    if length as u64 > MAX_FILE {
        return Err(not_utf8(&bytes, first));
    }
    let mut text = String::with_capacity(length);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(Decoded { text, encoding: Encoding::Broken(first) })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Decoded, String> {
    let (pairs, rest) = bytes.as_chunks();
    let mut text = String::with_capacity(bytes.len() / 2);
    let invalid = |text: &str| {
        let line = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
        format!("line {line} is not valid UTF-16")
    };
    for c in char::decode_utf16(pairs.iter().copied().map(unit)) {
        text.push(c.map_err(|_| invalid(&text))?);
        if text.len() as u64 > MAX_FILE {
            return Err(format!("the text is larger than {} MiB in UTF-8", MAX_FILE >> 20));
        }
    }
    if rest.is_empty() { Ok(Decoded { text, encoding: Encoding::Utf16 }) } else { Err(invalid(&text)) }
}

/// Returns the message about the line with invalid UTF-8 at an offset.
pub fn not_utf8(bytes: &[u8], at: usize) -> String {
    let lines = bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    format!("line {} is not valid UTF-8", lines + 1)
}

#[cfg(test)]
mod tests {
    use super::{Encoding, decode};

    /// Encodes a text in UTF-16 with the byte order of `bytes`.
    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn utf_16_with_a_byte_order_mark_is_read() {
        for text in ["\u{feff}", "\u{feff}a: \"grüß 😀\"\r\n", "\u{feff}\u{feff}x"] {
            for bytes in [utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes)] {
                let decoded = decode(bytes).unwrap();
                assert_eq!((decoded.text.as_str(), decoded.encoding), (text, Encoding::Utf16));
            }
        }
    }

    #[test]
    fn invalid_utf_16_is_rejected_and_invalid_utf_8_replaced() {
        let whole = utf16("\u{feff}a\nb", u16::to_le_bytes);
        let half = [&whole[..], b"x"].concat();
        let lone = [&whole[..], &[0x00, 0xd8, b'x', 0]].concat();
        let low = [&whole[..], &[0x00, 0xdc]].concat();
        for bytes in [half, lone, low] {
            assert_eq!(decode(bytes).unwrap_err(), "line 2 is not valid UTF-16");
        }
        let broken = decode(b"a\xffb".to_vec()).unwrap();
        assert_eq!((broken.text.as_str(), broken.encoding), ("a\u{fffd}b", Encoding::Broken(1)));
        // Without a byte order mark, the file is UTF-8 with NUL characters, which no Compose file has.
        let bare = decode(utf16("a: b", u16::to_le_bytes)).unwrap();
        assert_eq!((bare.text.as_str(), bare.encoding), ("a\0:\0 \0b\0", Encoding::Utf8));
    }
}
