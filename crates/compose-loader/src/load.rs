//! The steps of a load, in the order of compose-go.
//!
//! For each document of each file:
//!
//! | step | module |
//! |---|---|
//! | parse the text: types, anchors, merge keys, `!reset` and `!override` | `yaml` |
//! | interpolate variables, and convert values with a fixed type | `interpolate`, `substitute` |
//! | rename extension keys that are part of the specification | `promote` |
//! | merge included projects | `include` |
//! | remove the values of earlier documents that this document resets | `yaml::apply` |
//! | merge services that others extend | `extends` |
//! | merge the document over the earlier ones | `merge`, `unicity` |
//! | check the schema | `schema` |
//! | expand short forms | `canonical`, `grammar` |
//!
//! Then for all files together: defaults and checks of single values (`defaults`), paths (`paths`), normalization
//! (`normalize`), canonical types (`bind`, `shape`), profiles (`project`), consistency (`consistency`), warnings about
//! ports (`published`), selection and pruning of resources, `env_file` and `label_file` (`dotenv`). Consecutive steps that
//! handle each service by itself run on a few services at a time (`parts`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, MAX_FAULTS, Severity};
use crate::dotenv::{self, EnvText};
use crate::environment::{Budget, Environment};
use crate::extends::{self, Base, BaseKey};
use crate::files::Files;
use crate::include::{self, Imported};
use crate::project::Project;
use crate::rules;
use crate::source::{Place, Sources};
use crate::texts::Text;
use crate::tree::{Map, Node, Origin, Value};
use crate::yaml::{self, Document, Path};
use crate::{
    Input, Request, Stages, bind, canonical, consistency, defaults, interpolate, merge, normalize, parts,
    paths, promote, published, schema, unicity,
};

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
    parsed: HashMap<String, Vec<Document>>,
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

impl<'a> Load<'a> {
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

    fn failed(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Removes the diagnostics since an index whose place an earlier step has an error at: they follow from that error.
    fn settle(&mut self, since: usize) {
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

    /// Returns the first error, if there is one.
    fn unless_failed(&mut self) -> Result<(), Diagnostic> {
        let first = self.diagnostics.iter().position(|diagnostic| diagnostic.severity == Severity::Error);
        first.map_or(Ok(()), |first| Err(self.diagnostics.remove(first)))
    }

    /// Runs all steps.
    pub fn run(&mut self, request: &Request) -> Result<Project, Diagnostic> {
        if request.files.is_empty() {
            return Err(Diagnostic::new(&rules::NO_FILE, Place::NONE, "no configuration file provided"));
        }
        for input in &request.files {
            self.open(input)?;
        }
        let name = self.project_name(request)?;
        let mut environment = request.environment.clone();
        environment.set("COMPOSE_PROJECT_NAME", name.as_str(), Origin::Loader);
        let environment = Arc::new(environment);
        let scope = Scope {
            file: "".into(),
            files_folder: request.working_dir.clone(),
            folder: request.working_dir.clone(),
            environment: environment.clone(),
            included: Vec::new(),
        };
        let files: Vec<(String, Place)> =
            request.files.iter().map(|input| (input.path.clone(), Place::NONE)).collect();
        let mut tree = self.model(&files, &scope)?;
        if tree.as_map().is_none_or(Map::is_empty) {
            return Err(Diagnostic::new(&rules::EMPTY_FILE, Place::NONE, "empty compose file"));
        }
        if self.stages.validate && name.is_empty() {
            return Err(Diagnostic::new(&rules::PROJECT_NAME, Place::NONE, "project name must not be empty"));
        }
        if self.stages.normalize {
            normalize::normalize(&mut tree, &name, &environment)?;
        }
        if let Some(map) = tree.as_map_mut() {
            map.remove("name");
        }
        let mut project = Project {
            name,
            working_dir: request.working_dir.clone(),
            environment,
            tree,
            ..Project::default()
        };
        if self.stages.bind {
            self.finish(&mut project, request)?;
        }
        Ok(project)
    }

    fn finish(&mut self, project: &mut Project, request: &Request) -> Result<(), Diagnostic> {
        let (tree, faults) = bind::bind(std::mem::take(&mut project.tree));
        project.tree = tree;
        self.diagnostics.extend(faults);
        self.unless_failed()?;
        project.activate(&request.profiles);
        if self.stages.consistency {
            self.diagnostics.extend(consistency::check(project));
            self.unless_failed()?;
            self.diagnostics.extend(published::warnings(project));
            project.follow_scale();
        }
        if !request.services.is_empty() {
            project.select(&request.services)?;
        }
        if self.stages.prune {
            project.prune(self.stages.jobs);
        }
        if self.stages.environment {
            self.env_files(project)?;
        }
        self.label_files(project)
    }

    fn open(&mut self, input: &Input) -> Result<(), Diagnostic> {
        let (number, text) = match &input.text {
            Some(text) => {
                let text: Arc<str> = text.as_str().into();
                (self.sources.add(input.path.as_str(), text.clone()), text)
            }
            None => self.text(&input.path, &rules::UNREADABLE_FILE, Place::NONE)?,
        };
        let documents = yaml::parse(&text, number)?;
        self.parsed.insert(input.path.clone(), documents);
        Ok(())
    }

    /// Returns a scalar as text, and a date as the file has it.
    fn as_written(&self, node: &Node) -> Node {
        let place = node.place;
        match &node.value {
            Value::Str(_) => node.clone(),
            Value::Time(_) => {
                let text = self.sources.get(place).map_or("", |source| &source.text);
                Node::text(text.get(place.start as usize..place.end as usize).unwrap_or_default(), place)
            }
            other => Node::text(other.to_string(), place),
        }
    }

    /// Returns the name of the project: the requested one, or the last one of the files, or the default.
    fn project_name(&mut self, request: &Request) -> Result<String, Diagnostic> {
        if let Some(name) = &request.name {
            if normalized_name(name) != *name || name.is_empty() {
                let message = format!(
                    "invalid project name {name:?}: must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number"
                );
                let remedy = format!("use `{}`", normalized_name(name));
                return Err(Diagnostic::new(&rules::PROJECT_NAME, Place::NONE, message).remedy(remedy));
            }
            return Ok(name.clone());
        }
        let named = request.files.iter().filter_map(|input| self.parsed.get(&input.path)).flatten();
        let written = named.filter_map(name_of).filter(|node| !node.is_null());
        let written = written.map(|node| self.as_written(node)).rfind(|name| name.as_str() != Some(""));
        let Some(mut name) = written else { return Ok(normalized_name(&request.default_name)) };
        if self.stages.interpolate {
            interpolate::name(self, &mut name, &request.environment);
            self.unless_failed()?;
        }
        let mut name = name.as_str().unwrap_or_default().to_owned();
        if self.stages.normalize {
            name = normalized_name(&name);
        }
        // Where normalization leaves an empty name, the default applies, unless a file starts with a name.
        let begins = |input: &Input| name_of(self.parsed.get(&input.path)?.first()?).cloned();
        let is_named = request
            .files
            .iter()
            .filter_map(begins)
            .any(|name| !name.is_null() && self.as_written(&name).as_str() != Some(""));
        Ok(if name.is_empty() && !is_named { normalized_name(&request.default_name) } else { name })
    }

    /// Merges files, and runs the steps that do not need the whole project.
    pub fn model(&mut self, files: &[(String, Place)], scope: &Scope) -> Result<Node, Diagnostic> {
        let mut dict = Node::new(Value::Map(Box::default()), Place::NONE);
        for (file, place) in files {
            let inner = Scope { file: file.as_str().into(), ..scope.clone() };
            dict = self.file(file, *place, dict, &inner, false)?.0;
        }
        self.unless_failed()?;
        let Stages { defaults, validate, resolve_paths, .. } = self.stages;
        let resolve_paths = resolve_paths || !scope.included.is_empty();
        let base = paths::Base { folder: &scope.folder, home: self.home.as_deref(), files: self.files };
        let mut resolved = Ok(());
        parts::each(&mut dict, |part| {
            if defaults {
                defaults::add(part);
            }
            if validate {
                self.diagnostics.extend(defaults::check(part));
            }
            if resolve_paths && resolved.is_ok() {
                resolved = base.resolve(part);
            }
            normalize::resolve_listed(part, &scope.environment);
            Ok(())
        })?;
        self.unless_failed()?;
        resolved?;
        if !scope.included.is_empty() {
            normalize::resolve_configs(&mut dict, &scope.environment);
        }
        Ok(dict)
    }

    /// Loads a file that a service extends from, without the steps for whole projects.
    pub fn base(&mut self, path: &str, scope: &Scope, place: Place) -> Result<(Node, Vec<Path>), Diagnostic> {
        self.file(path, place, Node::new(Value::Map(Box::default()), Place::NONE), scope, true)
    }

    pub fn resolve_paths(&mut self, tree: &mut Node, folder: &str) -> Result<(), Diagnostic> {
        paths::Base { folder, home: self.home.as_deref(), files: self.files }.resolve(tree)
    }

    /// Merges all documents of a file over earlier files.
    fn file(
        &mut self,
        path: &str,
        place: Place,
        mut dict: Node,
        scope: &Scope,
        is_base: bool,
    ) -> Result<(Node, Vec<Path>), Diagnostic> {
        let documents = match self.parsed.remove(path) {
            Some(documents) => documents,
            None => {
                let (number, text) = self.text(path, &rules::UNREADABLE_FILE, place)?;
                yaml::parse(&text, number)?
            }
        };
        let mut resets = Vec::new();
        for document in documents {
            resets = document.resets;
            dict = self.document(document.root, &resets, dict, scope, is_base)?;
        }
        Ok((dict, resets))
    }

    fn document(
        &mut self,
        mut root: Node,
        resets: &[Path],
        mut dict: Node,
        scope: &Scope,
        is_base: bool,
    ) -> Result<Node, Diagnostic> {
        if root.as_map().is_none() {
            return Err(Diagnostic::new(
                &rules::WRONG_TYPE,
                root.place,
                "top-level object must be a mapping",
            )
            .remedy("start the file with `services:` in the first column"));
        }
        if self.stages.interpolate {
            interpolate::interpolate(self, &mut root, &scope.environment);
        }
        promote::promote(&mut root)?;
        if self.stages.include && !is_base {
            let mut inner = scope.clone();
            inner.included.push(scope.file.to_string());
            include::apply(self, &mut root, &inner, resets)?;
        }
        yaml::apply(resets, &mut dict);
        if self.stages.extends && !is_base {
            extends::apply(self, &mut root, scope, resets)?;
        }
        let mut dict = merge::files(dict, root)?;
        let validate = self.stages.validate && !is_base;
        let (mut faults, mut refused, mut last) = (Vec::new(), Vec::new(), Ok(()));
        parts::each(&mut dict, |part| {
            unicity::enforce(part)?;
            if validate && faults.len() < MAX_FAULTS {
                faults.extend(schema::validate(part));
            }
            canonical::canonical(part, !self.stages.interpolate, &self.budget, &mut refused);
            canonical::omit_empty(part);
            if last.is_ok() {
                last = unicity::enforce(part);
            }
            Ok(())
        })?;
        faults.truncate(MAX_FAULTS);
        for found in [faults, refused] {
            let before = self.diagnostics.len();
            self.diagnostics.extend(found);
            self.settle(before);
        }
        if validate {
            self.drop_version(&mut dict, &scope.file);
        }
        last.map(|()| dict)
    }

    fn drop_version(&mut self, dict: &mut Node, file: &str) {
        let Some(map) = dict.as_map_mut() else { return };
        if let Some(version) = map.entry("version") {
            let message = format!(
                "{file}: the attribute `version` is obsolete, it will be ignored, please remove it to avoid potential confusion"
            );
            self.diagnostics.push(Diagnostic::new(&rules::OBSOLETE_VERSION, version.key, message));
            map.remove("version");
        }
    }

    /// Reads an env file of an included project.
    pub fn env_file(
        &mut self,
        path: &str,
        place: Place,
        into: &mut Environment,
        outer: &Environment,
    ) -> Result<(), Diagnostic> {
        let (file, text) = self.env_text(path, &rules::MISSING_ENV_FILE, place)?;
        let outer = |name: &str| outer.get(name).cloned();
        let warnings = dotenv::read(EnvText { text: &text, file }, into, &outer, &self.budget)?;
        self.diagnostics.extend(warnings);
        Ok(())
    }

    /// Returns the project with all diagnostics.
    pub fn done(
        mut self,
        result: Result<Project, Diagnostic>,
    ) -> (Option<Project>, Vec<Diagnostic>, Sources) {
        let project = match result {
            Ok(project) if !self.failed() => Some(project),
            Ok(_) => None,
            Err(first) => {
                let before = self.diagnostics.len();
                self.diagnostics.push(first);
                self.settle(before);
                None
            }
        };
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.place.file, diagnostic.place.start));
        (project, self.diagnostics, self.sources)
    }
}

/// Returns the project name of a document. A name that is reset precedes the name of a merge key.
fn name_of(document: &Document) -> Option<&Node> {
    document.reset_name.as_ref().or_else(|| document.root.get("name"))
}

/// Removes the characters that a project name cannot have.
#[must_use]
pub fn normalized_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let kept: String = lower.chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-')).collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}
