//! A fast filter for lines that can show a secret, since the full search takes many steps and most lines of a large
//! file contain none.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{names, programs};

/// The texts of which a line with a secret contains one, besides secret names: an address, a login or SQL.
const FORMS: [&str; 5] = ["//", "@tcp(", "@unix(", "auth", "identified by"];

static SIGNS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let signs: Vec<&str> = names::words().chain(programs::names()).chain(FORMS).collect();
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        // One step for each byte, also in a build without optimization.
        .kind(Some(AhoCorasickKind::DFA))
        .build(signs)
        .ok()
});

/// Reports whether a line can show a secret.
pub fn has_sign(line: &str) -> bool {
    SIGNS.as_ref().is_none_or(|signs| signs.is_match(line))
}

/// Returns the lines of a text that can show a secret.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let found = match SIGNS.as_ref() {
            Some(signs) => signs.find(rest)?.start(),
            None if rest.is_empty() => return None,
            None => 0,
        };
        let start = rest[..found].rfind('\n').map_or(0, |newline| newline + 1);
        let end = rest[found..].find('\n').map_or(rest.len(), |newline| found + newline);
        let line = &rest[start..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line.strip_suffix('\r').unwrap_or(line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_a_sign_of_a_secret_are_found_in_order() {
        let text =
            "a: b\nPASSWORD: x\r\n\n  c: d\nurl: redis://h\ncommand: redis-cli ping\ne: f\nlast: Api-Key";
        assert_eq!(
            lines(text).collect::<Vec<_>>(),
            ["PASSWORD: x", "url: redis://h", "command: redis-cli ping", "last: Api-Key"]
        );
        assert_eq!(lines("").count() + lines("\n\n").count() + lines("a: b").count(), 0);
    }
}
