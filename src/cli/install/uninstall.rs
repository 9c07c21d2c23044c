//! `stackwright uninstall`: removes what `install` has made.

use std::time::{Duration, Instant};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, ListParams};
use kube::core::ApiResource;
use kube::{Api, CustomResourceExt, ResourceExt};

use super::found::{installed, objects};
use super::manifests::NAMESPACE;
use crate::api::Stack;
use crate::cli::connection::{CallError, Connection, ContextArgs};
use crate::cli::failure::{Failure, exit};
use crate::cli::objects::Reference;
use crate::cli::prompt::confirm;
use crate::cli::terminal::message;

/// What to remove.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Delete all Stacks of the cluster as well; their volumes stay unless a Stack says otherwise
    #[arg(long)]
    delete_stacks: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print only errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    context: ContextArgs,
}

/// How long the deletion of Stacks may take.
const GONE: Duration = Duration::from_secs(60);

/// The time between two looks at the Stacks.
const LOOK: Duration = Duration::from_millis(500);

/// Removes the operator, its rights and the CustomResourceDefinition.
///
/// # Errors
/// When Stacks exist and the user does not want to delete them, or when the API server refuses a deletion.
pub(in crate::cli) async fn run(args: &Args) -> anyhow::Result<()> {
    let connection = args.context.connect(Some(NAMESPACE)).await?;
    let before = installed(&connection).await?;
    if let Some(release) = before.as_ref().and_then(|it| it.release.as_deref()) {
        let cause = format!("Stackwright was installed by Helm (release {release}), so nothing was removed");
        return Err(Failure::new(cause).remedy(format!("run helm uninstall {release}")).into());
    }
    let stacks = stacks(&connection).await?;
    if !stacks.is_empty() && !args.delete_stacks {
        let cause = format!("{} on the cluster, so nothing was removed: {}", count(&stacks), names(&stacks));
        let remedy = "run down for each of them, or pass --delete-stacks";
        return Err(Failure::new(cause).remedy(remedy).into());
    }
    if !stacks.is_empty() {
        let question = format!("Delete {} with all containers: {}?", count(&stacks), names(&stacks));
        confirm(&question, args.yes)?;
    }
    delete_stacks(&connection, &stacks).await?;
    let mut removed = 0;
    for object in objects(&connection).await? {
        if object.delete(&connection).await? {
            removed += 1;
            say(args, &format!("deleted     {object}"));
        }
    }
    let definition = Reference {
        resource: ApiResource::erase::<CustomResourceDefinition>(&()),
        namespace: None,
        name: Stack::crd_name().to_owned(),
    };
    if definition.delete(&connection).await? {
        removed += 1;
        say(args, &format!("deleted     {definition}"));
        until_gone(&connection, &definition).await?;
    }
    let namespace = before.map_or_else(|| NAMESPACE.to_owned(), |it| it.namespace);
    say(
        args,
        &match removed {
            0 => format!("Stackwright is not installed on the cluster of context {}", connection.context),
            _ => format!(
                "Stackwright is removed from the cluster of context {}; namespace {namespace} and the volumes of Stacks stay",
                connection.context
            ),
        },
    );
    Ok(())
}

/// Waits until an object is gone. The API server deletes a CustomResourceDefinition after the objects of its kind, and an
/// installation before that would lose its own.
async fn until_gone(connection: &Connection, object: &Reference) -> anyhow::Result<()> {
    let start = Instant::now();
    while object.get(connection).await?.is_some() {
        if start.elapsed() >= GONE {
            let cause = format!("{object} is still on the cluster after {} seconds", GONE.as_secs());
            let remedy = format!("look for finalizers with kubectl get crd {} -o yaml", object.name);
            return Err(Failure::new(cause).remedy(remedy).code(exit::TIMEOUT).into());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn say(args: &Args, text: &str) {
    if !args.quiet {
        message!("{text}");
    }
}

/// Returns all Stacks of the cluster. There is none if the cluster does not know the kind.
async fn stacks(connection: &Connection) -> Result<Vec<(String, String)>, CallError> {
    let everywhere: Api<Stack> = Api::all(connection.client.clone());
    match everywhere.list_metadata(&ListParams::default()).await {
        Ok(list) => Ok(list.iter().map(|it| (it.namespace().unwrap_or_default(), it.name_any())).collect()),
        Err(error) => match connection.failed("list Stacks", error) {
            CallError::NotInstalled { .. } => Ok(Vec::new()),
            error => Err(error),
        },
    }
}

/// Deletes Stacks and waits until they are gone, while the operator can still finish their work.
async fn delete_stacks(connection: &Connection, stacks: &[(String, String)]) -> anyhow::Result<()> {
    for (namespace, name) in stacks {
        let api: Api<Stack> = Api::namespaced(connection.client.clone(), namespace);
        match api.delete(name, &DeleteParams::background()).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            Err(error) => {
                return Err(connection.failed(&format!("delete Stack {namespace}/{name}"), error).into());
            }
        }
    }
    let start = Instant::now();
    loop {
        let left = self::stacks(connection).await?;
        if left.is_empty() {
            return Ok(());
        }
        if start.elapsed() >= GONE {
            let cause = format!("{} still on the cluster after {} seconds", count(&left), GONE.as_secs());
            let remedy = format!("look for finalizers with kubectl get stacks -A -o yaml: {}", names(&left));
            return Err(Failure::new(cause).remedy(remedy).code(exit::TIMEOUT).into());
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn count(stacks: &[(String, String)]) -> String {
    match stacks.len() {
        1 => "1 Stack".to_owned(),
        many => format!("{many} Stacks"),
    }
}

/// The number of names in a message.
const NAMED: usize = 5;

fn names(stacks: &[(String, String)]) -> String {
    let mut names: Vec<_> =
        stacks.iter().take(NAMED).map(|(namespace, name)| format!("{namespace}/{name}")).collect();
    if let Some(more) = stacks.len().checked_sub(NAMED).filter(|more| *more > 0) {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_stacks_are_counted_and_some_are_named() {
        let stacks: Vec<_> = (0..7).map(|number| ("n".to_owned(), format!("s{number}"))).collect();
        assert_eq!(count(&stacks), "7 Stacks");
        assert_eq!(names(&stacks), "n/s0, n/s1, n/s2, n/s3, n/s4, and 2 more");
        assert_eq!(names(&stacks[..1]), "n/s0");
    }
}
