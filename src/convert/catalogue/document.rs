//! The part of docs/compose.md that is generated from the catalogue.

use std::fmt::Write;

use super::all;
use super::attributes::ATTRIBUTES;

/// The line where the generated part starts.
pub const MARK: &str = "<!-- hack/generate writes the rest of this file: edit src/convert/catalogue. -->\n";

/// Returns the tables of all attributes and all rules, as Markdown.
#[must_use]
pub fn document() -> String {
    let mut text = format!("{MARK}\n## Attributes\n\n");
    text.push_str(
        "A row also applies to the attributes below its attribute, unless they have their own row.\n\n",
    );
    text.push_str("| attribute | verdict | on the cluster | rules for some values |\n|---|---|---|---|\n");
    let mut rows: Vec<(&str, String)> = Vec::new();
    for attribute in ATTRIBUTES {
        let rules = attribute.rules.join(", ");
        rows.push((attribute.path, format!("mapped | {} | {rules}", attribute.becomes)));
    }
    for rule in all() {
        for path in rule.attributes.iter().filter(|path| !ATTRIBUTES.iter().any(|row| row.path == **path)) {
            rows.push((path, format!("{} | {} ({}) | ", rule.kind.as_str(), rule.title, rule.id)));
        }
    }
    rows.sort();
    for (path, row) in rows {
        let _ = writeln!(text, "| `{path}` | {row} |");
    }
    text.push_str("\n## Rules\n\n`stackwright explain ID` prints a rule.\n\n");
    text.push_str("| id | verdict | about | reason | remedy |\n|---|---|---|---|---|\n");
    for rule in all() {
        let verdict = rule.kind.as_str();
        let _ = writeln!(
            text,
            "| {} | {verdict} | {} | {} | {} |",
            rule.id,
            rule.title,
            rule.reason,
            rule.remedy.unwrap_or_default()
        );
    }
    text
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
    fn each_rule_is_in_the_row_of_an_attribute() {
        for rule in all() {
            let named = ATTRIBUTES.iter().any(|row| row.rules.contains(&rule.id));
            assert!(named || !rule.attributes.is_empty() || rule.is_advice(), "{}", rule.id);
        }
        for id in ATTRIBUTES.iter().flat_map(|row| row.rules) {
            assert!(find(id).is_some(), "{id}");
        }
    }
}
