//! Checks for common mistakes when a project moves to a cluster. Each family of checks has its own file.
//!
//! An entry never contains a value: the pointer names the variable, and the detail names services and ports.

mod address;
mod engine;
mod environment;
mod gpu;
mod image;
mod job;
mod listeners;
mod pace;
mod ports;
mod public;
mod replicas;
mod restart;
mod template;
mod texts;
mod volumes;

use super::context::Context;
use crate::api::StackSpec;

/// Runs all checks on a project and its Stack.
pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    address::lint(context);
    engine::lint(context);
    environment::lint(context);
    gpu::lint(context, spec);
    image::lint(context);
    job::lint(context, spec);
    pace::lint(context, spec);
    ports::lint(context);
    public::lint(context, spec);
    replicas::lint(context, spec);
    restart::lint(context, spec);
    template::lint(context);
    volumes::lint(context, spec);
}
