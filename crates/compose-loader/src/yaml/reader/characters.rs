//! Which bytes end what.
//!
//! One table answers for each byte; the bytes that begin U+0085, U+2028 and U+2029, which are line breaks to
//! go-yaml, are looked at more closely where they are met.

use super::Reader;

const BLANK: u8 = 1;
/// A line break, the end of the text, or the first byte of what may be a line break.
const BREAK: u8 = 2;
/// What may end a plain text.
const PLAIN: u8 = 4;
/// What may end one within brackets.
const FLOW: u8 = 8;
const ANCHOR: u8 = 16;
const WORD: u8 = 32;
const URI: u8 = 64;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = class(byte as u8);
        byte += 1;
    }
    classes
}

const fn class(byte: u8) -> u8 {
    let mut class = match byte {
        b' ' | b'\t' => BLANK | PLAIN | FLOW,
        b'\n' | b'\r' | 0 | 0xc2 | 0xe2 => BREAK | PLAIN | FLOW,
        b':' => PLAIN | FLOW,
        b',' | b'?' | b'[' | b']' | b'{' | b'}' => FLOW,
        _ => 0,
    };
    if matches!(byte, b'!'..=b'~') && !matches!(byte, b',' | b'[' | b']' | b'{' | b'}' | b':') {
        class |= ANCHOR;
    }
    if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
        class |= WORD | URI;
    }
    if matches!(
        byte,
        b';' | b'/'
            | b'?'
            | b':'
            | b'@'
            | b'&'
            | b'='
            | b'+'
            | b'$'
            | b'.'
            | b'!'
            | b'~'
            | b'*'
            | b'\''
            | b'('
            | b')'
            | b'%'
    ) {
        class |= URI;
    }
    class
}

fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

pub fn is_blank(byte: u8) -> bool {
    is(byte, BLANK)
}

/// Whether a line break, or the end of the text, may be there; [`Reader::break_length`] tells for sure.
pub fn is_break(byte: u8) -> bool {
    is(byte, BREAK)
}

pub fn may_end_plain(byte: u8, in_brackets: bool) -> bool {
    is(byte, if in_brackets { FLOW } else { PLAIN })
}

pub fn is_anchor(byte: u8) -> bool {
    is(byte, ANCHOR)
}

/// A letter, a digit, `_` or `-`.
pub fn is_word(byte: u8) -> bool {
    is(byte, WORD)
}

/// What may stand in a tag; within `<` and `>`, brackets and commas may, too.
pub fn is_uri(byte: u8, in_angles: bool) -> bool {
    is(byte, URI) || in_angles && matches!(byte, b',' | b'[' | b']' | b'{' | b'}')
}

impl Reader<'_> {
    /// The bytes of the line break there; 0 where none is.
    pub(super) fn break_length(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\n' => 1,
            b'\r' => 1 + usize::from(self.byte(at + 1) == b'\n'),
            0xc2 if self.byte(at + 1) == 0x85 => 2,
            0xe2 if self.byte(at + 1) == 0x80 && matches!(self.byte(at + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    /// Adds what a stretch of blanks and line breaks between two words stands for: a space for one line break, a
    /// line break for each further one.
    pub(super) fn fold(&self, text: &mut String, from: usize, to: usize) {
        // So it is almost always.
        if self.byte(from) == b'\n' && self.text.as_bytes()[from + 1..to].iter().all(|byte| is_blank(*byte)) {
            text.push(' ');
            return;
        }
        let mut breaks = (from..to).filter_map(|at| self.break_text(at)).peekable();
        match (breaks.next(), breaks.peek()) {
            (Some("\n"), None) => text.push(' '),
            (Some("\n"), Some(_)) => {}
            (first, _) => text.extend(first),
        }
        text.extend(breaks);
    }

    /// What the line break that ends there stands for: U+2028 and U+2029 for themselves, others for a newline.
    pub(super) fn break_text(&self, at: usize) -> Option<&'static str> {
        // The newline of a carriage return and newline is told by the former.
        if self.byte(at) == b'\n' && at > 0 && self.byte(at - 1) == b'\r' {
            return None;
        }
        match (self.break_length(at), self.byte(at + 2)) {
            (0, _) => None,
            (3, 0xa8) => Some("\u{2028}"),
            (3, _) => Some("\u{2029}"),
            _ => Some("\n"),
        }
    }
}
