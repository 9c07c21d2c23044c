//! The program: reads the command line, runs the verb, and returns an exit code.
#![forbid(unsafe_code)]

use stackwright::cli::{Cli, finish, run};

/// The allocator. jemalloc returns the memory of large Stacks to the system at once, as `.cargo/config.toml` configures. The
/// allocator of glibc keeps the memory, and exceeds the bound of `make siege`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    finish(run(Cli::from_command_line()).await)
}
