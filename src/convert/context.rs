//! What every part of the conversion knows, and what it adds to.

use std::collections::BTreeMap;

use super::names::Names;
use super::reader::Log;
use super::secrecy::Secrecy;
use super::{Folders, Objects, Options};
use crate::api;
use crate::compose::project::Project;

/// What every part of the conversion knows, and what it adds to.
pub struct Context<'a> {
    /// The whole project, to look things up in: what is read for conversion comes from a reader.
    pub project: &'a Project,
    /// The files beside it.
    pub files: &'a dyn Folders,
    /// What the user wants.
    pub options: &'a Options,
    /// The verdicts.
    pub log: &'a Log,
    /// What is secret.
    pub secrecy: &'a Secrecy,
    /// Names on the cluster.
    pub names: Names,
    /// ConfigMaps and Secrets so far.
    pub objects: Objects,
    /// Volumes that the project does not have, such as those for data folders of the host, by name.
    pub volumes: BTreeMap<String, api::Volume>,
}

impl<'a> Context<'a> {
    /// At the beginning of a conversion.
    pub fn new(
        project: &'a Project,
        files: &'a dyn Folders,
        options: &'a Options,
        log: &'a Log,
        secrecy: &'a Secrecy,
    ) -> Self {
        let (names, objects, volumes) = (Names::of(project), Objects::default(), BTreeMap::new());
        Self { project, files, options, log, secrecy, names, objects, volumes }
    }
}
