//! The `env_file` and `label_file` of services.

use crate::diagnostic::Diagnostic;
use crate::dotenv::{self, EnvText};
use crate::environment::{Environment, Variable};
use crate::files::FileKind;
use crate::load::Load;
use crate::project::{Project, fill};
use crate::rules;
use crate::source::Place;
use crate::substitute::Failure;
use crate::tree::{Entry, Map, Node, Origin, Supplied, Value};

impl Load<'_> {
    /// Adds the variables of each `env_file` to `environment`, which overrides them.
    pub fn env_files(&mut self, project: &mut Project) -> Result<(), Diagnostic> {
        let environment = project.environment.clone();
        let with_jobs = self.stages.jobs;
        each_container(project, with_jobs, |container| self.env_files_of(container, &environment))
    }

    fn env_files_of(&mut self, container: &mut Map, environment: &Environment) -> Result<(), Diagnostic> {
        if let Some(own) = container.get_mut("environment").and_then(Node::as_map_mut) {
            for (name, node) in own.iter_mut().filter(|(_, node)| node.is_null()) {
                if let Some(variable) = environment.get(name) {
                    *node = from_variable(name, variable, node.place);
                }
            }
        }
        let listed = if self.stages.discard_files {
            container.remove("env_file")
        } else {
            container.get("env_file").cloned()
        };
        let Some(Value::List(files)) = listed.map(|node| node.value) else { return Ok(()) };
        let own = container.get("environment").and_then(Node::as_map);
        let of_container = |name: &str| match &own?.get(name)?.value {
            Value::Str(value) => Some(Variable { value: value.clone(), origin: Origin::Loader }),
            _ => None,
        };
        let mut vars = Environment::default();
        for file in &files {
            self.service_file(file, &mut vars, &|name| {
                environment.get(name).cloned().or_else(|| of_container(name))
            })?;
        }
        fill(container, "environment", as_map(&vars));
        Ok(())
    }

    fn service_file(
        &mut self,
        file: &Node,
        vars: &mut Environment,
        outer: dotenv::Outer<'_>,
    ) -> Result<(), Diagnostic> {
        let path = file.str_at("path").unwrap_or_default().to_owned();
        let place = file.get("path").map_or(file.place, |node| node.place);
        if path.is_empty() || !self.is_read(&path) && self.files.kind(&self.full(&path)).is_none() {
            let required = file.get("required").and_then(Node::as_bool).unwrap_or(true);
            if !required {
                return Ok(());
            }
            return Err(Diagnostic::new(
                &rules::MISSING_ENV_FILE,
                place,
                format!("env file {path} not found"),
            ));
        }
        let (number, text) = self.env_text(&path, &rules::MISSING_ENV_FILE, place)?;
        // The file is parsed for each service, since it can use the variables of the service.
        if !self.budget.text(text.len()) {
            return Err(dotenv::failed(&Failure::TooLong, None, place));
        }
        let source = EnvText { text: &text, file: number };
        match file.str_at("format") {
            None => {
                let warnings = dotenv::read(source, vars, outer, &self.budget)?;
                self.diagnostics.extend(warnings);
            }
            Some("raw") => dotenv::read_raw(source, vars, outer, &self.budget)?,
            Some(other) => {
                return Err(Diagnostic::new(
                    &rules::ENV_FILE_FORMAT,
                    place,
                    format!("unsupported env_file format {other:?}"),
                ));
            }
        }
        Ok(())
    }

    /// Adds the labels of each `label_file` to `labels`, which overrides them.
    pub fn label_files(&mut self, project: &mut Project) -> Result<(), Diagnostic> {
        let with_jobs = self.stages.jobs;
        each_container(project, with_jobs, |container| self.label_files_of(container))
    }

    fn label_files_of(&mut self, container: &mut Map) -> Result<(), Diagnostic> {
        let listed = container.get("label_file").cloned();
        let Some(Value::List(files)) = listed.map(|node| node.value) else { return Ok(()) };
        let mut labels = Environment::default();
        for file in &files {
            let path = file.as_str().unwrap_or_default().to_owned();
            if !matches!(self.files.kind(&self.full(&path)), Some(FileKind::File | FileKind::Outside)) {
                return Err(Diagnostic::new(
                    &rules::MISSING_LABEL_FILE,
                    file.place,
                    format!("label file {path} not found"),
                ));
            }
            let (number, text) = self.env_text(&path, &rules::MISSING_LABEL_FILE, file.place)?;
            let known = labels.clone();
            let outer = |name: &str| known.get(name).cloned();
            let mut vars = Environment::default();
            let warnings =
                dotenv::read(EnvText { text: &text, file: number }, &mut vars, &outer, &self.budget)?;
            self.diagnostics.extend(warnings);
            vars.add_missing(&labels);
            labels = vars;
        }
        fill(container, "labels", as_map(&labels));
        Ok(())
    }
}

/// Applies `work` to the services, their `pre_start` containers and, `with_jobs`, the jobs.
fn each_container(
    project: &mut Project,
    with_jobs: bool,
    mut work: impl FnMut(&mut Map) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    for (_, service) in project.services_mut().into_iter().flat_map(Map::iter_mut) {
        let Some(service) = service.as_map_mut() else { continue };
        work(service)?;
        if let Some(Node { value: Value::List(hooks), .. }) = service.get_mut("pre_start") {
            hooks.iter_mut().filter_map(Node::as_map_mut).try_for_each(&mut work)?;
        }
    }
    if with_jobs {
        let jobs = project.jobs_mut().into_iter().flat_map(Map::iter_mut);
        jobs.filter_map(|(_, job)| job.as_map_mut()).try_for_each(work)?;
    }
    Ok(())
}

/// Returns the value of a variable as a node.
fn from_variable(name: &str, variable: &Variable, place: Place) -> Node {
    let end = u32::try_from(variable.value.len()).unwrap_or(0);
    let part = Supplied { start: 0, end, variable: name.into(), origin: variable.origin.clone() };
    Node { value: Value::Str(variable.value.clone()), place, trace: Some(Box::new([part])) }
}

fn as_map(vars: &Environment) -> Map {
    let mut map = Map::default();
    for (name, variable) in vars.iter() {
        let place = match variable.origin {
            Origin::File(place) => place,
            _ => Place::NONE,
        };
        map.push(name.clone(), Entry { key: place, node: from_variable(name, variable, place) });
    }
    map
}
