//! The state of a load.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::environment::{Budget, Environment};
use crate::files::Files;
use crate::paths;
use crate::request::{Request, Stages};
use crate::rules::Severity;
use crate::source::{Place, Sources};
use crate::text::Encoding;
use crate::tree::{Map, Node};
use crate::yaml::{Document, Path};

/// The state of a load.
pub struct Load<'a> {
    pub files: &'a dyn Files,
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
    pub budget: Budget,
    pub stages: Stages,
    pub working_dir: String,
    pub home: Option<String>,
    pub bases: HashMap<BaseKey, Base>,
    pub imported: Vec<Imported>,
    pub texts: HashMap<String, Text>,
    pub parsed: HashMap<String, Vec<Document>>,
}

/// The context of a file: its folders and variables.
#[derive(Clone, PartialEq)]
pub struct Scope {
    /// The file.
    pub file: Arc<str>,
    /// The folder that paths of `include` and `extends` start from.
    pub files_folder: String,
    /// The folder that all other paths start from, relative to that of the including file.
    pub folder: String,
    /// The variables.
    pub environment: Arc<Environment>,
    /// The chain of files that include this one, from the first.
    pub included: Vec<String>,
}

impl Scope {
    /// Returns a folder relative to the folder of the files.
    pub fn shown_folder(&self, folder: &str) -> String {
        paths::relative(&self.files_folder, folder)
    }
}

/// A file that was read, with its number in the sources.
#[derive(Clone)]
pub struct Text {
    pub number: u32,
    pub text: Arc<str>,
    pub encoding: Encoding,
}

/// The services of a file that other files extend from. Those that were used are resolved.
pub struct Base {
    pub services: Map,
    pub resets: Vec<Path>,
    pub scope: Scope,
}

/// A file and the folder that its paths are relative to.
pub type BaseKey = (String, String);

/// An included project, which is kept for other files that include it.
pub struct Imported {
    pub files: Vec<(String, Place)>,
    pub scope: Scope,
    pub model: Node,
}

impl<'a> Load<'a> {
    /// Creates the state at the start of a load.
    pub fn new(request: &Request, files: &'a dyn Files, sources: Sources) -> Self {
        Self {
            files,
            sources,
            diagnostics: Vec::new(),
            budget: Budget::default(),
            stages: request.stages,
            working_dir: request.working_dir.clone(),
            home: request.home.clone(),
            bases: HashMap::new(),
            imported: Vec::new(),
            texts: HashMap::new(),
            parsed: HashMap::new(),
        }
    }

    /// Adds a diagnostic.
    pub fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports whether there is an error.
    pub fn failed(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Removes the diagnostics since an index whose place an earlier step has an error at: they follow from that error.
    pub fn settle(&mut self, since: usize) {
        if self.diagnostics.len() == since {
            return;
        }
        let later = self.diagnostics.split_off(since);
        let errors = self.diagnostics.iter().filter(|earlier| earlier.severity == Severity::Error);
        let faulty: BTreeMap<(u32, u32), u32> =
            errors.map(|earlier| ((earlier.place.file, earlier.place.start), earlier.place.end)).collect();
        let follows = |Place { file, start, end }: Place| {
            let before = faulty.range(..=(file, end)).next_back();
            file != Place::NONE.file && before.is_some_and(|((at, _), to)| *at == file && *to >= start)
        };
        self.diagnostics.extend(later.into_iter().filter(|later| !follows(later.place)));
    }

    /// Fails with the first error, if there is one.
    pub fn unless_failed(&mut self) -> Result<(), Diagnostic> {
        let first = self.diagnostics.iter().position(|diagnostic| diagnostic.severity == Severity::Error);
        first.map_or(Ok(()), |first| Err(self.diagnostics.remove(first)))
    }
}
