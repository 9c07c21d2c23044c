//! The progress of a Stack: one line for each service, repainted in place on a terminal, and appended elsewhere.

mod follow;
mod settle;
mod view;

pub use self::follow::{Follow, Goal, follow};
pub use self::settle::{FollowArgs, duration, settle, until};
pub use self::view::{Phase, Row, View};
