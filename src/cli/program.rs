//! The name by which the user calls this program.

use std::path::Path;
use std::sync::OnceLock;

static NAME: OnceLock<&str> = OnceLock::new();

/// The name of the program in `kubectl` commands. kubectl runs `kubectl stack` as the program `kubectl-stack` on `PATH`
/// (<https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/>).
const PLUGIN: &str = "kubectl stack";

/// Returns the name for help texts and remedies: `stackwright`, or `kubectl stack` if kubectl runs this program.
pub fn name() -> &'static str {
    NAME.get_or_init(|| of(std::env::args_os().next().as_deref().map(Path::new)))
}

fn of(path: Option<&Path>) -> &'static str {
    match path.and_then(Path::file_stem).and_then(|stem| stem.to_str()) {
        Some("kubectl-stack") => PLUGIN,
        _ => "stackwright",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_the_caller() {
        assert_eq!(of(Some(Path::new("/usr/bin/kubectl-stack"))), "kubectl stack");
        assert_eq!(of(Some(Path::new("stackwright"))), "stackwright");
        assert_eq!(of(None), "stackwright");
    }
}
