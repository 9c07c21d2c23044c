//! The links of the pages lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::pages::{page, pages, root};

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for from in pages() {
        for link in from.links() {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => from.path.clone(),
                file => plain(&from.path.with_file_name(file)),
            };
            let in_book = |path: &Path| path.starts_with("docs");
            let why = if !root().join(&target).exists() {
                "no such file"
            } else if in_book(&from.path) && !in_book(&target) {
                "outside the book"
            } else if !anchor.is_empty() && !page(&target).anchors().contains(anchor) {
                "no such heading"
            } else {
                continue;
            };
            broken.push(format!("{}: {link}: {why}", from.path.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let summary = page(Path::new("docs/SUMMARY.md"));
    let mut chapters: Vec<_> = summary.links().iter().map(|link| Path::new("docs").join(link)).collect();
    chapters.push(summary.path);
    chapters.sort();
    let mut files: Vec<_> = pages().into_iter().map(|page| page.path).collect();
    files.retain(|path| path.starts_with("docs"));
    files.sort();
    assert_eq!(chapters, files);
}

/// Resolves `..`, as a link means it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = plain.pop(),
            component => plain.push(component),
        }
    }
    plain
}
