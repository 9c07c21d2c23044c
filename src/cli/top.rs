//! `stackwright top`: the processes of containers.

use super::{
    containers::containers,
    failure::Failure,
    program,
    remote::{Place, capture},
    selection::{StackArgs, services},
    target::Target,
    terminal::{message, print},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show only the processes of these services [default: all services]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    #[command(flatten)]
    stack: StackArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let (stack, pods) = tokio::try_join!(target.stack(), target.list())?;
    let named = services(&stack, &args.services)?;
    let all = containers(&pods);
    let mut shown = 0;
    for container in all.iter().filter(|it| it.is_running() && named.contains(&it.service)) {
        let place = Place { pod: container.pod.clone(), container: container.service.clone() };
        match capture(&target.connection, &place, &["ps", "-ef"]).await {
            Ok((0, processes)) => {
                print(&format!("{} ({})\n{}\n\n", container.pod, container.service, processes.trim_end()))?;
                shown += 1;
            }
            Ok((_, text)) => message!("{}: ps failed: {text}", container.pod),
            Err(error) => message!("{}: {error:#}", container.pod),
        }
    }
    if shown == 0 {
        return Err(Failure::new("no running container lists its processes")
            .remedy(format!(
                "use an image with the program ps, or run {} stats for processor time and memory",
                program::name()
            ))
            .into());
    }
    Ok(())
}
