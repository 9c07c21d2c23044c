//! Parser of `.env`, `env_file` and `label_file`.

use std::sync::Arc;

use crate::clip::quoted;
use crate::diagnostic::Diagnostic;
use crate::environment::{Budget, Environment, Variable};
use crate::rules::{self, Rule};
use crate::source::Place;
use crate::substitute::{Failure, substitute};
use crate::tree::Origin;

/// The text of an env file and the number of the file in the sources.
#[derive(Clone, Copy)]
pub struct EnvText<'a> {
    /// The text.
    pub text: &'a str,
    /// The number of the file.
    pub file: u32,
}

/// Looks up a variable outside of an env file. It precedes variables of earlier lines of the file.
pub type Outer<'a> = &'a dyn Fn(&str) -> Option<Variable>;

/// Reads an env file into `vars`, and returns warnings.
///
/// # Errors
/// Returns the first syntax error.
pub fn read(
    source: EnvText<'_>,
    vars: &mut Environment,
    outer: Outer<'_>,
    budget: &Budget,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let mut reader = Reader { source, at: mark(source.text), outer, budget, warnings: Vec::new() };
    while reader.skip_to_statement() {
        if !budget.variable() {
            return Err(too_many_variables(place(source, reader.at, reader.at)));
        }
        reader.statement(vars)?;
    }
    Ok(reader.warnings)
}

/// The reason to reject an env file in UTF-16, which compose-go does not read.
pub const UTF16: &str = "the file is UTF-16, and Docker Compose reads env files only in UTF-8";

/// Returns the warning about bytes that are not UTF-8.
#[must_use]
pub fn not_utf8(file: u32, at: usize) -> Diagnostic {
    let place = Place::of(file, at..at.saturating_add(3));
    Diagnostic::new(&rules::REPLACED_BYTES, place, "bytes that are not UTF-8 become U+FFFD")
}

fn too_many_variables(place: Place) -> Diagnostic {
    Diagnostic::new(
        &rules::TOO_MANY_VARIABLES,
        place,
        "the env files of the project set more than 100000 variables",
    )
}

/// Reads an env file of `format: raw`, whose values have no quotes and no variables.
///
/// # Errors
/// Returns an error for a line without a name, for a space in a name, and for too many variables in one load.
pub fn read_raw(
    source: EnvText<'_>,
    vars: &mut Environment,
    outer: Outer<'_>,
    budget: &Budget,
) -> Result<(), Diagnostic> {
    let mut at = mark(source.text);
    for line in source.text[at..].split_inclusive('\n') {
        let end = at + line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let start = at + line.len() - line.trim_start().len();
        at = end;
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').map_or((line, None), |(name, value)| (name, Some(value)));
        if name.is_empty() || name.contains([' ', '\t']) {
            let place = place(source, start, start + line.len());
            let message = if name.is_empty() {
                "the name before `=` is missing".to_owned()
            } else {
                format!("the name `{name}` contains a space")
            };
            return Err(Diagnostic::new(&rules::ENV_FILE_SYNTAX, place, message)
                .remedy("write one `NAME=value` on each line, without spaces around the name"));
        }
        if !budget.variable() {
            return Err(too_many_variables(place(source, start, start + name.len())));
        }
        match value {
            Some(value) => vars.set(name, value, Origin::File(place(source, start, start + name.len()))),
            None => {
                if let Some(variable) = outer(name) {
                    vars.set(name, variable.value, variable.origin);
                }
            }
        }
    }
    Ok(())
}

/// Returns the length of the byte order mark at the start of a text.
fn mark(text: &str) -> usize {
    text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len()
}

struct Reader<'a> {
    source: EnvText<'a>,
    at: usize,
    outer: Outer<'a>,
    budget: &'a Budget,
    warnings: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.source.text.get(self.at..).unwrap_or_default()
    }

    /// Skips white space and comments. Returns false at the end of the text.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            if rest.is_empty() {
                return false;
            }
            if !rest.starts_with('#') {
                return true;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn statement(&mut self, vars: &mut Environment) -> Result<(), Diagnostic> {
        self.export();
        let start = self.at;
        let (key, inherited) = self.key()?;
        if key.contains(' ') {
            return Err(self.error(
                &rules::ENV_FILE_SYNTAX,
                start,
                format!("the key `{key}` contains a space"),
            ));
        }
        if inherited {
            if let Some(variable) = (self.outer)(key) {
                vars.set(key, variable.value, variable.origin);
            }
            return Ok(());
        }
        let value = self.value(vars)?;
        let origin = Origin::File(place(self.source, start, start + key.len()));
        vars.set(key, value, origin);
        Ok(())
    }

    /// Skips the word `export`.
    fn export(&mut self) {
        if let Some(after) = self.rest().strip_prefix("export")
            && after.starts_with(|c: char| c.is_ascii_whitespace())
        {
            self.at += "export".len() + (after.len() - after.trim_start_matches(blank).len());
        }
    }

    /// Reads a key. Returns true where the line has no value, which comes from the outer environment.
    fn key(&mut self) -> Result<(&'a str, bool), Diagnostic> {
        let rest = self.rest();
        if rest.is_empty() {
            return Err(self
                .error(&rules::ENV_FILE_SYNTAX, self.at, "a name after `export` is missing".to_owned())
                .remedy("write `export NAME=value`, or remove the line"));
        }
        let mut end = None;
        for (index, c) in rest.char_indices() {
            match c {
                '=' | ':' | '\n' => {
                    end = Some((index, c));
                    break;
                }
                '_' | '.' | '-' | '[' | ']' => {}
                c if blank(c) || c.is_alphabetic() || c.is_numeric() => {}
                c => {
                    let line = rest.split('\n').next().unwrap_or_default();
                    return Err(self
                        .error(
                            &rules::ENV_FILE_SYNTAX,
                            self.at + index,
                            format!("unexpected character {c:?} in variable name {line:?}"),
                        )
                        .remedy("write `NAME=value`, with quotes around a value with such characters"));
                }
            }
        }
        // As in compose-go, a last line without `=` and without a newline is the value of a variable without a
        // name.
        let (key, offset, inherited) = match end {
            Some((index, c)) => (&rest[..index], index + 1, c == '\n'),
            None => ("", 0, false),
        };
        self.at += offset;
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(blank).len();
        Ok((key.trim_end(), inherited))
    }

    fn value(&mut self, vars: &Environment) -> Result<Arc<str>, Diagnostic> {
        let start = self.at;
        let rest = self.rest();
        let Some(quote @ (b'"' | b'\'')) = rest.as_bytes().first().copied() else {
            let line = rest.find('\n').unwrap_or(rest.len());
            self.at += (line + 1).min(rest.len());
            let value = rest[..line].split(" #").next().unwrap_or_default().trim_end();
            return self.expand(value, vars, place(self.source, start, start + value.len()));
        };
        let mut escaped = false;
        for (index, &byte) in rest.as_bytes().iter().enumerate().skip(1) {
            if byte != quote || escaped {
                escaped = !escaped && byte == b'\\';
                continue;
            }
            self.at += index + 1;
            // Every quote inside is escaped. Remove the backslash before it.
            let text = &rest[1..index];
            return if quote == b'"' {
                let text = unescape(&text.replace("\\\"", "\""));
                self.expand(&text, vars, place(self.source, start, self.at))
            } else {
                Ok(text.replace("\\'", "'").into())
            };
        }
        let line = rest.split('\n').next().unwrap_or_default();
        Err(self
            .error(&rules::ENV_FILE_SYNTAX, start, format!("unterminated quoted value {line}"))
            .remedy("close the quote"))
    }

    /// Substitutes the variables of a value, which is written at `place`.
    fn expand(&mut self, value: &str, vars: &Environment, place: Place) -> Result<Arc<str>, Diagnostic> {
        if !value.contains('$') {
            return Ok(value.into());
        }
        let lookup = |name: &str| (self.outer)(name).or_else(|| vars.get(name).cloned());
        match substitute(value, &lookup, self.budget) {
            Ok(done) => {
                self.warnings.extend(done.unset.iter().map(|name| unset(name, place)));
                Ok(done.text.into())
            }
            Err(failure) => Err(failed(&failure, None, place)),
        }
    }

    fn error(&self, rule: &'static Rule, at: usize, message: String) -> Diagnostic {
        let end =
            at + self.source.text.get(at..).and_then(|rest| rest.split('\n').next()).map_or(0, str::len);
        Diagnostic::new(rule, place(self.source, at, end), message)
    }
}

/// Returns the warning that a variable is not set.
#[must_use]
pub fn unset(name: &str, place: Place) -> Diagnostic {
    Diagnostic::new(
        &rules::UNSET_VARIABLE,
        place,
        format!("The {name:?} variable is not set. Defaulting to a blank string."),
    )
    .remedy(format!(
        "set {name} in the environment or in `.env`, or write `${{{name}:-}}` for a blank string"
    ))
}

/// Returns the error of a failed substitution. `path` is the path of the text in a Compose file.
#[must_use]
pub fn failed(failure: &Failure, path: Option<&str>, place: Place) -> Diagnostic {
    let within = path.map_or(String::new(), |path| format!("error while interpolating {path}: "));
    match failure {
        Failure::Invalid(template) => {
            let within = path.map_or(String::new(), |path| format!(" for {path}"));
            Diagnostic::new(
                &rules::INVALID_INTERPOLATION,
                place,
                format!("invalid interpolation format{within}: `{}`", quoted(template, 120)),
            )
        }
        Failure::Required { name, reason } => {
            let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            Diagnostic::new(
                &rules::MISSING_VARIABLE,
                place,
                format!("{within}required variable {name} is missing a value{reason}"),
            )
            .remedy(format!("set {name} in the environment, in `.env`, or with `--env-file`"))
        }
        Failure::TooLong => Diagnostic::new(
            &rules::TOO_MUCH_TEXT,
            place,
            format!("{within}the variables supply more than 16 MiB of text"),
        ),
    }
}

fn place(source: EnvText<'_>, start: usize, end: usize) -> Place {
    Place::of(source.file, start..end)
}

/// Reports whether a character is white space other than a newline.
fn blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// Replaces the escapes of a double-quoted value. `\$` becomes `$$`, which the substitution reads as `$`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let taken = match after.as_bytes().first() {
            Some(b'a') => push(&mut out, '\u{7}'),
            Some(b'b') => push(&mut out, '\u{8}'),
            Some(b'f') => push(&mut out, '\u{c}'),
            Some(b'n') => push(&mut out, '\n'),
            Some(b'r') => push(&mut out, '\r'),
            Some(b't') => push(&mut out, '\t'),
            Some(b'v') => push(&mut out, '\u{b}'),
            Some(b'"') => push(&mut out, '"'),
            Some(b'\\') => push(&mut out, '\\'),
            Some(b'$') => {
                out.push_str("$$");
                1
            }
            Some(b'0') => {
                let digits = after[1..].bytes().take(3).take_while(u8::is_ascii_digit).count();
                let number = &after[1..=digits];
                match u8::from_str_radix(number, 8).ok().filter(|_| digits == 3) {
                    Some(code) => out.push(char::from(code)),
                    None => {
                        out.push('\\');
                        out.push_str(number);
                    }
                }
                1 + digits
            }
            _ => {
                out.push('\\');
                0
            }
        };
        rest = &after[taken..];
    }
    out.push_str(rest);
    out
}

fn push(out: &mut String, c: char) -> usize {
    out.push(c);
    1
}

#[cfg(test)]
mod tests;
