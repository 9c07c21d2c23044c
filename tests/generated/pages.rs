//! The Markdown pages that users read, and what they consist of.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page.
pub(super) struct Page {
    /// The path from the root of the repository.
    pub(super) path: PathBuf,
    /// The text, with the files that the page includes.
    pub(super) text: String,
}

/// A block of code.
pub(super) struct Block {
    /// The language, or nothing.
    pub(super) language: String,
    pub(super) text: String,
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the pages of the repository, its crates, its examples and the book.
pub(super) fn pages() -> Vec<Page> {
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let folders = [root().to_owned(), root().join("docs"), root().join("examples")].into_iter().chain(crates);
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let pages = files.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    pages.map(|file| page(file.strip_prefix(root()).unwrap())).collect()
}

/// Reads a page, and the file that it includes as mdBook does.
pub(super) fn page(path: &Path) -> Page {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let included = text.trim().strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}"));
    let text = match included {
        Some(file) => fs::read_to_string(root().join(path).with_file_name(file)).unwrap(),
        None => text,
    };
    Page { path: path.to_owned(), text }
}

impl Page {
    /// Returns the targets of the links and images.
    pub(super) fn links(&self) -> Vec<String> {
        let target = |event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        };
        self.events().filter_map(target).collect()
    }

    /// Returns the anchors of the headings, as GitHub and mdBook make them.
    pub(super) fn anchors(&self) -> BTreeSet<String> {
        let (mut anchors, mut heading) = (BTreeSet::new(), None);
        for event in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    heading.iter_mut().for_each(|heading| heading.push_str(&text));
                }
                Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().map(|text| anchor(&text))),
                _ => {}
            }
        }
        anchors
    }

    /// Returns the blocks of code.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let (mut blocks, mut open) = (Vec::new(), None);
        for event in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    open = Some(Block { language, text: String::new() });
                }
                Event::Text(text) => open.iter_mut().for_each(|block| block.text.push_str(&text)),
                Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
                _ => {}
            }
        }
        blocks
    }

    fn events(&self) -> Parser<'_> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES)
    }
}

fn anchor(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    };
    heading.to_lowercase().chars().filter_map(kept).collect()
}
