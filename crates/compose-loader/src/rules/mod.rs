//! The rules of the loader. Each diagnostic is about one of them.

mod example;
mod project;
mod references;
mod rule;
mod values;
mod variables;
mod yaml;

pub use self::example::Example;
pub use self::rule::{Rule, Severity};
pub(crate) use self::{project::*, references::*, values::*, variables::*, yaml::*};

/// Returns all rules, sorted by id.
#[must_use]
pub fn rules() -> Vec<&'static Rule> {
    let mut rules = [PROJECT, REFERENCES, VALUES, VARIABLES, YAML].concat();
    rules.sort_by_key(|rule| rule.id);
    rules
}

#[cfg(test)]
mod tests {
    use super::{Example, rules};
    use crate::discover::{Options, discover};
    use crate::load_with;

    #[test]
    fn each_id_is_unique_and_each_rule_has_its_texts() {
        let rules = rules();
        for pair in rules.windows(2) {
            assert_ne!(pair[0].id, pair[1].id);
        }
        for rule in rules {
            let (Example::Files(example) | Example::None(example)) = rule.example;
            for text in [rule.title, rule.explanation, rule.remedy.unwrap_or("none"), example] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", rule.id);
            }
        }
    }

    #[test]
    fn each_example_breaks_its_rule() {
        let mut wrong = Vec::new();
        for rule in rules() {
            let Some(files) = rule.example.in_memory() else { continue };
            let options = Options { folder: Example::FOLDER.to_owned(), ..Options::default() };
            let told = match discover(&options, &files) {
                Err(error) => vec![error.0],
                Ok(found) => {
                    [found.warnings, load_with(&found.request, &files, found.sources).diagnostics].concat()
                }
            };
            let told: Vec<_> = told.iter().map(|it| (it.id, &it.message)).collect();
            if !told.iter().any(|(id, _)| *id == rule.id) {
                wrong.push(format!("{}: {told:?}\n", rule.id));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.concat());
    }
}
