//! Stack + facts -> the objects that should exist. Pure: the same input gives the same objects, in
//! the same order, byte for byte; `render` and the controller both call it.

mod desired;
mod facts;
mod hash;
mod invalid;
mod names;
mod object;

pub use desired::{Activity, Approximation, Desired, Missing, Need, Unit, WaitFor, Workload};
pub use facts::{Facts, LiveService, ObjectKind, ServerVersion};
pub use hash::short_hash;
pub use invalid::{Invalid, Problem, Reason};
pub use object::{Kind, Object};
