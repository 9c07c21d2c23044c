//! `stackwright man`: manual pages, one for each verb.

use std::fs;

use anyhow::Context;
use clap::Command;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write the pages to this folder
    #[arg(value_name = "FOLDER")]
    folder: String,
}

/// Writes the pages of a command line.
pub(super) fn run(args: &Args, command: Command) -> anyhow::Result<()> {
    fs::create_dir_all(&args.folder).with_context(|| format!("cannot create {}", args.folder))?;
    clap_mangen::generate_to(command, &args.folder)
        .with_context(|| format!("cannot write manual pages to {}", args.folder))
}
