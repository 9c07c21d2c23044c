//! Desired + observed -> what may be applied now, what waits for what, what is replaced or pruned.
//! Pure.

mod observed;

pub use observed::{
    Child, ChildState, Digest, JobState, Observed, Owner, Pod, ServiceState, Settled, WorkloadState,
};
