//! Texts that a POSIX shell reads.

/// A variable as it is written between the given beginning and end of a text, so that its value is one word,
/// whatever quotes are open there.
///
/// Without braces, since Flux puts variables of its own into each `${NAME}` that it applies.
pub fn variable(before: &str, name: &str, after: &str) -> String {
    match open_quote(before) {
        Some('\'') => format!("'\"${name}\"'"),
        // Quotes that close and open again end the name.
        Some(_) if after.starts_with(is_of_name) => format!("${name}\"\""),
        Some(_) => format!("${name}"),
        None => format!("\"${name}\""),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The quote that is open at the end of a text.
fn open_quote(text: &str) -> Option<char> {
    let mut open = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (open, c) {
            (None | Some('"'), '\\') => {
                rest.next();
            }
            (None, '\'' | '"') => open = Some(c),
            (Some(quote), c) if c == quote => open = None,
            _ => {}
        }
    }
    open
}

/// A word that the shell leaves as it is.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Whether a shell can read a variable of this name.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::{quoted, variable};

    #[test]
    fn a_variable_is_one_word_within_any_quotes() {
        for (before, after, wanted) in [
            ("cli -a ", "", "\"$P\""),
            ("cli -a ", "x", "\"$P\""),
            ("cli -a \"x", "\"", "$P"),
            ("cli -a \"x", "-y\"", "$P"),
            ("cli -a \"", "y\"", "$P\"\""),
            ("cli -a \"", "_y\"", "$P\"\""),
            ("cli -a \"", "2\"", "$P\"\""),
            ("cli -a 'x", "y'", "'\"$P\"'"),
            ("echo \\\" ", "y", "\"$P\""),
        ] {
            assert_eq!(variable(before, "P", after), wanted, "{before}…{after}");
        }
    }

    #[test]
    fn a_word_is_quoted_where_it_must_be() {
        assert_eq!(quoted("a-b"), "a-b");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
