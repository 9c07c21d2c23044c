//! Compose text -> canonical tree, exactly as Docker Compose reads it. Nothing here knows of Kubernetes.
//!
//! The steps, in the order of the reference. For each file, and in it for each document:
//!
//! | step | where |
//! |---|---|
//! | text to tree: types, anchors, merge keys, `!reset` and `!override` | [`yaml`] |
//! | variables into values, and types that are fixed | `interpolate`, [`substitute`] |
//! | extensions that became keys | `promote` |
//! | other projects taken in | `include` |
//! | what this document resets is taken out of what was read before | [`yaml::apply`] |
//! | services that begin as others | `extends` |
//! | over what was read before | [`merge`], [`unicity`] |
//! | the form of a compose file | [`schema`] |
//! | long forms | [`canonical`], [`grammar`] |
//!
//! Then for all files together: [`defaults`] and their checks, [`paths`], [`normalize`], the canonical
//! shape ([`bind`], [`shape`]), profiles ([`project`]), [`consistency`] and warnings of ports (`published`), selection, pruning, `env_file` and
//! `label_file` ([`dotenv`]).
//!
//! Every [`Node`](tree::Node) of the result says where it was written, and every text which of its parts
//! came from which variable. All file access goes through [`source::Files`]. Steps that follow each other and look
//! at each service by itself are taken together for a few services at a time (`parts`).

mod bind;
mod canonical;
mod consistency;
mod defaults;
mod diagnostic;
pub mod discover;
#[cfg(feature = "disk")]
pub mod disk;
mod dotenv;
mod environment;
mod extends;
mod files;
mod grammar;
mod include;
mod interpolate;
mod load;
mod map;
mod merge;
mod names;
mod nearest;
mod normalize;
mod number;
mod pairs;
mod parts;
pub mod paths;
pub mod print;
mod project;
mod promote;
mod published;
#[cfg(feature = "render")]
pub mod render;
mod request;
mod rules;
mod schema;
mod service_files;
mod shape;
mod source;
mod substitute;
pub mod text;
mod trail;
mod tree;
mod unicity;
mod yaml;

#[cfg(test)]
#[path = "../tests/support/growth.rs"]
mod growth;

pub use self::diagnostic::{Diagnostic, Note, Severity};
pub use self::environment::{Environment, Variable};
pub use self::files::{Files, Kind, MAX_FILE, MemoryFiles, OUTSIDE};
pub use self::nearest::did_you_mean;
pub use self::project::Project;
pub use self::request::{Input, Request, Stages};
pub use self::source::{Location, Place, Source, Sources};
pub use self::substitute::variables;
pub use self::tree::{Entry, Map, Node, Origin, Supplied, Trace, Value};

use self::load::{Load, Scope};

/// Parts that fuzz targets call. They have no stable interface.
#[cfg(feature = "internals")]
#[doc(hidden)]
#[allow(missing_docs)]
pub mod internals {
    pub mod dotenv {
        pub use crate::dotenv::{EnvText, read, read_raw};
    }
    pub mod environment {
        pub use crate::environment::Budget;
    }
    pub mod grammar {
        pub mod duration {
            pub use crate::grammar::duration::{parse, print};
        }
        pub mod port {
            pub use crate::grammar::port::{Port, is_ip, parse};
        }
        pub mod size {
            pub use crate::grammar::size::parse;
        }
        pub mod volume {
            pub use crate::grammar::volume::{Volume, parse};
        }
        pub mod words {
            pub use crate::grammar::words::split;
        }
    }
    pub mod substitute {
        pub use crate::substitute::{Failure, find, invalid, substitute};
    }
    pub mod yaml {
        pub mod reader {
            pub use crate::yaml::reader::{Fault, Found, Reader, What};
        }
    }
}

/// What came of a load.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The project; nothing where there is an error among the messages.
    pub project: Option<Project>,
    /// All errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that places stand in.
    pub sources: Sources,
}

/// Loads a project.
#[must_use]
pub fn load(request: &Request, files: &dyn Files) -> Loaded {
    load_with(request, files, Sources::default())
}

/// Loads a project; places of its variables may stand in texts that were read before.
#[must_use]
pub fn load_with(request: &Request, files: &dyn Files, sources: Sources) -> Loaded {
    let mut load = Load::new(request, files, sources);
    let result = load.run(request);
    let (project, diagnostics, sources) = load.done(result);
    Loaded { project, diagnostics, sources }
}
