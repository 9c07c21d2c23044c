//! The scenario language of cluster tests: given a Stack, when steps, then states, objects, order and counts of requests.
//!
//! ```ignore
//! #[test]
//! fn a_deleted_child_is_recreated() {
//!     scenario(async |s| {
//!         let shop = s.apply("shop", "services: {web: {image: 'web:1'}}").await;
//!         let before = shop.until_ready().await;
//!         s.delete("Deployment", &shop.object("web")).await;
//!         ...
//!     });
//! }
//! ```
//!
//! Each scenario has its own namespace, and runs the real binary with its own identity, so that the audit log shows its
//! requests. The namespace is deleted at the end unless `STACKWRIGHT_TEST_KEEP` is set. Nothing sleeps: waits use watches,
//! and a wait that times out shows a diagnosis. `sim/...` annotations steer simulated Pods (`hack/cluster.d/README.md`).

mod audit;
mod cluster;
mod diagnosis;
mod history;
mod identity;
mod kstatus;
mod operator;
mod proof;
mod proxy;
mod registry;
mod scenario;
mod stack;

pub use audit::{Request, Requests};
pub use cluster::Cluster;
pub use history::{Change, Key, View, What};
pub use kstatus::{Kstatus, kstatus};
pub use proof::{children, children_of, end_state, image_of, uids, wanted};
pub use proxy::Side;
pub use registry::Registry;
pub use scenario::{Scenario, Setup, block_on, is_of, pods, scenario};
pub use stack::{StackHandle, condition, from_yaml, status_in};
