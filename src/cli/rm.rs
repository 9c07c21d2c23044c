//! `stackwright rm`: removes containers that have ended.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Pod;
use kube::{ResourceExt, api::DeleteParams};

use super::{
    containers::is_service,
    prompt::confirm,
    selection::{StackArgs, services},
    target::Target,
    terminal::message,
};
use crate::api::labels::ONE_OFF;

// `-f` asks nothing, as in `docker compose rm`: a file has only its long option.
#[derive(Debug, clap::Args)]
#[command(mut_arg("files", |files| files.short(None)))]
pub(super) struct Args {
    /// Remove the containers of these services [default: all services]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Do not ask
    #[arg(short = 'f', long, visible_alias = "yes", short_alias = 'y')]
    force: bool,
    #[command(flatten)]
    stack: StackArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let (stack, pods) = tokio::try_join!(target.stack(), target.list::<Pod>())?;
    let named = services(&stack, &args.services)?;
    let names: BTreeSet<_> =
        pods.iter().filter(|pod| has_ended(pod) && is_of(pod, &named)).map(ResourceExt::name_any).collect();
    if names.is_empty() {
        message!("no container has ended");
        return Ok(());
    }
    let list = names.iter().cloned().collect::<Vec<_>>().join(", ");
    confirm(&format!("Remove {list}, with their logs?"), args.force)?;
    for name in names {
        match target.connection.api::<Pod>().delete(&name, &DeleteParams::background()).await {
            Ok(_) => message!("removed {name}"),
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            Err(error) => return Err(target.connection.failed(&format!("delete Pod {name}"), error).into()),
        }
    }
    Ok(())
}

fn has_ended(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// Reports whether a Pod runs one of the services, or has run it once.
fn is_of(pod: &Pod, services: &[String]) -> bool {
    let one_off = pod.labels().get(ONE_OFF);
    services.iter().any(|service| one_off == Some(service) || is_service(pod, service))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::containers::tests::pod, *};

    #[test]
    fn only_containers_that_have_ended_are_removed() {
        let ended = json!({"status": {"phase": "Succeeded"}});
        let web = ["web".to_owned()];
        let job = pod("shop-web-1", "web", ended.clone());
        assert!(has_ended(&job) && is_of(&job, &web) && !is_of(&job, &["db".to_owned()]));
        assert!(!has_ended(&pod("shop-web-1", "web", json!({}))));
        let mut one_off = pod("shop-web-run-1", "other", ended);
        one_off.labels_mut().insert(ONE_OFF.to_owned(), "web".to_owned());
        assert!(is_of(&one_off, &web));
    }
}
