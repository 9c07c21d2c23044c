//! The Stack that a verb means: by name, by the Compose project of the folder, or by a manifest.

use std::path::Path;

use compose_loader::load_with;

use super::connection::{ClusterArgs, Connection};
use super::failure::Failure;
use super::project::{ProjectArgs, current_folder};
use super::render::manifest;
use super::report;
use crate::api::Stack;
use crate::convert::names::{Names, label, service_label};
use crate::convert::secrecy::quiet::Quiet;

/// The arguments that select a Stack on a cluster.
#[derive(Debug, clap::Args)]
pub struct StackArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// The Stack that a verb means.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The name of the Stack.
    pub name: String,
    /// The namespace, if a manifest has one.
    pub namespace: Option<String>,
    /// The Compose files, if the verb reads a project.
    pub source: Option<String>,
}

impl StackArgs {
    /// Returns the name of the Stack. `-p NAME` without a file reads no file, so that it names any Stack of the cluster.
    ///
    /// # Errors
    /// When the folder has no Compose file, the project cannot be loaded, or a manifest does not have exactly one Stack.
    pub fn selection(&self) -> anyhow::Result<Selection> {
        if let (Some(name), true) = (&self.project.project_name, self.project.files.is_empty()) {
            return Ok(Selection { name: label(name, "stack"), namespace: None, source: None });
        }
        if let Some(manifests) = manifest::read(&self.project)? {
            return of_manifest(&manifests.stacks, self.project.project_name.as_deref());
        }
        of_project(&self.project)
    }

    /// Connects to the cluster and reads the Stack.
    ///
    /// # Errors
    /// When no Stack is selected, or when it cannot be read.
    pub async fn find(&self) -> anyhow::Result<(Connection, Stack)> {
        let selection = self.selection()?;
        let connection = self.connect(&selection).await?;
        let stack = connection.stack(&selection.name).await?;
        Ok((connection, stack))
    }

    /// Connects to the cluster. The namespace is that of `--namespace`, of the manifest, or of the context.
    ///
    /// # Errors
    /// When no cluster is configured.
    pub async fn connect(&self, selection: &Selection) -> anyhow::Result<Connection> {
        let mut cluster = self.cluster.clone();
        cluster.namespace = cluster.namespace.or_else(|| selection.namespace.clone());
        Ok(cluster.connect().await?)
    }
}

/// Returns the Stack of manifests, which is the one of a name if there are several.
pub fn of_manifest(stacks: &[Stack], name: Option<&str>) -> anyhow::Result<Selection> {
    let name_of = |stack: &Stack| stack.metadata.name.clone().unwrap_or_default();
    let mut fitting = stacks.iter().filter(|stack| name.is_none_or(|name| name_of(stack) == name));
    match (fitting.next(), fitting.next()) {
        (Some(stack), None) => {
            Ok(Selection { name: name_of(stack), namespace: stack.metadata.namespace.clone(), source: None })
        }
        _ => {
            let names: Vec<_> = stacks.iter().map(name_of).collect();
            let cause = format!("cannot choose a Stack of the manifests: these contain {}", names.join(", "));
            Err(Failure::new(cause).remedy("name one of them with -p NAME").into())
        }
    }
}

/// Returns the Stack of the Compose project. Diagnostics are printed only if the project cannot be loaded.
fn of_project(project: &ProjectArgs) -> anyhow::Result<Selection> {
    let folder = current_folder()?;
    let files = project.files(&folder)?;
    let mut found = project.discover(&folder, &*files)?;
    if found.request.files.is_empty() {
        // COMPOSE_PROJECT_NAME needs no file either.
        let named = |name: String| Selection { name: label(&name, "stack"), namespace: None, source: None };
        return found.request.name.map(named).ok_or_else(|| {
            Failure::new("cannot choose a Stack: this folder has no Compose file")
                .remedy("run the command in the folder of a Compose file, or pass -f FILE or -p NAME")
                .into()
        });
    }
    found.request.profiles = vec!["*".to_owned()];
    let loaded = load_with(&found.request, &*files, found.sources);
    match &loaded.project {
        Some(project) => {
            let paths: Vec<_> = found.request.files.iter().map(|file| file.path.clone()).collect();
            Ok(Selection { name: Names::of(project).stack, namespace: None, source: Some(source(&paths)) })
        }
        None => {
            let quiet = Quiet::of(&loaded.sources, &found.request.environment);
            report::print(&loaded.diagnostics, &loaded.sources, &folder, &quiet);
            Err(Failure::new("cannot load the project")
                .remedy("correct the errors above, or name the Stack with -p NAME")
                .into())
        }
    }
}

/// Returns the identity of Compose files: their paths from the root of the Git repository on, with the name of its folder, so
/// that two checkouts have the same identity. Outside of a repository, it is the whole path.
pub fn source(paths: &[String]) -> String {
    let paths = paths.iter().map(|path| {
        let path = Path::new(path);
        let root = path.ancestors().skip(1).find(|folder| folder.join(".git").exists());
        let above = root.and_then(Path::parent).and_then(|above| path.strip_prefix(above).ok());
        above.unwrap_or(path).display().to_string()
    });
    paths.collect::<Vec<_>>().join(",")
}

/// Returns the services of a Stack that the user names, and all services if the user names none. A service can have another
/// name in the Stack than in the Compose file.
///
/// # Errors
/// When the Stack does not have a service.
pub fn services(stack: &Stack, named: &[String]) -> Result<Vec<String>, Failure> {
    let known = &stack.spec.services;
    if named.is_empty() {
        return Ok(known.keys().cloned().collect());
    }
    let find = |name: &String| {
        [name.clone(), service_label(name)].into_iter().find(|name| known.contains_key(name)).ok_or_else(
            || {
                let stack = stack.metadata.name.as_deref().unwrap_or_default();
                let services = known.keys().cloned().collect::<Vec<_>>().join(", ");
                Failure::new(format!("Stack {stack} has no service {name}"))
                    .remedy(format!("name one of {services}"))
            },
        )
    };
    let mut services: Vec<String> = named.iter().map(find).collect::<Result<_, _>>()?;
    services.sort();
    services.dedup();
    Ok(services)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stack(name: &str) -> Stack {
        let services = json!({"web": {"image": "i"}, "my-app": {"image": "i"}});
        serde_json::from_value(
            json!({"metadata": {"name": name, "namespace": "n"}, "spec": {"services": services}}),
        )
        .unwrap()
    }

    #[test]
    fn one_of_several_stacks_is_chosen_by_name() {
        let stacks = [stack("a"), stack("b")];
        assert_eq!(of_manifest(&stacks[..1], None).unwrap().name, "a");
        assert_eq!(of_manifest(&stacks, Some("b")).unwrap().name, "b");
        assert_eq!(of_manifest(&stacks, Some("b")).unwrap().namespace.as_deref(), Some("n"));
        assert!(of_manifest(&stacks, None).unwrap_err().to_string().ends_with("contain a, b"));
    }

    #[test]
    fn a_file_in_a_repository_is_the_same_in_each_checkout() {
        let folder = tempfile::tempdir().unwrap();
        let path = |path: &str| folder.path().join(path).display().to_string();
        std::fs::create_dir_all(folder.path().join("shop/.git")).unwrap();
        assert_eq!(source(&[path("shop/deploy/compose.yaml")]), "shop/deploy/compose.yaml");
        let outside = path("compose.yaml");
        assert_eq!(source(&[outside.clone(), path("shop/a.yaml")]), format!("{outside},shop/a.yaml"));
    }

    #[test]
    fn a_service_is_found_by_its_name_in_the_compose_file() {
        let names = |named: &[&str]| {
            services(&stack("shop"), &named.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(names(&["My_App", "web", "web"]).unwrap(), ["my-app", "web"]);
        assert_eq!(names(&[]).unwrap(), ["my-app", "web"]);
        assert_eq!(names(&["db"]).unwrap_err().help(), Some("name one of my-app, web"));
    }
}
