//! Command lines: the words of a line, each in quotes, are the same words.
#![no_main]

use compose_loader::internals::grammar::words::split;
use libfuzzer_sys::fuzz_target;
use stackwright_fuzz::{bounded, check_range};

fuzz_target!(|line: &str| {
    bounded(1 << 12, 256, line.len(), || {
        let words = match split(line) {
            Ok(words) => words,
            Err(at) => return check_range(&(at..at), line),
        };
        words.iter().for_each(|word| check_range(&word.at, line));
        let texts: Vec<String> = words.into_iter().map(|word| word.text).collect();
        let length: usize = texts.iter().map(String::len).sum();
        assert!(length <= line.len(), "words longer than their line: {texts:?}");
        let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
        let again = split(&quoted.join(" "));
        assert_eq!(again.map(|words| words.into_iter().map(|word| word.text).collect()), Ok(texts));
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
