//! Parse arguments, dispatch, and turn an error into a message and an exit code.
#![forbid(unsafe_code)]

use clap::Parser;
use stackwright::cli::{Cli, run};

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
