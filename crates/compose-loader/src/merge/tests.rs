//! The merges of the tests of compose-go.

use std::fs::read_to_string;
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::yaml::parse;

/// Cases that differ on purpose; docs/compose.md has the reasons.
const DIFFERENT: [&str; 2] = ["Test_mergeYamlModelsRuntimeFlagsMerge", "Test_mergeYamlUlimits"];

#[test]
#[ignore = "needs a corpus: make corpus"]
fn files_merge_as_in_compose_go() {
    let corpus =
        std::env::var_os("STACKWRIGHT_CORPUS").map(PathBuf::from).expect("STACKWRIGHT_CORPUS is set");
    let cases = read_to_string(corpus.join("compose-go-merges.jsonl")).unwrap();
    let cases: Vec<Json> = cases.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut differ = Vec::new();
    for case in &cases {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        if DIFFERENT.contains(&text("test")) {
            continue;
        }
        let tree = |key: &str, file: u32| parse(text(key), file).unwrap().remove(0).root;
        let merged = super::files(tree("base", 0), tree("over", 1));
        let merged = merged.and_then(|mut merged| crate::unicity::enforce(&mut merged).map(|()| merged));
        let wanted = tree("want", 2);
        match merged {
            Ok(merged) if merged == wanted => {}
            Ok(merged) => {
                differ.push(format!("{}: want {}\nfound {}", text("test"), wanted.value, merged.value));
            }
            Err(error) => differ.push(format!("{}: {}", text("test"), error.message)),
        }
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), cases.len(), differ.join("\n"));
}
