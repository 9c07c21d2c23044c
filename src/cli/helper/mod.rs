//! `stackwright helper`: the program of init containers and hooks. [`translate`](crate::translate) writes its arguments.

mod files;
mod hook;
mod lock;
mod prepare;
mod project_files;
mod seed;
mod within;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Run a hook, and succeed even if the hook fails
    Hook(hook::Args),
    /// Install this program, copy files, copy project files into volumes, and set permission bits
    Prepare(prepare::Args),
    /// Seed new volumes from the image
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
