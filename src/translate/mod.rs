//! Translation of a Stack and facts about the cluster to the desired objects. Translation is pure: the same input gives
//! the same objects in the same order, byte for byte. `render` and the controller both call it.
//!
//! `resolve` looks up names, reads values and collects problems. `build` builds the objects of a valid Stack, with one
//! builder for each kind of child. `tests/golden/` has an example of each rule.

mod build;
mod desired;
mod facts;
mod findings;
mod image;
mod invalid;
mod limits;
mod object;
mod order;
mod privileges;
mod references;
mod resolve;
#[cfg(test)]
mod tests;

pub use build::helper_image;
pub use desired::{
    Activity, Approximation, Desired, JobUnit, Missing, Need, Unit, Unread, WaitFor, Workload,
};
pub use facts::{
    Facts, HashKey, LiveClaim, LiveService, LiveWorkload, ObjectKind, ServerVersion, content_digest,
};
pub use image::{Image, ImageConfig, recalled, remembered};
pub use invalid::{Invalid, MOST_SHOWN, Problem};
pub use limits::Limits;
pub use object::{Child, Kind, Object};
pub use privileges::{Privilege, Privileges};
pub use references::{named_keys, named_objects};
pub use resolve::{activity, join_jobs, one_shots_by_default};

use crate::api::Stack;

/// Translates a Stack to the desired objects.
///
/// # Errors
/// Returns all problems of the spec, each with its path and remedy.
pub fn translate(stack: &Stack, facts: &Facts) -> Result<Desired, Invalid> {
    let joined = resolve::joined(stack);
    let stack = joined.as_ref();
    let resolved =
        resolve::resolve(stack, facts).map_err(|invalid| resolve::with_paths(&stack.spec, invalid))?;
    let mut desired = build::build(&resolved, facts);
    for approximation in &mut desired.approximations {
        if let Some(path) = resolve::path_of_job(&stack.spec, &approximation.path) {
            approximation.path = path;
        }
    }
    Ok(desired)
}
