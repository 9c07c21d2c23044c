#![doc = include_str!("../README.md")]

mod bind;
mod canonical;
mod clip;
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
mod patterns;
pub mod print;
mod project;
mod promote;
mod published;
#[cfg(feature = "render")]
pub mod render;
mod request;
mod resolve;
mod rules;
mod schema;
mod service_files;
mod shape;
mod source;
mod steps;
mod substitute;
pub mod text;
mod texts;
mod trail;
mod tree;
mod unicity;
mod yaml;

#[cfg(test)]
#[path = "../tests/support/growth.rs"]
#[allow(dead_code, reason = "the tests of the operator use the rest")]
mod growth;

pub use self::diagnostic::{Diagnostic, Note};
pub use self::environment::{Environment, Variable};
pub use self::files::{FileKind, Files, MAX_FILE, MemoryFiles, OUTSIDE};
pub use self::grammar::port::port_range;
pub use self::nearest::did_you_mean;
pub use self::project::Project;
pub use self::request::{Input, Request, Stages};
pub use self::rules::{Example, Rule, Severity, rules};
pub use self::source::{Location, Place, Source, Sources};
pub use self::substitute::variables;
pub use self::tree::{Entry, Map, Node, Origin, Supplied, Trace, Value};

use self::load::Load;

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

/// The outcome of [`load()`].
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The project. `None` if the diagnostics contain an error.
    pub project: Option<Project>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts of the files, to which places refer.
    pub sources: Sources,
}

/// Loads a project.
///
/// The loader recurses over nested values, which can be 255 levels deep. In a build without optimization, this needs more
/// than the 2 MiB that a thread other than the main thread has by default: give the thread a stack of 8 MiB.
#[must_use]
pub fn load(request: &Request, files: &dyn Files) -> Loaded {
    load_with(request, files, Sources::default())
}

/// Loads a project whose environment has places in `sources`, such as the one that [`discover::discover`] returns.
#[must_use]
pub fn load_with(request: &Request, files: &dyn Files, sources: Sources) -> Loaded {
    let mut load = Load::new(request, files, sources);
    let result = load.run(request);
    let (project, diagnostics, sources) = load.done(result);
    Loaded { project, diagnostics, sources }
}
