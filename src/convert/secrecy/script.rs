//! The words of a shell command with their positions.

use std::ops::Range;

/// A token of a shell command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word, without quotes around the whole word.
    Word(Range<usize>),
    /// The end of a command.
    End,
}

/// The deepest nesting of commands in commands.
const DEEPEST: usize = 8;

/// Returns the words and the ends of commands of a text. The commands in `$(…)` follow the word that contains them.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut inner = vec![(0..text.len(), 0)];
    while let Some((range, depth)) = inner.pop() {
        let mut within = Vec::new();
        commands(text, range, &mut found, &mut within);
        found.push(Token::End);
        if depth < DEEPEST {
            inner.extend(within.into_iter().map(|range| (range, depth + 1)));
        }
    }
    found
}

fn commands(text: &str, range: Range<usize>, found: &mut Vec<Token>, within: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = range.start;
    while at < range.end {
        match bytes[at] {
            b' ' | b'\t' | b'\r' => at += 1,
            b'\n' | b';' | b'|' | b'&' | b'(' | b')' => {
                found.push(Token::End);
                at += 1;
            }
            _ => {
                let end = word_end(bytes, at, range.end, within);
                found.extend(unquoted(text, at..end).map(Token::Word));
                at = end.max(at + 1);
            }
        }
    }
}

/// Returns the end of the word at a position. Records the commands in the word.
fn word_end(bytes: &[u8], start: usize, limit: usize, within: &mut Vec<Range<usize>>) -> usize {
    let mut at = start;
    let mut quote = None;
    while at < limit {
        match (quote, bytes[at]) {
            (Some(b'\''), b'\'') => quote = None,
            (Some(b'\''), _) => {}
            (_, b'\\') => at += 1,
            (_, b'$') if at + 1 < limit && bytes[at + 1] == b'(' => {
                let end = closing(bytes, at + 2, limit);
                within.push(at + 2..end);
                at = end;
            }
            (_, b'`') => {
                let end = (at + 1..limit).find(|&end| bytes[end] == b'`').unwrap_or(limit);
                within.push(at + 1..end);
                at = end;
            }
            (Some(b'"'), b'"') => quote = None,
            (None, b'"' | b'\'') => quote = Some(bytes[at]),
            (None, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'(' | b')') => break,
            _ => {}
        }
        at += 1;
    }
    at.min(limit)
}

/// Returns the position of the closing parenthesis.
fn closing(bytes: &[u8], start: usize, limit: usize) -> usize {
    let mut open = 1;
    for (at, byte) in bytes.iter().enumerate().take(limit).skip(start) {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at;
        }
    }
    limit
}

/// Returns a word without quotes around the whole word. Returns none if the shell does not read the word as written.
fn unquoted(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let word = text.get(range.clone())?;
    for quote in ['"', '\''] {
        let inner = word.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return Some(range.start + 1..range.start + 1 + inner.len());
        }
    }
    Some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let words = tokens(text).into_iter().map(|token| match token {
            Token::Word(range) => &text[range],
            Token::End => "|",
        });
        words.collect()
    }

    #[test]
    fn words_have_positions_and_commands_have_ends() {
        assert_eq!(words("a -b 'c d' && e"), ["a", "-b", "c d", "|", "|", "e", "|"]);
        assert_eq!(words("x=\"$(cli -a p)\" z"), ["x=\"$(cli -a p)\"", "z", "|", "cli", "-a", "p", "|"]);
        assert_eq!(
            words("[ `cli -a p` = b ]"),
            ["[", "`cli -a p`", "=", "b", "]", "|", "cli", "-a", "p", "|"]
        );
        assert_eq!(words("a 'it"), ["a", "'it", "|"]);
        assert_eq!(words(""), ["|"]);
    }
}
