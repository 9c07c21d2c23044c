//! `stackwright images`: the images of the containers.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    containers::{Container, containers},
    format::{Format, JsonForm, Row},
    selection::{StackArgs, services},
    target::Target,
    terminal::{output_width, print},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show only the images of these services [default: all services]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Print a table, JSON, or a template such as '{{.Repository}}'
    #[arg(long, value_name = "table|json|TEMPLATE", default_value = "table", hide_default_value = true)]
    format: Format,
    /// Print only the identities of the images
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    stack: StackArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let (stack, pods) = tokio::try_join!(target.stack(), target.list())?;
    let named = services(&stack, &args.services)?;
    let all = containers(&pods);
    let shown: Vec<_> = all
        .iter()
        .filter(|container| args.services.is_empty() || named.contains(&container.service))
        .collect();
    if args.quiet {
        let ids: BTreeSet<_> = shown.iter().filter_map(|container| Image::of(container).id).collect();
        return print(&ids.iter().map(|id| format!("{id}\n")).collect::<String>());
    }
    print(&args.format.text(
        &HEADINGS,
        shown.into_iter().map(row).collect(),
        JsonForm::Array,
        output_width(),
    )?)
}

const HEADINGS: [&str; 5] = ["CONTAINER", "SERVICE", "REPOSITORY", "TAG", "IMAGE ID"];

/// The parts of the name of an image.
#[derive(Debug, Eq, PartialEq)]
struct Image {
    repository: String,
    tag: Option<String>,
    /// The digest that the node has pulled, or that the name has.
    digest: Option<String>,
    /// The first digits of the digest.
    id: Option<String>,
}

impl Image {
    fn of(container: &Container) -> Self {
        let pulled = container.image_id.as_deref().and_then(|id| id.rsplit_once("sha256:"));
        Self::new(&container.image, pulled.map(|(_, digest)| digest))
    }

    fn new(name: &str, pulled: Option<&str>) -> Self {
        let (name, own) = match name.split_once('@') {
            Some((name, digest)) => (name, digest.strip_prefix("sha256:")),
            None => (name, None),
        };
        // A colon before a slash belongs to the port of the registry.
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag.to_owned())),
            _ if own.is_some() => (name, None),
            _ => (name, Some("latest".to_owned())),
        };
        let digest = pulled.or(own);
        Self {
            repository: repository.to_owned(),
            tag,
            digest: digest.map(|digest| format!("sha256:{digest}")),
            id: digest.map(|digest| digest.chars().take(12).collect()),
        }
    }
}

fn row(container: &Container) -> Row {
    let image = Image::of(container);
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    Row {
        cells: vec![
            container.pod.clone(),
            container.service.clone(),
            image.repository.clone(),
            dash(&image.tag),
            dash(&image.id),
        ],
        value: json!({
            "ContainerName": container.pod,
            "Digest": image.digest,
            "ID": image.id,
            "Repository": image.repository,
            "Service": container.service,
            "Tag": image.tag,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_repository_a_tag_and_the_digest_that_runs() {
        let shown = |name: &str, pulled: Option<&str>| {
            let image = Image::new(name, pulled);
            format!("{} {:?} {:?}", image.repository, image.tag.as_deref(), image.id.as_deref())
        };
        assert_eq!(shown("nginx", None), "nginx Some(\"latest\") None");
        assert_eq!(
            shown("nginx:1.29", Some("0123456789abcdef")),
            "nginx Some(\"1.29\") Some(\"0123456789ab\")"
        );
        assert_eq!(shown("localhost:5000/web", None), "localhost:5000/web Some(\"latest\") None");
        assert_eq!(shown("a/b@sha256:ffff", None), "a/b None Some(\"ffff\")");
        assert_eq!(shown("a/b:2@sha256:ffff", Some("eeee")), "a/b Some(\"2\") Some(\"eeee\")");
    }
}
