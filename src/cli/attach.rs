//! `stackwright attach`: the streams of a running container.

use super::{
    containers::containers,
    failure::Exit,
    remote::{Wiring, attach, choose, is_interactive},
    selection::{StackArgs, services},
    target::Target,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Attach to a container of this service
    service: String,
    /// Attach to the container with this number, if the service has several
    #[arg(long, value_name = "NUMBER")]
    index: Option<usize>,
    /// Do not pass standard input
    #[arg(long)]
    no_stdin: bool,
    #[command(flatten)]
    stack: StackArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let (stack, pods) = tokio::try_join!(target.stack(), target.list())?;
    let service = services(&stack, std::slice::from_ref(&args.service))?.swap_remove(0);
    let place = choose(&stack, &service, args.index, &containers(&pods))?;
    // A container has standard input and a terminal only if its service asks for them.
    let spec = stack.spec.services.get(&service);
    let tty = spec.is_some_and(|spec| spec.tty == Some(true)) && is_interactive();
    let stdin = !args.no_stdin && spec.is_some_and(|spec| spec.stdin_open == Some(true));
    match attach(&target.connection, &place, Wiring { stdin, tty }).await? {
        0 => Ok(()),
        code => Err(Exit(code).into()),
    }
}
