//! `stackwright kill`: a signal for the programs of services.

use k8s_openapi::api::core::v1::Pod;
use kube::api::DeleteParams;

use super::{
    containers::{Container, containers},
    failure::Failure,
    program,
    remote::{Place, capture},
    selection::{StackArgs, services},
    target::Target,
    terminal::message,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End the programs of these services [default: all services]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Send this signal; KILL deletes the Pods at once
    #[arg(short, long, value_name = "SIGNAL", default_value = "KILL", value_parser = signal)]
    signal: String,
    #[command(flatten)]
    stack: StackArgs,
}

/// Reads `SIGTERM`, `term` or `15`.
fn signal(text: &str) -> Result<String, String> {
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let is_valid = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    match name {
        "9" => Ok("KILL".to_owned()),
        _ if is_valid => Ok(name.to_owned()),
        _ => Err("write a signal, such as SIGTERM".to_owned()),
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let (stack, pods) = tokio::try_join!(target.stack(), target.list())?;
    let named = services(&stack, &args.services)?;
    let running: Vec<_> = containers(&pods)
        .into_iter()
        .filter(|container| container.is_running() && named.contains(&container.service))
        .collect();
    if running.is_empty() {
        return Err(Failure::new("no container runs")
            .remedy(format!("run {} ps -a", program::name()))
            .into());
    }
    if args.signal != "KILL" {
        for container in &running {
            send(&target, container, &args.signal).await?;
        }
        return Ok(());
    }
    let mut names: Vec<_> = running.iter().map(|container| container.pod.clone()).collect();
    names.sort();
    names.dedup();
    for name in names {
        // The first process of a container ignores SIGKILL from inside, so the node has to send it.
        let params = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::background() };
        match target.connection.api::<Pod>().delete(&name, &params).await {
            Ok(_) => message!("killed {name}"),
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            Err(error) => return Err(target.connection.failed(&format!("delete Pod {name}"), error).into()),
        }
    }
    message!(
        "the operator starts the containers again; run {} stop to keep services stopped",
        program::name()
    );
    Ok(())
}

/// Sends a signal to the first process of a container, with `kill` of its image.
async fn send(target: &Target, container: &Container, signal: &str) -> anyhow::Result<()> {
    let place = Place { pod: container.pod.clone(), container: container.service.clone() };
    let command = ["sh", "-c", "kill -s \"$0\" 1", signal];
    match capture(&target.connection, &place, &command).await? {
        (0, _) => {
            message!("sent SIG{signal} to {}", container.pod);
            Ok(())
        }
        (_, text) => {
            Err(Failure::new(format!("cannot send SIG{signal} to {}: {text}", container.pod)).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_a_name_or_a_number() {
        assert_eq!(signal("SIGHUP").as_deref(), Ok("HUP"));
        assert_eq!(signal("usr1").as_deref(), Ok("USR1"));
        assert_eq!(signal("9").as_deref(), Ok("KILL"));
        assert!(signal("").is_err() && signal("A;B").is_err());
    }
}
