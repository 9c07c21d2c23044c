//! Holds what two engines showed side by side.

use std::collections::BTreeSet;

use crate::{
    play::Facts,
    verdicts::{VERDICTS, Verdict},
};

/// Something that is not the same on both.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Difference {
    /// Where.
    pub path: String,
    /// What Docker Compose showed.
    pub docker: Option<String>,
    /// What Stackwright showed.
    pub cluster: Option<String>,
    /// The verdict that explains it.
    pub verdict: Option<&'static str>,
}

/// All differences of a project, in the order of their paths.
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
