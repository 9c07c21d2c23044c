//! Public compose files: `STACKWRIGHT_CORPUS` names the folder of a corpus. `CASES.tsv` in it lists the
//! cases, each a line that begins with the case's compose files in `files/`, separated by spaces, up to a tab.

use std::fs;
use std::path::{Path, PathBuf};

use compose_loader::discover::Options as Find;

/// Returns the cases. The project folder is that of the first file. Without a corpus, the test fails.
pub fn projects() -> Vec<Find> {
    let corpus = std::env::var_os("STACKWRIGHT_CORPUS").map(PathBuf::from);
    let corpus = corpus.expect("STACKWRIGHT_CORPUS is not set: name the folder of a corpus");
    let list = fs::read_to_string(corpus.join("CASES.tsv")).expect("the corpus's list CASES.tsv");
    let cases = list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    let path = |file: &str| corpus.join("files").join(file).to_str().unwrap().to_owned();
    let find = |files: Vec<String>| {
        let folder = Path::new(&files[0]).parent().unwrap().to_str().unwrap().to_owned();
        Find { files, folder, ..Find::default() }
    };
    let projects: Vec<_> = cases.map(|(files, _)| find(files.split(' ').map(path).collect())).collect();
    assert!(!projects.is_empty(), "the corpus {} has no case", corpus.display());
    projects
}
