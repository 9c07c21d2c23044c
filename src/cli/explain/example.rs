//! The examples of rules, loaded and converted in memory.

use compose_loader::render::Renderer;
use compose_loader::{
    Diagnostic, Example, Sources,
    discover::{Options as Find, discover},
    load_with,
};

use super::super::conversion::{attribute, messages};
use crate::convert::secrecy::quiet::Quiet;
use crate::convert::{Converted, Options, convert};
use crate::rules::Rule;

/// What is said about an example.
#[derive(Default)]
struct Said {
    diagnostics: Vec<Diagnostic>,
    converted: Option<Converted>,
    sources: Sources,
    quiet: Quiet,
}

/// Returns what is said about the example of a rule, as far as it is about the rule. Returns `None` if there is no
/// example.
pub fn said(rule: &Rule) -> Option<String> {
    let Said { diagnostics, converted, sources, quiet } = run(rule.example)?;
    let renderer = Renderer::new(&sources).plain().folder(Example::FOLDER).redact(&quiet);
    let mut said: Vec<_> =
        diagnostics.iter().filter(|it| it.id == rule.id).map(|it| renderer.render(it)).collect();
    // Nothing is printed about a value that works, or that has no meaning: only the report contains its verdict.
    if said.is_empty() {
        let entries = converted.iter().flat_map(|converted| &converted.entries);
        let entries = entries.filter(|entry| entry.rule.is_some_and(|other| other.id == rule.id));
        said.extend(entries.map(|entry| {
            let at = sources.locate(entry.place).map(|at| format!("line {}: ", at.line)).unwrap_or_default();
            format!("{at}{} is {}", attribute(&entry.pointer), entry.kind.as_str())
        }));
    }
    Some(said.join("\n\n"))
}

/// Loads and converts an example, as `convert` does.
fn run(example: Example) -> Option<Said> {
    let files = example.in_memory()?;
    let find = Find { folder: Example::FOLDER.to_owned(), ..Find::default() };
    let mut found = match discover(&find, &files) {
        Ok(found) => found,
        Err(error) => {
            let (error, sources) = *error;
            return Some(Said { diagnostics: vec![error], sources, ..Said::default() });
        }
    };
    let profiles = std::mem::replace(&mut found.request.profiles, vec!["*".to_owned()]);
    found.request.stages.jobs = true;
    let loaded = load_with(&found.request, &files, found.sources);
    let mut diagnostics = [found.warnings, loaded.diagnostics].concat();
    let mut quiet = Quiet::of(&loaded.sources, &found.request.environment);
    let converted = loaded.project.map(|project| {
        let options = Options { namespace: None, registry: registry(example), profiles };
        let converted = convert(&project, &files, &options);
        quiet = std::mem::take(&mut quiet).with(&project).and(&converted);
        diagnostics.extend(messages(&converted, &[]));
        converted
    });
    Some(Said { diagnostics, converted, sources: loaded.sources, quiet })
}

/// Returns the registry that the command of an example names.
fn registry(example: Example) -> Option<String> {
    let command = example.command()?;
    command.split(' ').skip_while(|word| *word != "--registry").nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::said;
    use crate::rules;

    #[test]
    fn each_example_shows_its_rule() {
        let without: Vec<_> = rules::all().iter().filter(|rule| said(rule) == Some(String::new())).collect();
        let ids: Vec<_> = without.iter().map(|rule| rule.id).collect();
        assert!(ids.is_empty(), "nothing is said about the examples of {ids:#?}");
    }

    #[test]
    fn few_rules_have_no_example() {
        let without = rules::all().iter().filter(|rule| rule.example.text().is_none());
        let ids: Vec<_> = without.map(|rule| rule.id).collect();
        assert!(ids.len() < 20, "{ids:?}");
    }
}
