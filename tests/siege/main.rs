//! Hostile load: fifty Stacks that exhaust every resource that a Stack can use, and twenty good ones, on one operator. Edits of
//! the good Stacks must be applied in time, the operator's memory must stay within its bound, and the operator must not exit.
//!
//! `make siege` takes ten minutes with an optimised build. `cargo test --test siege` takes one minute, with the limits of a
//! build without optimisation.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the cluster tests use the rest of the language")]
mod support;

mod good;
mod hostile;
mod operator;
mod tenant;
mod verdict;

use std::time::Duration;

use clap::Parser;

use support::{Cluster, block_on};
use verdict::Verdict;

/// The allocator of the operator's program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The arguments of this program, which Cargo passes after `--`.
#[derive(Debug, Parser)]
struct Args {
    /// Duration of the load in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Number of Pods that change their readiness once a second.
    #[arg(long, default_value_t = 40)]
    flapping_pods: usize,
    /// Run the operator on the cluster of KUBECONFIG until SIGTERM.
    #[arg(long, requires = "mirror")]
    operator: bool,
    /// The mirror of docker.io for the operator.
    #[arg(long)]
    mirror: Option<String>,
}

fn main() {
    let args = Args::parse();
    if let (true, Some(mirror)) = (args.operator, &args.mirror) {
        return operator::serve(mirror);
    }
    let verdict = block_on(siege(&args));
    println!("{verdict}");
    verdict.judge();
}

async fn siege(args: &Args) -> Verdict {
    let cluster = Cluster::of_its_own_with("siege", &["--simulated", "3"]).await;
    let good = good::Tenants::settle(&cluster).await;
    let operator = operator::Operator::start(&cluster, good.registry()).await;
    good.until_ready().await;
    println!("{} good Stacks are Ready", good::STACKS);
    let hostile = hostile::Tenants::settle(&cluster, args.flapping_pods).await;
    println!("{} hostile Stacks are applied", hostile.count());
    let served = good.edit_for(Duration::from_secs(args.seconds)).await;
    let unsettled = hostile.unsettled().await;
    let (edits, lost_edits) = hostile.edits();
    drop(hostile);
    Verdict { served, unsettled, hostile_edits: edits, lost_edits, operator: operator.end() }
}
