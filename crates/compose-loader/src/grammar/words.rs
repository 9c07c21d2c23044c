//! Division of a command line into words. As in compose-go and unlike in a shell, `;`, `&`, `|`, `<` and `>` outside of
//! quotes end the command silently.

use std::ops::Range;

/// A word of a command line.
#[derive(Debug, PartialEq, Eq)]
pub struct Word {
    /// The text, without quotes.
    pub text: String,
    /// The position in the line. Without the quotes, where the word is one quoted text.
    pub at: Range<usize>,
}

impl Word {
    fn new(line: &str, at: Range<usize>, text: String) -> Self {
        let within = at.start + 1..at.end.saturating_sub(1);
        let at = if line.get(within.clone()) == Some(&text) { within } else { at };
        Self { text, at }
    }
}

/// Splits a command line into its words.
///
/// # Errors
/// Returns the position of a quote or a bracket that is not closed.
pub fn split(line: &str) -> Result<Vec<Word>, usize> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut started = false;
    // The start of the word, and the last opening quote or bracket.
    let (mut from, mut opened, mut end) = (None, 0, line.len());
    let (mut escaped, mut double, mut single, mut back, mut dollar) = (false, false, false, false, false);
    let mut next = 0;
    while let Some(c) = line[next..].chars().next() {
        let index = next;
        let plain = if escaped { 0 } else { plain(&line[index..]) };
        if plain > 0 {
            next += plain;
            from.get_or_insert(index);
            word.push_str(&line[index..next]);
            started = true;
            continue;
        }
        next += c.len_utf8();
        if !matches!(c, ' ' | '\t' | '\r' | '\n') && from.is_none() {
            from = Some(index);
        }
        if escaped {
            word.push(c);
            escaped = false;
            started = true;
            continue;
        }
        if c == '\\' {
            if single {
                word.push(c);
            } else {
                escaped = true;
                opened = index;
            }
            continue;
        }
        if matches!(c, ' ' | '\t' | '\r' | '\n') {
            if single || double || back || dollar {
                word.push(c);
            } else if started {
                words.push(Word::new(line, from.unwrap_or(0)..index, std::mem::take(&mut word)));
                started = false;
            }
            if !(single || double || back || dollar) {
                from = None;
            }
            continue;
        }
        match c {
            '`' if !single && !double && !dollar => {
                opened = index;
                back = !back;
            }
            ')' if !single && !double && !back => dollar = !dollar,
            '(' if !single && !double && !back => {
                if dollar || !word.ends_with('$') {
                    return Err(index);
                }
                opened = index;
                dollar = true;
                word.push('(');
                continue;
            }
            '"' if !single && !dollar => {
                started |= double;
                opened = index;
                double = !double;
                continue;
            }
            '\'' if !double && !dollar => {
                started |= single;
                opened = index;
                single = !single;
                continue;
            }
            ';' | '&' | '|' | '<' | '>' if !(single || double || back || dollar) => {
                if c == '>' && word.starts_with(|first: char| first.is_ascii_digit()) {
                    started = false;
                }
                end = index;
                break;
            }
            _ => {}
        }
        started = true;
        word.push(c);
    }
    if started {
        words.push(Word::new(line, from.unwrap_or(0)..end, word));
    }
    if escaped || single || double || back || dollar {
        return Err(opened);
    }
    Ok(words)
}

/// Returns the number of leading bytes without a special meaning.
fn plain(text: &str) -> usize {
    let is_special = |byte| {
        matches!(
            byte,
            b' ' | b'\t'
                | b'\r'
                | b'\n'
                | b'\\'
                | b'`'
                | b'('
                | b')'
                | b'"'
                | b'\''
                | b';'
                | b'&'
                | b'|'
                | b'<'
                | b'>'
        )
    };
    text.bytes().position(is_special).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn command_lines_are_split_into_words() {
        for (line, words) in [
            ("a b\tc", vec!["a", "b", "c"]),
            ("echo a && echo b", vec!["echo", "a"]),
            ("sh -c 'a \"b\"' \"c d\" ''", vec!["sh", "-c", "a \"b\"", "c d", ""]),
            ("a\\ b # c", vec!["a b", "#", "c"]),
            ("echo $(a b) `c d`", vec!["echo", "$(a b)", "`c d`"]),
            ("a 2>b", vec!["a"]),
            ("", vec![]),
        ] {
            let found = split(line).map(|found| found.into_iter().map(|word| word.text).collect());
            assert_eq!(found, Ok(words.into_iter().map(str::to_owned).collect::<Vec<_>>()), "{line}");
        }
        for (line, at) in [("a 'b", 2), ("a 'b' \"c", 6), ("(a)", 0), ("a\\", 1), ("a $(b", 3), ("a `b", 2)] {
            assert_eq!(split(line), Err(at), "{line}");
        }
    }

    #[test]
    fn words_have_their_positions() {
        for (line, parts) in [
            ("a  bc\td", vec!["a", "bc", "d"]),
            ("sh -c 'a b'", vec!["sh", "-c", "a b"]),
            ("a'b'c d;e", vec!["a'b'c", "d"]),
            ("'' $(a b)", vec!["", "$(a b)"]),
        ] {
            let found: Vec<&str> = split(line).unwrap().into_iter().map(|word| &line[word.at]).collect();
            assert_eq!(found, parts, "{line}");
        }
    }
}
