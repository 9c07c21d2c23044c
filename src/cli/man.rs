//! `stackwright man`: manual pages, one for each verb.

use std::fs;

use anyhow::Context;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write the pages to this folder
    #[arg(value_name = "FOLDER")]
    folder: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    fs::create_dir_all(&args.folder).with_context(|| format!("cannot create {}", args.folder))?;
    clap_mangen::generate_to(super::user_command(), &args.folder)
        .with_context(|| format!("cannot write manual pages to {}", args.folder))
}
