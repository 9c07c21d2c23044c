//! The entries of a report as text.

use std::fmt::Write;

use compose_loader::Sources;
use stackwright::convert::Converted;
use stackwright::convert::verdict::report;

/// Returns a line for each entry that is not plainly `mapped`.
pub fn remarks(converted: &Converted, sources: &Sources, folder: &str) -> String {
    let mut text = String::new();
    for line in report(&converted.entries, sources, folder) {
        if let Some(id) = line.id {
            let at = line.line.map_or(String::new(), |number| format!(" (line {number})"));
            writeln!(text, "{} {id} {}{at}: {}", line.kind.as_str(), line.pointer, line.reason).unwrap();
        }
    }
    text
}
