//! `stackwright helper`: what init containers of the operator's own image do before a service starts.
//! Nobody types it; `translate` writes its arguments.

mod files;
mod hook;
mod lay;
mod prepare;
mod seed;
mod turn;
mod within;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Run a hook, and end well whatever becomes of it.
    Hook(hook::Args),
    /// Leave this program in a folder, copy files, lay files into volumes, set permission bits.
    Prepare(prepare::Args),
    /// Fill new volumes with what the image has.
    Seed(seed::Args),
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.verb {
        Verb::Hook(args) => {
            hook::run(args);
            Ok(())
        }
        Verb::Prepare(args) => prepare::run(args),
        Verb::Seed(args) => seed::run(args),
    }
}
