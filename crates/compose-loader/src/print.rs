//! The output of `docker compose config`.

use std::borrow::Cow;
use std::fmt::Write;

use crate::project::Project;
use crate::shape::{Absent, Field, Kind, PROJECT};
use crate::tree::{Map, Node, Value};
use crate::yaml::{is_plain, is_printable};

/// The style of the output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Print `$` in a value as `$$`, so that the output can be loaded again. A `$` in a key does not change, since keys
    /// are not interpolated.
    pub escape: bool,
}

/// Prints a project as JSON. As in compose-go, absent keys appear as null or empty, and extensions of services do not
/// appear.
#[must_use]
pub fn json(project: &Project, style: Style) -> String {
    let mut out = Json { style, text: String::new(), depth: 0 };
    let tree = with_name(project);
    out.part(tree.as_map(), PROJECT);
    out.text.push('\n');
    out.text
}

/// Prints a project as YAML.
///
/// ```
/// use compose_loader::{Input, MemoryFiles, Request, load, print::{Style, yaml}};
///
/// let text = "name: shop\nservices: {web: {image: nginx}}\n".to_owned();
/// let files = vec![Input { path: "/shop/compose.yaml".to_owned(), text: Some(text) }];
/// let request = Request { files, working_dir: "/shop".to_owned(), ..Request::default() };
/// let project = load(&request, &MemoryFiles::default()).project.unwrap();
/// assert!(yaml(&project, Style::default()).starts_with("name: shop\nservices:\n  web:\n"));
/// ```
#[must_use]
pub fn yaml(project: &Project, style: Style) -> String {
    let mut text = String::new();
    if !project.name.is_empty() {
        let name = Node::text(project.name.as_str(), project.tree.place);
        text.push_str("name:");
        yaml_value(&name, style, 0, &mut text);
    }
    yaml_below(&project.tree, style, 0, &mut text);
    if project.tree.get("services").is_none() {
        text.push_str("services: {}\n");
    }
    text
}

fn with_name(project: &Project) -> Node {
    let place = project.tree.place;
    let mut map = Map::default();
    if !project.name.is_empty() {
        map.insert("name", place, Node::text(project.name.as_str(), place));
    }
    for (key, entry) in project.tree.as_map().into_iter().flat_map(Map::entries) {
        map.insert(key.clone(), entry.key, entry.node.clone());
    }
    map.insert_new("services", place, || Node::new(Value::Map(Box::default()), place));
    Node::new(Value::Map(Box::new(map)), place)
}

fn escaped(text: &str, style: Style) -> Cow<'_, str> {
    if style.escape && text.contains('$') { text.replace('$', "$$").into() } else { text.into() }
}

/// A writer of one entry between commas.
type Entry<'a> = Box<dyn FnOnce(&mut Json) + 'a>;

struct Json {
    style: Style,
    text: String,
    depth: usize,
}

impl Json {
    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    /// Writes `open`, the entries with commas, and `close`.
    fn group(&mut self, open: char, close: char, entries: impl IntoIterator<Item = impl FnOnce(&mut Self)>) {
        self.text.push(open);
        self.depth += 1;
        let mut any = false;
        for entry in entries {
            if any {
                self.text.push(',');
            }
            any = true;
            self.line();
            entry(self);
        }
        self.depth -= 1;
        if any {
            self.line();
        }
        self.text.push(close);
    }

    fn key(&mut self, key: &str) {
        self.string(key);
        self.text.push_str(": ");
    }

    fn string(&mut self, text: &str) {
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }

    fn part(&mut self, map: Option<&Map>, fields: &'static [Field]) {
        let is_project = std::ptr::eq(fields, PROJECT);
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for field in fields {
            match (map.and_then(|map| map.get(field.name)), field.absent) {
                // compose-go omits models in JSON.
                (Some(_), _) if is_project && field.name == "models" => {}
                (Some(node), _) => entries.push(Box::new(move |out| {
                    out.key(field.json);
                    out.node(node, field.kind);
                })),
                (None, Absent::Nothing) => {}
                (None, Absent::As(value)) => entries.push(Box::new(move |out| {
                    out.key(field.json);
                    out.text.push_str(value);
                })),
                (None, Absent::Empty) => entries.push(Box::new(move |out| {
                    out.key(field.json);
                    match field.kind {
                        Kind::Part(fields) => out.part(None, fields),
                        _ => out.text.push_str("{}"),
                    }
                })),
            }
        }
        if is_project {
            for (key, node) in map.into_iter().flat_map(Map::iter).filter(|(key, _)| key.starts_with("x-")) {
                entries.push(Box::new(move |out| {
                    out.key(key);
                    out.node(node, Kind::Any);
                }));
            }
        }
        self.group('{', '}', entries);
    }

    fn node(&mut self, node: &Node, kind: Kind) {
        match (&node.value, kind) {
            (Value::Map(map), Kind::Part(fields) | Kind::Opt(fields)) => self.part(Some(map), fields),
            (Value::Map(map), _) => {
                let value = if let Kind::Map(kind) = kind { *kind } else { Kind::Any };
                let of_limits = matches!(kind, Kind::Ulimit);
                // compose-go omits limits of 0.
                let entries = map.iter().filter(|(_, node)| !(of_limits && node.value == Value::Int(0)));
                self.group(
                    '{',
                    '}',
                    entries.map(|(key, node)| {
                        move |out: &mut Self| {
                            out.key(key);
                            out.node(node, value);
                        }
                    }),
                );
            }
            (Value::List(items), _) => {
                let item = if let Kind::List(kind) = kind { *kind } else { Kind::Any };
                self.group('[', ']', items.iter().map(|node| move |out: &mut Self| out.node(node, item)));
            }
            (Value::Null, _) => self.text.push_str("null"),
            (Value::Str(text), _) => {
                let text = escaped(text, self.style).into_owned();
                self.string(&text);
            }
            (Value::Time(text), _) => self.string(&rfc3339(text)),
            (Value::Float(value), _) => {
                let _ = write!(self.text, "{value}");
            }
            (value, _) => {
                let _ = write!(self.text, "{value}");
            }
        }
    }
}

fn yaml_below(node: &Node, style: Style, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match &node.value {
        Value::Map(map) => {
            for (key, child) in map.iter() {
                let _ = write!(out, "{indent}{}:", yaml_key(key, &indent));
                yaml_value(child, style, depth, out);
            }
        }
        Value::List(items) => {
            for item in items {
                match &item.value {
                    Value::Map(map) if !map.is_empty() => {
                        let mut text = String::new();
                        yaml_below(item, style, depth + 1, &mut text);
                        let _ = write!(out, "{indent}- {}", text.trim_start_matches(' '));
                    }
                    _ => {
                        let _ = write!(out, "{indent}-");
                        yaml_value(item, style, depth, out);
                    }
                }
            }
        }
        _ => yaml_value(node, style, depth, out),
    }
}

/// Writes a value after its key or dash, up to the end of the line.
fn yaml_value(node: &Node, style: Style, depth: usize, out: &mut String) {
    match &node.value {
        Value::Map(map) if map.is_empty() => out.push_str(" {}\n"),
        Value::List(items) if items.is_empty() => out.push_str(" []\n"),
        Value::Map(_) | Value::List(_) => {
            out.push('\n');
            yaml_below(node, style, depth + 1, out);
        }
        Value::Null => out.push_str(" null\n"),
        Value::Str(text) => {
            let _ = writeln!(out, " {}", yaml_text(&escaped(text, style), depth + 1));
        }
        Value::Time(text) => {
            let _ = writeln!(out, " {}", rfc3339(text));
        }
        value => {
            let _ = writeln!(out, " {value}");
        }
    }
}

/// Converts a time from the notation of Go to RFC 3339.
fn rfc3339(go: &str) -> String {
    let mut parts = go.split(' ');
    let mut part = || parts.next().unwrap_or_default();
    let (date, time, offset) = (part(), part(), part());
    match offset.split_at_checked(3) {
        Some((hours, minutes)) if offset != "+0000" => format!("{date}T{time}{hours}:{minutes}"),
        _ => format!("{date}T{time}Z"),
    }
}

/// Prints a string as YAML: plain where it reads as a string, as a block where it has several lines, or quoted.
fn yaml_text(text: &str, depth: usize) -> Cow<'_, str> {
    if is_plain(text) {
        return text.into();
    }
    let lines = text.contains('\n') && !text.starts_with([' ', '\n', '\t']);
    let printable = text.chars().all(|c| c == '\n' || is_printable(c));
    if lines && printable && !text.lines().any(|line| line.ends_with(' ')) {
        let body = text.trim_end_matches('\n');
        let keep = match text.len() - body.len() {
            0 => "-",
            1 => "",
            _ => "+",
        };
        let indent = "  ".repeat(depth);
        let mut block = format!("|{keep}");
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            block.push('\n');
            if !line.is_empty() {
                block.push_str(&indent);
                block.push_str(line);
            }
        }
        return block.into();
    }
    quoted(text).into()
}

/// Prints a key on one line, with `?` before a long one.
fn yaml_key<'a>(key: &'a str, indent: &str) -> Cow<'a, str> {
    let text: Cow<'_, str> = if is_plain(key) { key.into() } else { quoted(key).into() };
    if text.len() > LONGEST_KEY { format!("? {text}\n{indent}").into() } else { text }
}

/// The maximum length of a key without `?`. YAML allows 1024 characters.
const LONGEST_KEY: usize = 1000;

/// Prints a string in double quotes, with escapes for characters that YAML does not allow.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in serde_json::Value::from(text).to_string().chars() {
        if is_printable(c) {
            out.push(c);
        } else {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Style, yaml_below};
    use crate::source::Place;
    use crate::tree::{Map, Node, Value};
    use crate::yaml;

    fn read_back(key: &str, text: &str) -> Result<(), TestCaseError> {
        let mut map = Map::default();
        map.insert(key, Place::NONE, Node::text(text, Place::NONE));
        let list = Value::List(vec![
            Node::text(text, Place::NONE),
            Node::new(Value::Map(Box::new(map)), Place::NONE),
        ]);
        let tree = Node::map([("outer", Node::new(list, Place::NONE))], Place::NONE);
        let mut printed = String::new();
        yaml_below(&tree, Style::default(), 0, &mut printed);
        let read =
            yaml::parse(&printed, 0).map_err(|error| TestCaseError::fail(format!("{error:?}\n{printed}")))?;
        prop_assert_eq!(&read[0].root, &tree, "{}", printed);
        Ok(())
    }

    #[test]
    fn printed_strings_and_keys_read_as_themselves() {
        let long = "k".repeat(1100);
        for text in [
            "a\nb",
            "a\n\n",
            "\u{7f}",
            "\u{9f}é",
            "\u{fffe}",
            "\u{2000}",
            "\u{85}\u{2028}",
            "- a",
            "yes",
            "1_0",
            long.as_str(),
        ] {
            read_back(text, text).unwrap();
        }
    }

    proptest! {
        #[test]
        fn every_printed_string_reads_as_itself(key in any::<String>(), text in "(\\PC|[\n\t :#'\"-])*") {
            read_back(&key, &text)?;
        }
    }
}
