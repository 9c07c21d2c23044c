//! Texts for a POSIX shell: quoting, and the commands of a script.

/// Returns the reference to a variable for a place between `before` and `after`, quoted so that the value is one word
/// in any quotes that are open at that place.
///
/// The reference has no braces, since the `postBuild.substitute` of Flux replaces each `${NAME}`.
pub fn variable(before: &str, name: &str, after: &str) -> String {
    match open_quote(before) {
        Some('\'') => format!("'\"${name}\"'"),
        // An empty quoted text ends the name of the variable.
        Some(_) if after.starts_with(is_of_name) => format!("${name}\"\""),
        Some(_) => format!("${name}"),
        None => format!("\"${name}\""),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the quote that is open at the end of a text.
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

/// Quotes a word if a shell would not read it as it is.
pub fn quoted(word: &str) -> String {
    // A first word with `=` is an assignment, so `=` is quoted.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Reports whether a shell can read a variable of this name.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_of_name)
}

/// A simple command of a script.
#[derive(Debug, PartialEq)]
pub struct Command {
    /// The words, without their quotes.
    pub words: Vec<String>,
    /// Whether the command starts when the command before has ended. False after `|` and `||`.
    pub is_next: bool,
}

/// Returns the simple commands of a script in order. The commands of a `$(…)` come before the command that contains it.
/// Returns none if a command runs in the background, or if the script has syntax that this function does not support.
pub fn commands(script: &str) -> Option<Vec<Command>> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let (mut quote, mut is_next, mut before) = (None, true, '\n');
    let mut rest = script.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        let separates = match (quote, c) {
            (Some('\''), c) if c != '\'' => {
                word.get_or_insert_default().push(c);
                false
            }
            (_, '\\') => {
                if let Some(c) = rest.next().filter(|c| *c != '\n') {
                    word.get_or_insert_default().push(c);
                }
                false
            }
            (_, '`') => return None,
            (_, '$') if next == Some('(') => {
                rest.next();
                let mut depth = 1_u32;
                let mut inner = String::new();
                for c in rest.by_ref() {
                    depth = if c == '(' { depth + 1 } else { depth - u32::from(c == ')') };
                    if depth == 0 {
                        break;
                    }
                    inner.push(c);
                }
                // `$((…))` is an arithmetic expression.
                if depth > 0 || inner.starts_with('(') {
                    return None;
                }
                found.extend(commands(&inner)?);
                word.get_or_insert_default().push('$');
                false
            }
            (Some(open), c) => {
                let text = word.get_or_insert_default();
                if c == open {
                    quote = None;
                } else {
                    text.push(c);
                }
                false
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
                false
            }
            (None, '#') if word.is_none() => {
                while rest.next_if(|c| *c != '\n').is_some() {}
                false
            }
            (None, '<') if next == Some('<') => return None,
            (None, '&') if before == '>' || next == Some('>') => {
                word.get_or_insert_default().push(c);
                false
            }
            (None, '&') if next != Some('&') => return None,
            (None, '\n' | ';' | '&' | '|' | '(' | ')') => true,
            (None, c) if c.is_whitespace() => {
                words.extend(word.take());
                false
            }
            (None, c) => {
                word.get_or_insert_default().push(c);
                false
            }
        };
        if separates {
            words.extend(word.take());
            if !words.is_empty() {
                found.push(Command { words: std::mem::take(&mut words), is_next });
            }
            is_next = c != '|';
            if matches!(c, '&' | '|') && next == Some(c) {
                rest.next();
            }
        }
        before = c;
    }
    words.extend(word);
    if !words.is_empty() {
        found.push(Command { words, is_next });
    }
    quote.is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::{commands, quoted, variable};

    /// Returns the words joined by `,`, and the commands by ` ; ` if they run in sequence, else by ` | `.
    fn read(script: &str) -> Option<String> {
        let mut shown = String::new();
        for command in commands(script)? {
            let sign = if command.is_next { " ; " } else { " | " };
            shown += if shown.is_empty() { "" } else { sign };
            shown += &command.words.join(",");
        }
        Some(shown)
    }

    #[test]
    fn only_a_simple_script_is_read_as_commands() {
        for (script, wanted) in [
            ("a b;c\nd && e", Some("a,b ; c ; d ; e")),
            ("a | b || c", Some("a | b | c")),
            ("a 'b; c' \"d && e\" f\\;g", Some("a,b; c,d && e,f;g")),
            ("a \\\n  b # c; d\ne", Some("a,b ; e")),
            ("a > /b 2>&1; c &> /d", Some("a,>,/b,2>&1 ; c,&>,/d")),
            ("(a; b)\n;\n", Some("a ; b")),
            ("a x$(b | c)y 'z$(d)'", Some("b | c ; a,x$y,z$(d)")),
            ("a ''", Some("a,")),
            ("a#b", Some("a#b")),
            ("", Some("")),
            ("a & b", None),
            ("a 'b", None),
            ("a `b`", None),
            ("a $((1 + 2))", None),
            ("a $(b", None),
            ("cat <<E\nb\nE", None),
        ] {
            assert_eq!(read(script).as_deref(), wanted, "{script}");
        }
    }

    #[test]
    fn a_variable_is_one_word_in_any_quotes() {
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
    fn a_word_is_quoted_only_if_needed() {
        assert_eq!(quoted("a-b"), "a-b");
        assert_eq!(quoted("a=b"), "'a=b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
