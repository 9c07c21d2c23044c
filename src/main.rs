//! The program: reads the command line, runs the verb, and returns an exit code.
#![forbid(unsafe_code)]

use stackwright::cli::{Cli, finish, run};

/// The allocator. jemalloc returns the memory of large Stacks to the system, as `.cargo/config.toml` configures; glibc kept
/// three times the live memory, and musl serializes all threads.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    finish(run(Cli::from_command_line()).await)
}
