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
//! Then for all files together: defaults and checks of single values (`defaults`), paths (`resolve`), normalization
//! (`normalize`), canonical types (`bind`, `shape`), profiles (`project`), consistency (`consistency`), warnings about
//! ports (`published`), selection and pruning of resources, `env_file` and `label_file` (`dotenv`). Consecutive steps that
//! handle each service by itself run on a few services at a time (`parts`).

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, MAX_FAULTS};
use crate::load::{Load, Scope};
use crate::project::Project;
use crate::request::{Input, Request, Stages};
use crate::rules;
use crate::source::{Place, Sources};
use crate::tree::{Map, Node, Origin, Value};
use crate::yaml::{self, Document, Path};
use crate::{
    bind, canonical, consistency, defaults, extends, include, interpolate, merge, normalize, parts, promote,
    published, resolve, schema, unicity,
};

impl Load<'_> {
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
    fn model(&mut self, files: &[(String, Place)], scope: &Scope) -> Result<Node, Diagnostic> {
        let mut dict = Node::new(Value::Map(Box::default()), Place::NONE);
        for (file, place) in files {
            let inner = Scope { file: file.as_str().into(), ..scope.clone() };
            dict = self.file(file, *place, dict, &inner, false)?.0;
        }
        self.unless_failed()?;
        let Stages { defaults, validate, resolve_paths, .. } = self.stages;
        let resolve_paths = resolve_paths || !scope.included.is_empty();
        let base = resolve::Base { folder: &scope.folder, home: self.home.as_deref(), files: self.files };
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
    fn base(&mut self, path: &str, scope: &Scope, place: Place) -> Result<(Node, Vec<Path>), Diagnostic> {
        self.file(path, place, Node::new(Value::Map(Box::default()), Place::NONE), scope, true)
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
            include::apply(self, &mut root, &inner, resets, &|load, files, scope| load.model(files, scope))?;
        }
        yaml::apply(resets, &mut dict);
        if self.stages.extends && !is_base {
            extends::apply(self, &mut root, scope, resets, &|load, file, scope, place| {
                load.base(file, scope, place)
            })?;
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
