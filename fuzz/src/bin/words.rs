//! Command lines: the words of a line, each in quotes, are the same words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackwright::compose::grammar::words::split;
use stackwright_fuzz::bounded;

fuzz_target!(|line: &str| {
    bounded(1 << 12, 256, line.len(), || {
        let Ok(words) = split(line) else { return };
        let length: usize = words.iter().map(String::len).sum();
        assert!(length <= line.len(), "words longer than their line: {words:?}");
        let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
        assert_eq!(split(&quoted.join(" ")), Ok(words));
    });
});

/// A word in double quotes, where a backslash keeps any character.
fn quote(word: &str) -> String {
    let mut quoted = String::from('"');
    for c in word.chars() {
        if matches!(c, '"' | '\\' | '`' | '$' | '(' | ')') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted + "\""
}
