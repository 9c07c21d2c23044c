//! `stackwright rbac`: the roles that the operator needs.

use super::terminal::print;
use crate::cluster::rbac;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the Role for each namespace of an operator that serves only some, instead of a ClusterRole
    #[arg(long)]
    namespaced: bool,
    /// Print the Role for the namespace of the Lease
    #[arg(long, conflicts_with = "namespaced")]
    lease: bool,
    /// Set the name of the role
    #[arg(long, default_value = "stackwright")]
    name: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let yaml = if args.namespaced {
        serde_saphyr::to_string(&rbac::role(&args.name))?
    } else if args.lease {
        serde_saphyr::to_string(&rbac::lease_role(&args.name))?
    } else {
        serde_saphyr::to_string(&rbac::cluster_role(&args.name))?
    };
    print(&yaml)
}
