//! Where porting goes wrong: advice that stops nothing. One small file for each lint or family of lints.

use super::context::Context;
use crate::api::StackSpec;

/// Looks at a project and what became of it, and leaves remarks.
pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    let _ = (context, spec);
}
