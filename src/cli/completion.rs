//! `stackwright completion`: a script that completes commands in a shell.

use clap::Command;
use clap_complete::Shell;

use super::terminal::print;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write the script for this shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for a command line.
pub(super) fn run(args: &Args, mut command: Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "stackwright", &mut script);
    print(&String::from_utf8(script)?)
}
