//! The program: reads the command line, runs the verb, and returns an exit code.
#![forbid(unsafe_code)]

use stackwright::cli::{Cli, finish, run};

#[tokio::main]
async fn main() -> std::process::ExitCode {
    finish(run(Cli::from_command_line()).await)
}
