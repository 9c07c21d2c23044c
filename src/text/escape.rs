//! Escaping of texts in which Kubernetes expands `$(NAME)`: commands, arguments, values and probes.

/// Escapes a text, so that Kubernetes expands nothing in it. It doubles the dollar sign of `$(` and `$$`, and a dollar sign
/// at the end if a variable follows.
pub(crate) fn escaped(text: &str, variable_follows: bool) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        made.push(c);
        let doubled = match rest.peek() {
            Some('$' | '(') => true,
            Some(_) => false,
            None => variable_follows,
        };
        if c == '$' && doubled {
            made.push('$');
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn kubernetes_reads_back_what_was_written() {
        for (text, written) in
            [("$(date)", "$$(date)"), ("$$", "$$$"), ("$HOME ${X} $", "$HOME ${X} $"), ("$$(x)", "$$$$(x)")]
        {
            assert_eq!(escaped(text, false), written, "{text}");
            assert_eq!(read(written), text);
        }
        assert_eq!(escaped("a$", true), "a$$");
    }

    /// As Kubernetes' `third_party/forked/golang/expansion` reads a text without variables.
    fn read(text: &str) -> String {
        let mut made = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            made.push(c);
            if c == '$' && rest.peek() == Some(&'$') {
                rest.next();
            }
        }
        made
    }
}
