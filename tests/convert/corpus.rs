//! Public compose files, where a corpus is there: `STACKWRIGHT_CORPUS` names its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use stackwright::compose::disk::Disk;
use stackwright::convert::{Options, convert};

use super::coverage::without_verdict;
use super::load;

/// The files of each case; the first one's folder is the project's.
pub fn projects() -> Vec<Vec<String>> {
    let Some(corpus) = std::env::var_os("STACKWRIGHT_CORPUS").map(PathBuf::from) else { return Vec::new() };
    let list = fs::read_to_string(corpus.join("CASES.tsv")).unwrap();
    let cases = list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    let path = |file: &str| corpus.join("files").join(file).to_str().unwrap().to_owned();
    cases.map(|(files, _)| files.split(' ').map(path).collect()).collect()
}

#[test]
fn public_compose_files_convert() {
    let projects = projects();
    let (mut plain, mut translated) = (0, 0);
    let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems = String::new();
    for files in &projects {
        let (project, _, profiles) = load(Path::new(&files[0]).parent().unwrap(), files).unwrap();
        let converted = convert(&project, &Disk, &Options { profiles, ..Options::default() });
        let missing = without_verdict(&project, &converted);
        assert!(missing.is_empty(), "{}: {missing:?}", files[0]);
        let refused: BTreeSet<&str> = converted.refused(&[]).map(|entry| entry.rule.unwrap().id).collect();
        plain += usize::from(refused.is_empty());
        for id in refused {
            *causes.entry(id).or_default() += 1;
        }
        let found = super::problems(&converted.stack);
        translated += usize::from(found.is_empty());
        if !found.is_empty() {
            writeln!(problems, "{}: {found:?}", files[0]).unwrap();
        }
    }
    let total = projects.len();
    println!(
        "{total} projects: {plain} convert, {translated} with all refusals accepted\n{causes:?}\n{problems}"
    );
    assert!(plain * 100 >= total * 85, "{plain} of {total} convert without a flag: {causes:?}");
    assert!(translated * 100 >= total * 99, "{translated} of {total} convert with all accepted: {problems}");
}
