//! The files of the host as the project uses them.
//!
//! | topic | module |
//! |---|---|
//! | the use of a bind mount, by all of its services | [`uses`] |
//! | folders that the image already contains | `source`, with `dockerfile` and `ignore` |
//! | whether a folder contains files of the project | [`content`] |
//! | the folders of the project | [`bounds`] |
//! | files that a repository excludes | [`repository`] |

pub mod bounds;
pub mod content;
mod dockerfile;
mod ignore;
pub mod names;
pub mod repository;
mod source;
pub mod uses;

pub use self::bounds::{Bounds, Location};
pub use self::uses::{Use, Uses, beside};
