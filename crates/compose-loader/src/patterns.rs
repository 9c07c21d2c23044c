//! Patterns for paths of a tree. A walk over the tree finds them step by step.

use crate::names::Names;

/// A table of rules for path patterns, such as `services.*.ports.*`.
/// `*` matches any key and any item of a list. The first key can be several, such as `services|jobs`.
pub struct Patterns<T>(Vec<Branch<T>>);

struct Branch<T> {
    named: Names<usize>,
    any: Option<usize>,
    rule: Option<T>,
}

/// A position in the table from which a rule can be reached.
pub struct At<'r, T> {
    rules: &'r Patterns<T>,
    branch: usize,
}

impl<T> Clone for At<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for At<'_, T> {}

impl<T: Copy> Patterns<T> {
    /// Creates a table of patterns. The first pattern that matches a path wins.
    #[must_use]
    pub fn new(patterns: &[(&'static str, T)]) -> Self {
        let sections = |path: &'static str| path.split('.').next().unwrap_or_default().split('|');
        let split: Vec<_> = patterns
            .iter()
            .flat_map(|(path, rule)| sections(path).map(|section| (section, *path, *rule)))
            .map(|(section, path, rule)| {
                (std::iter::once(section).chain(path.split('.').skip(1)).collect(), rule)
            })
            .collect();
        let mut rules = Patterns(Vec::new());
        rules.grow(
            &split.iter().map(|(path, rule): &(Vec<_>, T)| (path.as_slice(), *rule)).collect::<Vec<_>>(),
        );
        rules
    }

    /// Adds the branch that the patterns share, with its sub-branches.
    fn grow(&mut self, patterns: &[(&[&'static str], T)]) -> usize {
        let index = self.0.len();
        let rule = patterns.iter().find(|(path, _)| path.is_empty()).map(|(_, rule)| *rule);
        self.0.push(Branch { named: Names::default(), any: None, rule });
        let mut names: Vec<&'static str> =
            patterns.iter().filter_map(|(path, _)| path.first().copied()).collect();
        names.sort_unstable();
        names.dedup();
        let mut named = Vec::new();
        for name in names {
            let onward: Vec<_> = patterns
                .iter()
                .filter_map(|(path, rule)| match path.split_first() {
                    Some((first, rest)) if *first == name || *first == "*" => Some((rest, *rule)),
                    _ => None,
                })
                .collect();
            let branch = self.grow(&onward);
            if name == "*" {
                self.0[index].any = Some(branch);
            } else {
                named.push((name, branch));
            }
        }
        self.0[index].named = Names::new(named);
        index
    }

    /// Returns the position of the root.
    #[must_use]
    pub fn root(&self) -> At<'_, T> {
        At { rules: self, branch: 0 }
    }
}

impl<'r, T: Copy> At<'r, T> {
    /// Returns the position of a key, or `None` where no rule is below it.
    #[must_use]
    pub fn key(self, key: &str) -> Option<At<'r, T>> {
        let branch = &self.rules.0[self.branch];
        branch.named.get(key).copied().or(branch.any).map(|branch| At { branch, ..self })
    }

    /// Returns the position of the items of a list.
    #[must_use]
    pub fn item(self) -> Option<At<'r, T>> {
        self.rules.0[self.branch].any.map(|branch| At { branch, ..self })
    }

    /// Returns the rule of this path.
    #[must_use]
    pub fn rule(self) -> Option<T> {
        self.rules.0[self.branch].rule
    }
}
