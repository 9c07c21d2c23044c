//! Texts that a POSIX shell reads.

/// A variable as it is written after the given beginning of a text, so that its value is one word, whatever
/// quotes are open there.
pub fn variable(before: &str, name: &str) -> String {
    match open_quote(before) {
        Some('\'') => format!("'\"${{{name}}}\"'"),
        Some(_) => format!("${{{name}}}"),
        None => format!("\"${{{name}}}\""),
    }
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
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{quoted, variable};

    #[test]
    fn a_variable_is_one_word_within_any_quotes() {
        assert_eq!(variable("cli -a ", "P"), "\"${P}\"");
        assert_eq!(variable("cli -a \"x", "P"), "${P}");
        assert_eq!(variable("cli -a 'x", "P"), "'\"${P}\"'");
        assert_eq!(variable("echo \\\" ", "P"), "\"${P}\"");
    }

    #[test]
    fn a_word_is_quoted_where_it_must_be() {
        assert_eq!(quoted("a-b"), "a-b");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
