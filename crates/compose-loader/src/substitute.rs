//! Substitution of `$NAME` and `${NAME…}`, by the grammar of compose-go.
//!
//! A braced form ends at its balanced closing brace, or else at the last brace of its line. A `$` before any other
//! character is a literal.

use std::ops::Range;

use crate::environment::{Budget, Variable};
use crate::tree::{Origin, Supplied};

/// The maximum depth of nested forms.
const MAX_DEPTH: usize = 64;

/// The operators after the name in a braced form, the longer ones first.
const OPERATORS: [&str; 6] = [":-", ":?", ":+", "-", "?", "+"];

/// The result of a substitution.
#[derive(Debug, Default)]
pub struct Substituted {
    /// The text.
    pub text: String,
    /// The parts that variables supplied, including empty ones.
    pub trace: Vec<Supplied>,
    /// The variables that are not set and have no default, once for each use.
    pub unset: Vec<String>,
}

/// Why a substitution failed.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// A `${` does not match the grammar. The value is the text.
    Invalid(String),
    /// A required variable is not set.
    Required {
        /// The variable.
        name: String,
        /// The message of the author.
        reason: String,
    },
    /// The variables supply too much text.
    TooLong,
}

/// Looks up a variable.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<Variable>;

/// Substitutes the variables of a text.
///
/// # Errors
/// Returns the first failure.
pub fn substitute(template: &str, lookup: Lookup<'_>, budget: &Budget) -> Result<Substituted, Failure> {
    let mut out = Substituted { text: String::with_capacity(template.len()), ..Substituted::default() };
    Pass { lookup, budget }.expand(template, &mut out, 0)?;
    Ok(out)
}

struct Pass<'a> {
    lookup: Lookup<'a>,
    budget: &'a Budget,
}

/// The content of a braced form.
struct Braced<'t> {
    name: &'t str,
    operator: Option<&'t str>,
    rest: &'t str,
    length: usize,
}

impl Pass<'_> {
    fn expand(&self, template: &str, out: &mut Substituted, depth: usize) -> Result<(), Failure> {
        let mut rest = template;
        // The last brace of the line, so that a long line is searched once.
        let mut last_brace: Option<usize> = None;
        while let Some(dollar) = rest.find('$') {
            out.text.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            let here = template.len() - after.len();
            match after.as_bytes().first() {
                Some(b'$') => {
                    out.text.push('$');
                    rest = &after[1..];
                }
                Some(b'{') => {
                    let limit = match last_brace.filter(|&at| at >= here) {
                        Some(at) => at,
                        None => {
                            let line = after.find('\n').map_or(after.len(), |end| end);
                            let at = after[..line].rfind('}').map_or(usize::MAX, |at| here + at);
                            last_brace = Some(at);
                            at
                        }
                    };
                    let reach = if limit == usize::MAX { None } else { after.get(1..=limit - here) };
                    let braced =
                        reach.and_then(parse).ok_or_else(|| Failure::Invalid(template.to_owned()))?;
                    if depth == MAX_DEPTH {
                        return Err(Failure::Invalid(template.to_owned()));
                    }
                    self.braced(&braced, out, depth)?;
                    rest = &after[1 + braced.length..];
                }
                _ => match name_length(after) {
                    0 => {
                        out.text.push('$');
                        rest = after;
                    }
                    length => {
                        self.plain(&after[..length], out)?;
                        rest = &after[length..];
                    }
                },
            }
        }
        out.text.push_str(rest);
        Ok(())
    }

    fn plain(&self, name: &str, out: &mut Substituted) -> Result<(), Failure> {
        match (self.lookup)(name) {
            Some(variable) => self.supply(name, variable, out),
            None => {
                out.unset.push(name.to_owned());
                self.supply(name, Variable { value: "".into(), origin: Origin::Nowhere }, out)
            }
        }
    }

    fn braced(&self, form: &Braced<'_>, out: &mut Substituted, depth: usize) -> Result<(), Failure> {
        let Some(operator) = form.operator else { return self.plain(form.name, out) };
        let variable = (self.lookup)(form.name);
        let empty_counts = !operator.starts_with(':');
        let usable = variable.as_ref().is_some_and(|variable| empty_counts || !variable.value.is_empty());
        match (operator.as_bytes().last(), usable) {
            (Some(b'-'), false) | (Some(b'+'), true) => self.expand(form.rest, out, depth + 1),
            (Some(b'?'), false) => {
                let mut reason = Substituted::default();
                self.expand(form.rest, &mut reason, depth + 1)?;
                Err(Failure::Required { name: form.name.to_owned(), reason: reason.text })
            }
            // `${NAME+…}` of an unset NAME is the value of NAME, which is empty.
            _ => variable.map_or(Ok(()), |variable| self.supply(form.name, variable, out)),
        }
    }

    fn supply(&self, name: &str, variable: Variable, out: &mut Substituted) -> Result<(), Failure> {
        if !self.budget.text(variable.value.len()) {
            return Err(Failure::TooLong);
        }
        let start = out.text.len();
        out.text.push_str(&variable.value);
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(out.text.len())) {
            out.trace.push(Supplied { start, end, variable: name.into(), origin: variable.origin });
        }
        Ok(())
    }
}

/// Parses a braced form. The text starts after `{` and ends with the last brace of the line.
fn parse(text: &str) -> Option<Braced<'_>> {
    let length = name_length(text);
    if length == 0 {
        return None;
    }
    let (name, after) = text.split_at(length);
    if after.starts_with('}') {
        return Some(Braced { name, operator: None, rest: "", length: length + 1 });
    }
    let operator = OPERATORS.into_iter().find(|operator| after.starts_with(operator))?;
    let end = closing(text).unwrap_or(text.len() - 1);
    let rest = text.get(length + operator.len()..end)?;
    Some(Braced { name, operator: Some(&after[..operator.len()]), rest, length: end + 1 })
}

/// Returns the brace that closes the form before this text. compose-go skips the character after an opening brace, so
/// `{}` inside a form does not balance.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 1usize;
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn name_length(text: &str) -> usize {
    match text.as_bytes().first() {
        Some(b'_' | b'a'..=b'z' | b'A'..=b'Z') => {
            text.bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric()).count()
        }
        _ => 0,
    }
}

/// Returns the variables that a text uses, each with the operator and the text after it. Forms that are nested too deeply
/// are skipped.
///
/// ```
/// let default = (":-".to_owned(), "latest".to_owned());
/// assert_eq!(compose_loader::variables("nginx:${TAG:-latest}"), [("TAG".to_owned(), Some(default))]);
/// ```
#[must_use]
pub fn variables(template: &str) -> Vec<(String, Option<(String, String)>)> {
    let mut found = Vec::new();
    list(template, &mut found, 0);
    found
}

fn list(template: &str, found: &mut Vec<(String, Option<(String, String)>)>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        let after = &rest[dollar + 1..];
        rest = after;
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
        } else if let Some(inner) = after.strip_prefix('{') {
            let line = inner.find('\n').unwrap_or(inner.len());
            let Some(last) = inner[..line].rfind('}') else { continue };
            let Some(form) = inner.get(..=last).and_then(parse) else { continue };
            let operator = form.operator.map(|operator| (operator.to_owned(), form.rest.to_owned()));
            found.push((form.name.to_owned(), operator));
            list(form.rest, found, depth + 1);
            rest = &inner[form.length..];
        } else {
            let length = name_length(after);
            if length > 0 {
                found.push((after[..length].to_owned(), None));
                rest = &after[length..];
            }
        }
    }
}

/// Returns the first `${` that does not match the grammar, with the remedy.
#[must_use]
pub fn invalid(template: &str) -> Option<(Range<usize>, &'static str)> {
    let mut start = 0;
    for line in template.split_inclusive('\n') {
        // One search for each line, and no search for the end of a form: hostile texts nest many of them.
        let last = line.rfind('}');
        let mut at = 0;
        while let Some(found) = line[at..].find('$') {
            let dollar = at + found;
            let after = &line[dollar + 1..];
            at = dollar + if after.starts_with('$') { 2 } else { 1 };
            let Some(inner) = after.strip_prefix('{') else { continue };
            let Some(last) = last.filter(|last| *last > dollar) else {
                let end = start + line.trim_end_matches('\n').len();
                return Some((start + dollar..end, "close the variable with `}` on the same line"));
            };
            if !begins_form(inner) {
                let end = inner.find('}').map_or(last, |end| dollar + 2 + end);
                let remedy = if name_length(inner) == 0 {
                    "start the name of a variable with a letter or `_`, or write `$$` for a literal `$`"
                } else {
                    "use `:-`, `-`, `:?`, `?`, `:+` or `+` after the name"
                };
                return Some((start + dollar..start + end + 1, remedy));
            }
        }
        start += line.len();
    }
    None
}

/// Reports whether a text after `${` starts with a name and a valid continuation.
fn begins_form(text: &str) -> bool {
    let length = name_length(text);
    let after = &text[length..];
    length > 0 && (after.starts_with('}') || OPERATORS.iter().any(|operator| after.starts_with(operator)))
}

/// Returns the first use of a variable in a text.
#[must_use]
pub fn find(template: &str, name: &str) -> Option<Range<usize>> {
    let mut at = 0;
    while let Some(found) = template[at..].find('$') {
        let dollar = at + found;
        let after = &template[dollar + 1..];
        at = dollar + if after.starts_with('$') { 2 } else { 1 };
        let inner = after.strip_prefix('{');
        let text = inner.unwrap_or(after);
        if text[..name_length(text)] != *name {
            continue;
        }
        let Some(inner) = inner else { return Some(dollar..dollar + 1 + name.len()) };
        let line = inner.find('\n').unwrap_or(inner.len());
        let form = inner[..line].rfind('}').and_then(|last| parse(&inner[..=last]))?;
        return Some(dollar..dollar + 2 + form.length);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Failure, find, invalid, substitute, variables};
    use crate::environment::{Budget, Variable};
    use crate::tree::Origin;

    fn with(template: &str) -> Result<String, Failure> {
        let lookup = |name: &str| {
            let value = match name {
                "SET" => "val",
                "EMPTY" => "",
                _ => return None,
            };
            Some(Variable { value: value.into(), origin: Origin::Process })
        };
        substitute(template, &lookup, &Budget::default()).map(|out| out.text)
    }

    #[test]
    fn an_invalid_form_is_found_with_its_remedy() {
        for (template, form, remedy) in [
            ("a${B b", "${B b", "close the variable"),
            ("$${A ${B:=c} d}", "${B:=c}", "use `:-`"),
            ("${A:-b}${1a}", "${1a}", "start the name"),
            ("${}", "${}", "start the name"),
            ("${A:-${B/c/d}}", "${B/c/d}", "use `:-`"),
        ] {
            let (at, said) = invalid(template).unwrap();
            assert_eq!((&template[at], said.starts_with(remedy)), (form, true), "{template}");
        }
        assert_eq!(invalid("${A} $$ $1 ${B:-{}}"), None);
    }

    #[test]
    fn the_first_use_of_a_variable_is_found_inside_another_form() {
        for (template, name, form) in [
            ("a$X b", "X", "$X"),
            ("$$X ${X:-y} $X", "X", "${X:-y}"),
            ("${Y:-a${X:?b}c}", "X", "${X:?b}"),
            ("$XY ${X}", "X", "${X}"),
        ] {
            assert_eq!(find(template, name).map(|at| &template[at]), Some(form), "{template}");
        }
        assert_eq!(find("$$X ${X", "X"), None);
    }

    #[test]
    fn every_form_of_the_grammar_is_substituted() {
        for (template, text) in [
            ("$SET ${SET} ${SET}x", "val val valx"),
            ("$$SET $$$SET $1 $ ${UNSET}$", "$SET $val $1 $ $"),
            ("${EMPTY:-d} ${EMPTY-d} ${U:-d} ${U-d}", "d  d d"),
            ("${EMPTY:+r} ${EMPTY+r} ${SET:+r} ${U+r}", " r r "),
            ("${SET:?e} ${EMPTY?e}", "val "),
            ("${U:-${SET}} ${U:-${V:-x}y}", "val xy"),
            ("${U:-a}b}c", "ab}c"),
            ("${U:-{}}", "{}"),
            ("${U:-{\"a\":{\"b\":1}}}", "{\"a\":{\"b\":1}}"),
            ("${U:-a} ${V:-b} ${SET}", "a b val"),
            ("$(cmd) $SET_X", "$(cmd) "),
        ] {
            assert_eq!(with(template).as_deref(), Ok(text), "{template}");
        }
        for template in ["${", "${}", "${1a}", "${ V}", "${V", "${V:}", "${V:=x}", "${U:-a\nb}", "${V/a/b}"] {
            assert!(matches!(with(template), Err(Failure::Invalid(_))), "{template}");
        }
        let missing = Failure::Required { name: "U".to_owned(), reason: "need val".to_owned() };
        assert_eq!(with("${U:?need ${SET}}"), Err(missing));
    }

    #[test]
    fn variables_of_defaults_are_listed() {
        let names =
            |template: &str| variables(template).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("$A $$B ${C:-${D}} ${E} ${1} $"), ["A", "C", "D", "E"]);
    }

    #[test]
    fn deeply_nested_variables_are_listed_in_bounded_time() {
        let nested = format!("{}{}", "${A:-".repeat(100_000), "}".repeat(100_000));
        assert!(variables(&nested).len() <= super::MAX_DEPTH + 1);
    }
}
