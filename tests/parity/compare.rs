//! Comparison of the facts from two engines.

use std::collections::BTreeSet;

use crate::{
    play::Facts,
    verdicts::{VERDICTS, Verdict},
};

/// A difference.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Difference {
    /// The path of the fact.
    pub path: String,
    /// The fact on Docker Compose.
    pub docker: Option<String>,
    /// The fact on Stackwright.
    pub cluster: Option<String>,
    /// The verdict that explains it.
    pub verdict: Option<&'static str>,
}

/// Returns all differences of a project, by path.
pub fn differences(project: &str, docker: &Facts, cluster: &Facts) -> Vec<Difference> {
    let paths: BTreeSet<_> = docker.keys().chain(cluster.keys()).collect();
    let different = paths.into_iter().filter(|path| docker.get(*path) != cluster.get(*path));
    different
        .map(|path| {
            let (docker, cluster) = (docker.get(path), cluster.get(path));
            let explains = |it: &&Verdict| {
                it.explains(project, path, docker.map(String::as_str), cluster.map(String::as_str))
            };
            let verdict = VERDICTS.iter().find(explains).map(|verdict| verdict.id);
            Difference { path: path.clone(), docker: docker.cloned(), cluster: cluster.cloned(), verdict }
        })
        .collect()
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |value: &Option<String>| {
            value.as_ref().map_or_else(|| "(nothing)".to_owned(), |it| format!("{it:?}"))
        };
        write!(
            f,
            "{}: Docker Compose {}, Stackwright {}",
            self.path,
            shown(&self.docker),
            shown(&self.cluster)
        )
    }
}
