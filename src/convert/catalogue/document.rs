//! The part of docs/compose.md that is made from the catalogue.

use std::fmt::Write;

use super::all;
use super::attributes::ATTRIBUTES;

/// Where the part begins that is made from code.
pub const MARK: &str = "<!-- From here on made from code by hack/generate: edit src/convert/catalogue. -->\n";

/// The tables of all attributes and all rules, as Markdown.
#[must_use]
pub fn document() -> String {
    let mut text = format!("{MARK}\n## Every attribute, and what becomes of it\n\n");
    text.push_str("What stands for an attribute stands for all below it that are not listed themselves.\n\n");
    text.push_str("| attribute | verdict | on the cluster | for some values |\n|---|---|---|---|\n");
    let mut rows: Vec<(&str, String)> = Vec::new();
    for attribute in ATTRIBUTES {
        let rules = attribute.rules.join(", ");
        rows.push((attribute.path, format!("mapped | {} | {rules}", attribute.becomes)));
    }
    for rule in all() {
        for path in rule.attributes.iter().filter(|path| !ATTRIBUTES.iter().any(|row| row.path == **path)) {
            rows.push((path, format!("{} | {} ({}) | ", rule.verdict.as_str(), rule.title, rule.id)));
        }
    }
    rows.sort();
    for (path, row) in rows {
        let _ = writeln!(text, "| `{path}` | {row} |");
    }
    text.push_str("\n## The rules\n\n`stackwright explain ID` prints one of them.\n\n");
    text.push_str("| id | verdict | about | why | what to do |\n|---|---|---|---|---|\n");
    for rule in all() {
        let verdict = rule.verdict.as_str();
        let _ = writeln!(
            text,
            "| {} | {verdict} | {} | {} | {} |",
            rule.id, rule.title, rule.reason, rule.remedy
        );
    }
    text
}

/// Whether an attribute, or one above it, has a row in the table.
#[must_use]
pub fn is_covered(path: &str) -> bool {
    let mut above = path;
    loop {
        let ruled = all().iter().any(|rule| rule.attributes.contains(&above));
        if ruled || ATTRIBUTES.iter().any(|row| row.path == above) {
            // A row for a whole section says nothing of an attribute directly below it.
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
    fn each_rule_that_depends_on_a_value_is_named_by_an_attribute() {
        for rule in all() {
            let named = ATTRIBUTES.iter().any(|row| row.rules.contains(&rule.id));
            assert!(named || !rule.attributes.is_empty() || rule.is_advice(), "{}", rule.id);
        }
        for id in ATTRIBUTES.iter().flat_map(|row| row.rules) {
            assert!(find(id).is_some(), "{id}");
        }
    }
}
