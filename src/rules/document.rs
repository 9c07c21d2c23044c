//! The documents that are generated from the rules: docs/rules.md, and the tables of docs/compose.md.

use std::fmt::Write;

use compose_loader::Example;

use super::attributes::ATTRIBUTES;
use super::{Judge, Kind, Rule, Verdict, all};

/// The line of docs/compose.md where the generated part starts.
pub const MARK: &str = "<!-- hack/generate writes the rest of this file: edit src/rules. -->\n";

/// Returns docs/rules.md: all rules, by kind.
#[must_use]
pub fn rules() -> String {
    let mut text = "\
<!-- hack/generate writes this file: edit src/rules, or crates/compose-loader/src/rules. -->

# Rules

Each message about a Compose project names a rule: `warning[ulimits]`. This page lists all of them, and `stackwright explain
ID` prints one with what `convert` says about its example. A rule keeps its id. The number of a rule of the conversion, such
as `SW1109`, is an alias of the id: every command accepts both.

In an example of several files, a line `-- NAME --` starts a file. A first line with `$` names the command, if the example
needs an option.
"
    .to_owned();
    for (kind, meaning) in KINDS {
        let word = kind.as_str();
        let _ = write!(text, "\n## {}{}\n\n{meaning}\n", word[..1].to_uppercase(), &word[1..]);
        for rule in all().iter().filter(|rule| rule.kind == kind) {
            section(&mut text, rule);
        }
    }
    text
}

/// The kinds of rules with their meanings, from the most to the least severe.
const KINDS: [(Kind, &str); 7] = [
    (
        Kind::Error,
        "The project cannot be loaded. `docker compose` rejects it too, unless [the differences](compose.md) say otherwise.",
    ),
    (
        Kind::Verdict(Verdict::Refused),
        "The project would not work as written without the value, so `convert` writes nothing. `--allow-refused ID` omits the value instead.",
    ),
    (Kind::Warning, "The project is loaded, but probably contains a mistake."),
    (
        Kind::Verdict(Verdict::Approximated),
        "The cluster does something similar. `convert --strict` refuses such a value.",
    ),
    (
        Kind::Verdict(Verdict::Ignored),
        "The value has no meaning on a cluster, so nothing changes without it. Only the report of `convert --report` contains these rules.",
    ),
    (
        Kind::Verdict(Verdict::Mapped),
        "The cluster does the same, in a form that you may want to know. Only the report of `convert --report` contains these rules.",
    ),
    (Kind::Advice, "A hint, which changes nothing in the result."),
];

fn section(text: &mut String, rule: &Rule) {
    let alias = rule.alias.map(|alias| format!(" ({alias})")).unwrap_or_default();
    let _ =
        write!(text, "\n### {}\n\n{}{alias}: {}.\n", rule.id, first_upper(rule.title), escaped(rule.reason));
    if let Some(remedy) = rule.remedy {
        let _ = write!(text, "\nWhat to do: {}.\n", escaped(remedy));
    }
    if !rule.attributes.is_empty() {
        let all: Vec<_> = rule.attributes.iter().map(|path| format!("`{path}`")).collect();
        let _ = write!(text, "\nApplies to every value of {}.\n", all.join(", "));
    }
    let _ = match rule.example {
        Example::None(why) => write!(text, "\nNo example: {why}.\n"),
        Example::Files(_) => write!(text, "\n```yaml\n{}```\n", rule.example.text().unwrap_or_default()),
    };
}

/// Returns the tables of docs/compose.md: all attributes, and the rules of the conversion.
#[must_use]
pub fn compose() -> String {
    let mut text = format!("{MARK}\n## Attributes\n\n");
    text.push_str(
        "A row also applies to the attributes below its attribute, unless they have their own row.\n\n",
    );
    text.push_str("| attribute | verdict | on the cluster | rules for some values |\n|---|---|---|---|\n");
    let mut rows: Vec<(&str, String)> = Vec::new();
    for attribute in ATTRIBUTES {
        let rules: Vec<_> = attribute.rules.iter().map(|id| link(id)).collect();
        rows.push((attribute.path, format!("mapped | {} | {}", attribute.becomes, rules.join(", "))));
    }
    for rule in all() {
        for path in rule.attributes.iter().filter(|path| !ATTRIBUTES.iter().any(|row| row.path == **path)) {
            rows.push((path, format!("{} | {} ({}) | ", rule.kind.as_str(), rule.title, link(rule.id))));
        }
    }
    rows.sort();
    for (path, row) in rows {
        let _ = writeln!(text, "| `{path}` | {row} |");
    }
    text.push_str(
        "\n## Rules\n\n[Rules](rules.md) has an example of each rule, and the rules of the loader.\n\n",
    );
    text.push_str("| id | alias | verdict | about | reason | remedy |\n|---|---|---|---|---|---|\n");
    for rule in all().iter().filter(|rule| rule.judge != Judge::Loader) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            link(rule.id),
            rule.alias.unwrap_or_default(),
            rule.kind.as_str(),
            rule.title,
            escaped(rule.reason),
            escaped(rule.remedy.unwrap_or_default())
        );
    }
    text
}

fn link(id: &str) -> String {
    format!("[{id}](rules.md#{id})")
}

/// Returns a text with its first letter in upper case.
#[must_use]
pub fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// Returns a text in which Markdown finds no HTML. A `<` between backquotes is literal.
fn escaped(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 0 { part.replace('<', "\\<") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

/// Reports whether an attribute or an attribute above it has a row in the table.
#[must_use]
pub fn is_covered(path: &str) -> bool {
    let mut above = path;
    loop {
        let ruled = all().iter().any(|rule| rule.attributes.contains(&above));
        if ruled || ATTRIBUTES.iter().any(|row| row.path == above) {
            // The row of a whole section does not cover the attributes directly below the section.
            let sections = ["services", "networks", "volumes", "secrets", "configs"];
            return !sections.contains(&above) || path == above;
        }
        match above.rsplit_once('.') {
            Some((parent, _)) => above = parent,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    #[test]
    fn each_rule_of_the_conversion_is_in_the_row_of_an_attribute() {
        for rule in all().iter().filter(|rule| rule.judge != Judge::Loader) {
            let named = ATTRIBUTES.iter().any(|row| row.rules.contains(&rule.id));
            assert!(named || !rule.attributes.is_empty() || rule.is_advice(), "{}", rule.id);
        }
        for id in ATTRIBUTES.iter().flat_map(|row| row.rules) {
            assert!(find(id).is_some(), "{id}");
        }
    }

    #[test]
    fn docs_rules_md_has_each_rule_once() {
        let text = rules();
        for rule in all() {
            assert_eq!(text.matches(&format!("\n### {}\n", rule.id)).count(), 1, "{}", rule.id);
        }
    }
}
