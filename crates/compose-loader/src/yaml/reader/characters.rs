//! Classes of bytes.
//!
//! One table has the classes of each byte. U+0085, U+2028 and U+2029 are line breaks in go-yaml: their first bytes need a
//! second check.

const BLANK: u8 = 1;
/// A line break, the end of the text, or the first byte of a possible line break.
const BREAK: u8 = 2;
/// A byte that can end a plain scalar.
const PLAIN: u8 = 4;
/// A byte that can end a plain scalar in brackets.
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

/// Reports whether a byte can be a line break or the end of the text. `Reader::break_length` is exact.
pub fn is_break(byte: u8) -> bool {
    is(byte, BREAK)
}

pub fn may_end_plain(byte: u8, in_brackets: bool) -> bool {
    is(byte, if in_brackets { FLOW } else { PLAIN })
}

pub fn is_anchor(byte: u8) -> bool {
    is(byte, ANCHOR)
}

/// Reports whether a byte is a letter, a digit, `_` or `-`.
pub fn is_word(byte: u8) -> bool {
    is(byte, WORD)
}

/// Reports whether a byte is allowed in a tag. Between `<` and `>`, brackets and commas are allowed too.
pub fn is_uri(byte: u8, in_angles: bool) -> bool {
    is(byte, URI) || in_angles && matches!(byte, b',' | b'[' | b']' | b'{' | b'}')
}
