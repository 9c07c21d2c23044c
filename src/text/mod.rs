//! Text in the formats of Kubernetes and of a POSIX shell. All other modules can use these functions, which depend on
//! nothing else.

pub(crate) mod addresses;
pub(crate) mod clip;
pub(crate) mod escape;
mod hash;
pub(crate) mod names;
pub(crate) mod port;
pub(crate) mod shell;
pub(crate) mod validation;

pub(crate) use hash::{leading_bytes, long_hash, short_hash};
