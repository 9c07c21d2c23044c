//! Collection of problems and approximations, each at the path of a field.

use std::{
    cell::{Cell, RefCell},
    fmt,
};

use compose_loader::did_you_mean;

use super::{Approximation, Invalid, MOST_SHOWN, Privilege, Privileges, Problem};
use crate::api::Reason;

/// The number of problems that are stored. The others are only counted.
const MOST_KEPT: usize = 1_000;

/// The problems and approximations of a spec. Problems are collected, so that one message shows all of them.
#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: RefCell<Vec<Problem>>,
    /// The number of the other problems.
    more: Cell<usize>,
    approximations: RefCell<Vec<Approximation>>,
}

impl Findings {
    /// Returns the path of a field at the root.
    pub fn root<'f>(&'f self, name: &'f str) -> FieldPath<'f> {
        FieldPath { findings: self, parent: None, name, part: Part::Whole }
    }

    /// Returns the path of a service.
    pub fn service<'f>(&'f self, name: &'f str) -> FieldPath<'f> {
        FieldPath { part: Part::Key(name), ..self.root("spec.services") }
    }

    pub fn has_problems(&self) -> bool {
        !self.problems.borrow().is_empty()
    }

    /// Takes the problems.
    ///
    /// # Errors
    /// Fails if there is a problem.
    pub fn check(&self) -> Result<(), Invalid> {
        Invalid::unless_empty(self.problems.take(), self.more.take())
    }

    /// Returns the approximations in the order in which they were reported.
    pub fn into_approximations(self) -> Vec<Approximation> {
        self.approximations.into_inner()
    }
}

/// The path of a field, at which problems and approximations are reported. As in the validation of Kubernetes
/// (`field.Path`), a path refers to its parent, and its text is formatted only for a report.
#[derive(Clone, Copy)]
pub(super) struct FieldPath<'f> {
    findings: &'f Findings,
    parent: Option<&'f FieldPath<'f>>,
    name: &'f str,
    part: Part<'f>,
}

/// The part of a field.
#[derive(Clone, Copy)]
enum Part<'f> {
    Whole,
    /// An element of a list.
    Index(usize),
    /// A value of a map.
    Key(&'f str),
}

impl FieldPath<'_> {
    /// Returns the path of a field of this object.
    pub fn child<'c>(&'c self, name: &'c str) -> FieldPath<'c> {
        self.below(name, Part::Whole)
    }

    /// Returns the path of an element of a list: `name[index]`.
    pub fn index<'c>(&'c self, name: &'c str, index: usize) -> FieldPath<'c> {
        self.below(name, Part::Index(index))
    }

    /// Returns the path of a value of a map: `name.key`.
    pub fn key<'c>(&'c self, name: &'c str, key: &'c str) -> FieldPath<'c> {
        self.below(name, Part::Key(key))
    }

    fn below<'c>(&'c self, name: &'c str, part: Part<'c>) -> FieldPath<'c> {
        FieldPath { findings: self.findings, parent: Some(self), name, part }
    }

    /// Reports a problem.
    pub fn problem(&self, reason: Reason, message: impl Into<String>) {
        let mut problems = self.findings.problems.borrow_mut();
        if problems.len() < MOST_KEPT {
            problems.push(Problem::new(reason, self.to_string(), message));
        } else {
            self.findings.more.set(self.findings.more.get().saturating_add(1));
        }
    }

    /// Reports a value that cannot be used.
    pub fn invalid(&self, message: impl Into<String>) {
        self.problem(Reason::InvalidValue, message);
    }

    /// Reports a reference to a name that does not exist: the kind, the name and the field that declares such names.
    pub fn unknown<'a>(
        &self,
        reason: Reason,
        (kind, name, declared_in): (&str, &str, &str),
        known: impl Iterator<Item = &'a str>,
    ) {
        // The search is slow, so it is omitted for problems that no message shows.
        let is_shown = self.findings.problems.borrow().len() < MOST_SHOWN;
        let near = if is_shown { did_you_mean(name, known) } else { None };
        let remedy = match near {
            Some(close) => format!("did you mean '{close}'?"),
            None => format!("declare it in {declared_in}, or remove this reference"),
        };
        self.problem(reason, format!("there is no {kind} '{name}' in {declared_in}: {remedy}"));
    }

    /// Reports a setting that the cluster cannot reproduce exactly.
    pub fn approximate(&self, message: impl Into<String>) {
        let approximation = Approximation { path: self.to_string(), message: message.into() };
        self.findings.approximations.borrow_mut().push(approximation);
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(formatter, "{parent}.")?;
        }
        formatter.write_str(self.name)?;
        match self.part {
            Part::Whole => Ok(()),
            Part::Index(index) => write!(formatter, "[{index}]"),
            Part::Key(key) => write!(formatter, ".{key}"),
        }
    }
}

/// The privileges that the namespace of a Stack grants.
#[derive(Clone, Copy)]
pub(super) struct Grants<'a> {
    pub privileges: &'a Privileges,
    /// The namespace, if it is known.
    pub namespace: Option<&'a str>,
}

impl Grants<'_> {
    /// Reports a setting that requires a privilege which the namespace does not grant. Returns whether it grants the
    /// privilege.
    pub fn require(self, privilege: Privilege, what: &str, at: &FieldPath<'_>) -> bool {
        let is_granted = self.privileges.allows(privilege);
        if !is_granted {
            let message = format!(
                "the namespace does not grant {what}: ask its administrator to run 'kubectl label namespace {} \
                 allow.stackwright.dev/{}=true'",
                self.namespace.unwrap_or("NAMESPACE"),
                privilege.as_str()
            );
            at.problem(Reason::NotAllowed, message);
        }
        is_granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_kubectl_writes_it() {
        let findings = Findings::default();
        let spec = findings.root("spec");
        let service = spec.key("services", "web");
        service.index("ports", 2).child("target").invalid("out of range");
        service.child("deploy").approximate("once");
        let Err(invalid) = findings.check() else { panic!("there is a problem") };
        assert_eq!(invalid.to_string(), "spec.services.web.ports[2].target: out of range");
        assert_eq!(findings.into_approximations()[0].path, "spec.services.web.deploy");
    }

    #[test]
    fn problems_beyond_the_bound_are_counted() {
        let findings = Findings::default();
        let spec = findings.root("spec");
        (0..MOST_KEPT + 3).for_each(|_| spec.invalid("wrong"));
        let Err(invalid) = findings.check() else { panic!("there are problems") };
        assert_eq!((invalid.problems.len(), invalid.more), (MOST_KEPT, 3));
        assert!(findings.check().is_ok());
    }
}
