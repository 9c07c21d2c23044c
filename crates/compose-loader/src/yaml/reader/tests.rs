//! Comparison of the reader with go-yaml.

use std::fmt::Write as _;
use std::{env, fs};

use super::{Fault, Found, Kind, Reader, What};

/// A text with the tree or the error of go-yaml: a line of `compose-oracle yaml`.
#[derive(serde::Deserialize)]
struct Case {
    text: String,
    #[serde(default)]
    tree: String,
    error: Option<String>,
}

#[test]
fn texts_read_as_in_go_yaml() {
    compare(include_str!("../../../tests/yaml.jsonl"));
}

/// `compose-oracle yaml --seed N --count M > FILE; STACKWRIGHT_YAML_CASES=FILE cargo test -p compose-loader --lib -- --ignored
/// generated`
#[test]
#[ignore = "needs texts of compose-oracle: hack/test oracle generates them"]
fn generated_texts_read_as_in_go_yaml() {
    let cases = env::var("STACKWRIGHT_YAML_CASES").expect("STACKWRIGHT_YAML_CASES names a file");
    compare(&fs::read_to_string(cases).expect("the file can be read"));
}

/// Compares the trees, and shows the shortest texts that differ.
fn compare(cases: &str) {
    let (mut count, mut differ) = (0, Vec::new());
    for case in cases.lines().map(|line| serde_json::from_str::<Case>(line).expect("a case")) {
        count += 1;
        let ours = tree(&case.text);
        let theirs = case.error.map_or(Ok(case.tree), Err);
        if ours.as_ref().ok() != theirs.as_ref().ok() {
            differ.push((case.text, ours, theirs));
        }
    }
    assert!(count > 0, "there are no cases");
    differ.sort_by_key(|(text, ..)| text.len());
    let mut shown = String::new();
    for (text, ours, theirs) in differ.iter().take(20) {
        writeln!(shown, "{text:?}\n  here    {ours:?}\n  go-yaml {theirs:?}").unwrap();
    }
    assert!(differ.is_empty(), "{} of {count} texts differ\n{shown}", differ.len());
    println!("{count} texts");
}

/// Prints the tree of a text like `compose-oracle yaml`.
fn tree(text: &str) -> Result<String, Fault> {
    let mut reader = Reader::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut tree = String::new();
    while reader.document()? {
        tree.push_str("--- ");
        let root = reader.root()?;
        print(&mut reader, root, &mut tree)?;
        tree.push('\n');
    }
    Ok(tree)
}

fn print<'t>(reader: &mut Reader<'t>, found: Found<'t>, to: &mut String) -> Result<(), Fault> {
    if let What::Alias(anchor) = found.what {
        write!(to, "*{anchor}").unwrap();
        return Ok(());
    }
    if found.anchor != 0 {
        write!(to, "&{} ", found.anchor).unwrap();
    }
    if let Some(tag) = found.tag.as_deref().filter(|tag| *tag != "!") {
        match tag.strip_prefix("tag:yaml.org,2002:") {
            Some(name) => write!(to, "<!!{name}> ").unwrap(),
            None => write!(to, "<{tag}> ").unwrap(),
        }
    }
    match found.what {
        What::Plain(text) => write!(to, "={text}=").unwrap(),
        What::Quoted(text) => write!(to, "'{text}'").unwrap(),
        What::Sequence => {
            to.push('[');
            let mut separator = "";
            while let Some(item) = reader.item()? {
                to.push_str(std::mem::replace(&mut separator, ", "));
                print(reader, item, to)?;
            }
            to.push(']');
        }
        What::Mapping => {
            to.push('{');
            let mut separator = "";
            while let Some(key) = reader.key()? {
                to.push_str(std::mem::replace(&mut separator, ", "));
                // No project has such a key, and go-yaml accepts some of them by accident.
                let is_empty = matches!(&key.what, What::Plain(text) if text.is_empty());
                if is_empty && key.tag.as_deref().is_none_or(|tag| tag == "!")
                    || matches!(key.what, What::Sequence | What::Mapping)
                {
                    return Err(Fault { kind: Kind::CollectionKey, at: key.start });
                }
                print(reader, key, to)?;
                to.push_str(": ");
                let value = reader.value()?;
                print(reader, value, to)?;
            }
            to.push('}');
        }
        What::Alias(_) => {}
    }
    Ok(())
}
