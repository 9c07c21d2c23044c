//! Resolution of the relative paths of a tree.

use std::sync::LazyLock;

use crate::diagnostic::Diagnostic;
use crate::files::Files;
use crate::paths::{clean, is_windows_absolute, join};
use crate::patterns::{At, Patterns};
use crate::rules;
use crate::tree::{Node, Value};

#[derive(Clone, Copy)]
enum Rule {
    Path,
    Context,
    MaybeUnix,
    Watch,
    Mount,
    DriverOptions,
}

static RULES: LazyLock<Patterns<Rule>> = LazyLock::new(|| {
    use Rule::{Context, DriverOptions, MaybeUnix, Mount, Path, Watch};
    Patterns::new(&[
        ("services|jobs.*.build.context", Context),
        ("services|jobs.*.build.additional_contexts.*", Context),
        ("services|jobs.*.build.ssh.*", MaybeUnix),
        ("services|jobs.*.env_file.*.path", Path),
        ("services|jobs.*.label_file.*", Path),
        ("services|jobs.*.extends.file", Path),
        ("services.*.develop.watch.*.path", Watch),
        ("services|jobs.*.volumes.*", Mount),
        ("services.*.pre_start.*.env_file.*.path", Path),
        ("services.*.pre_start.*.label_file.*", Path),
        ("services.*.pre_start.*.volumes.*", Mount),
        ("configs.*.file", MaybeUnix),
        ("secrets.*.file", MaybeUnix),
        ("volumes.*", DriverOptions),
    ])
});

/// The folders that relative paths and `~` start from.
pub(crate) struct Base<'a> {
    /// The folder of the file.
    pub folder: &'a str,
    /// The home folder of the user.
    pub home: Option<&'a str>,
    /// The files, to resolve symbolic links in `develop.watch`.
    pub files: &'a dyn Files,
}

impl Base<'_> {
    /// Resolves all paths of a tree against this base.
    ///
    /// # Errors
    /// Returns an error for a bind mount without a source, and a path that is not a string.
    pub(crate) fn resolve(&self, root: &mut Node) -> Result<(), Diagnostic> {
        self.below(root, RULES.root())
    }

    fn below(&self, node: &mut Node, at: At<'_, Rule>) -> Result<(), Diagnostic> {
        if let Some(rule) = at.rule() {
            return self.apply(rule, node);
        }
        match &mut node.value {
            Value::Map(map) => {
                for (key, child) in map.iter_mut() {
                    if let Some(at) = at.key(key) {
                        self.below(child, at)?;
                    }
                }
            }
            Value::List(items) => {
                let Some(at) = at.item() else { return Ok(()) };
                for item in items {
                    self.below(item, at)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn apply(&self, rule: Rule, node: &mut Node) -> Result<(), Diagnostic> {
        match rule {
            Rule::Path => {
                is_path(node)?;
                self.change(node, |text| self.path(text));
            }
            Rule::Watch => {
                is_path(node)?;
                self.change(node, |text| self.files.follow(&self.path(text)));
            }
            Rule::MaybeUnix => self.change(node, |text| self.maybe_unix(text)),
            Rule::Context => {
                is_path(node)?;
                self.change(node, |text| {
                    let remote =
                        ["https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:"];
                    if text.contains("://") || remote.iter().any(|prefix| text.starts_with(prefix)) {
                        text.to_owned()
                    } else {
                        self.path(text)
                    }
                });
            }
            Rule::Mount => {
                let place = node.place;
                let Some(map) = node.as_map_mut() else { return Ok(()) };
                if map.get("type").and_then(Node::as_str) != Some("bind") {
                    return Ok(());
                }
                let Some(source) = map.get_mut("source") else {
                    let message = "invalid mount config for type \"bind\": field Source must not be empty";
                    return Err(Diagnostic::new(&rules::BIND_SOURCE, place, message));
                };
                self.change(source, |text| self.maybe_unix(text));
            }
            Rule::DriverOptions => {
                let Some(map) = node.as_map_mut() else { return Ok(()) };
                if map.get("driver").and_then(Node::as_str) != Some("local") {
                    return Ok(());
                }
                let Some(options) = map.get_mut("driver_opts").and_then(Node::as_map_mut) else {
                    return Ok(());
                };
                if options.get("o").and_then(Node::as_str) == Some("bind")
                    && let Some(device) = options.get_mut("device")
                {
                    self.change(device, |text| self.maybe_unix(text));
                }
            }
        }
        Ok(())
    }

    fn change(&self, node: &mut Node, change: impl Fn(&str) -> String) {
        let Value::Str(text) = &node.value else { return };
        let changed = change(text);
        if changed == **text {
            return;
        }
        // The original text is the end of the new one, unless it contains `..` or `./`.
        match changed.strip_suffix(&**text) {
            Some(added) if node.trace.is_some() => {
                let added = u32::try_from(added.len()).unwrap_or(0);
                for part in node.trace.iter_mut().flat_map(|parts| parts.iter_mut()) {
                    part.start += added;
                    part.end += added;
                }
                node.value = Value::Str(changed.into());
            }
            _ => *node = node.made(changed),
        }
    }

    fn home(&self, text: &str) -> Option<String> {
        Some(clean(&format!("{}/{}", self.home?, text.strip_prefix('~')?)))
    }

    fn path(&self, text: &str) -> String {
        let at_home = self.home(text);
        let text = at_home.as_deref().unwrap_or(text);
        if text.is_empty() { String::new() } else { join(self.folder, text) }
    }

    fn maybe_unix(&self, text: &str) -> String {
        let at_home = self.home(text);
        let text = at_home.as_deref().unwrap_or(text);
        if text.starts_with('/') || is_windows_absolute(text) {
            text.to_owned()
        } else {
            join(self.folder, text)
        }
    }
}

/// Checks that a path is a string. The schema accepts a number or a date in some places.
fn is_path(node: &Node) -> Result<(), Diagnostic> {
    if matches!(node.value, Value::Str(_)) {
        return Ok(());
    }
    let message = format!("a path is expected, not {}", node.value.kind());
    Err(Diagnostic::new(&rules::WRONG_TYPE, node.place, message).remedy("put the path into quotes"))
}
