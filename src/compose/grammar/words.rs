//! A command line cut into words, as the reference cuts it, which is not how a shell does: reading stops
//! without a word at `;`, `&`, `|`, `<` and `>` outside of quotes.

/// The words of a command line.
///
/// # Errors
/// Where a quote or a bracket is left open.
pub fn split(line: &str) -> Result<Vec<String>, &'static str> {
    const INVALID: &str = "invalid command line string";
    let mut words = Vec::new();
    let mut word = String::new();
    let mut started = false;
    let (mut escaped, mut double, mut single, mut back, mut dollar) = (false, false, false, false, false);
    for c in line.chars() {
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
            }
            continue;
        }
        if matches!(c, ' ' | '\t' | '\r' | '\n') {
            if single || double || back || dollar {
                word.push(c);
            } else if started {
                words.push(std::mem::take(&mut word));
                started = false;
            }
            continue;
        }
        match c {
            '`' if !single && !double && !dollar => back = !back,
            ')' if !single && !double && !back => dollar = !dollar,
            '(' if !single && !double && !back => {
                if dollar || !word.ends_with('$') {
                    return Err(INVALID);
                }
                dollar = true;
                word.push('(');
                continue;
            }
            '"' if !single && !dollar => {
                started |= double;
                double = !double;
                continue;
            }
            '\'' if !double && !dollar => {
                started |= single;
                single = !single;
                continue;
            }
            ';' | '&' | '|' | '<' | '>' if !(single || double || back || dollar) => {
                if c == '>' && word.starts_with(|first: char| first.is_ascii_digit()) {
                    started = false;
                }
                break;
            }
            _ => {}
        }
        started = true;
        word.push(c);
    }
    if started {
        words.push(word);
    }
    if escaped || single || double || back || dollar {
        return Err(INVALID);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words() {
        for (line, words) in [
            ("a b\tc", vec!["a", "b", "c"]),
            ("echo a && echo b", vec!["echo", "a"]),
            ("sh -c 'a \"b\"' \"c d\" ''", vec!["sh", "-c", "a \"b\"", "c d", ""]),
            ("a\\ b # c", vec!["a b", "#", "c"]),
            ("echo $(a b) `c d`", vec!["echo", "$(a b)", "`c d`"]),
            ("a 2>b", vec!["a"]),
            ("", vec![]),
        ] {
            assert_eq!(split(line), Ok(words.into_iter().map(str::to_owned).collect()), "{line}");
        }
        for line in ["a 'b", "a \"b", "(a)", "a\\"] {
            assert!(split(line).is_err(), "{line}");
        }
    }
}
