//! Aliases, which become copies of the values of anchors, within bounds.

use super::reader::MAX_DEPTH;
use super::{Builder, Mark};
use crate::diagnostic::Diagnostic;
use crate::rules;
use crate::source::Place;
use crate::tree::Node;

/// The maximum number of values that anchors and aliases of a file copy. A few lines can ask for millions.
const MAX_COPIED: usize = 100_000;

impl Builder<'_> {
    /// Returns the value of an alias, or `None` where it is tagged `!reset`.
    pub(super) fn alias(&mut self, id: usize, place: Place) -> Result<Option<Node>, Diagnostic> {
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(self.error(
                &rules::ALIAS_CYCLE,
                place,
                "this alias is inside the value that it refers to",
            ));
        };
        let state = &mut self.state;
        let path = state.path.clone();
        let uses = state.uses.entry(id).or_default();
        let within = (1..path.len()).any(|length| uses.contains(&path[..length]));
        let around = uses
            .range(path.clone()..)
            .find(|other| **other != path)
            .is_some_and(|other| other.starts_with(&path));
        if !path.is_empty() && (within || around) {
            return Err(self.error(
                &rules::ALIAS_CYCLE,
                place,
                "this alias and a value inside of it use the same anchor",
            ));
        }
        uses.insert(path.clone());
        state.built += 1 + anchor.size;
        state.from_aliases += anchor.size;
        let size = anchor.size + path.len();
        state.deepest = state.deepest.max(state.depth + anchor.depth);
        if state.deepest > MAX_DEPTH {
            let message =
                format!("with this alias, lists and mappings are nested more than {MAX_DEPTH} levels deep");
            return Err(self.error(&rules::TOO_MANY_ALIASES, place, message).remedy("reduce the nesting"));
        }
        let (built, copied) = (state.built as f64, state.from_aliases as f64);
        let allowed = (0.99 - 0.89 * ((built - 400_000.0) / 3_600_000.0)).clamp(0.10, 0.99);
        if state.from_aliases > 100 && state.built > 1000 && copied / built > allowed {
            return Err(self.error(
                &rules::TOO_MANY_ALIASES,
                place,
                "almost all values of this document come from aliases",
            ));
        }
        self.copy(size, place)?;
        let state = &mut self.state;
        let Some(anchor) = self.anchors.get(&id) else { return Ok(None) };
        if anchor.mark != Mark::None {
            state.resets.push(path);
        } else {
            for rest in &anchor.resets {
                state.resets.push([path.as_slice(), rest].concat());
            }
        }
        Ok(anchor.node.clone())
    }

    /// Counts copied values.
    pub(super) fn copy(&mut self, values: usize, place: Place) -> Result<(), Diagnostic> {
        self.copied += values;
        if self.copied <= MAX_COPIED {
            return Ok(());
        }
        let message = format!("anchors and aliases copy more than {MAX_COPIED} values");
        Err(self.error(&rules::TOO_MANY_ALIASES, place, message))
    }
}
