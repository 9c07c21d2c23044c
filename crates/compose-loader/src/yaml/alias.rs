//! Aliases: what an anchor names stands in their place, in bounds.

use super::reader::MAX_DEPTH;
use super::{Builder, Mark};
use crate::diagnostic::Diagnostic;
use crate::source::Place;
use crate::tree::Node;

/// More values than this that anchors and aliases of one file copy are refused, since a few lines can ask for millions.
const MAX_COPIED: usize = 100_000;

impl Builder<'_> {
    /// What an alias stands for; nothing where that is tagged `!reset`.
    pub(super) fn alias(&mut self, id: usize, place: Place) -> Result<Option<Node>, Diagnostic> {
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(self.error("alias-cycle", place, "this alias stands within the value that it names"));
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
            return Err(self
                .error(
                    "alias-cycle",
                    place,
                    "the same anchor is used here and within a value that it already fills",
                )
                .remedy("write the inner value out"));
        }
        uses.insert(path.clone());
        state.built += 1 + anchor.size;
        state.from_aliases += anchor.size;
        let size = anchor.size + path.len();
        state.deepest = state.deepest.max(state.depth + anchor.depth);
        if state.deepest > MAX_DEPTH {
            let message = format!("with this alias lists and mappings are nested more than {MAX_DEPTH} deep");
            return Err(self.error("too-many-aliases", place, message).remedy("nest them less deeply"));
        }
        let (built, copied) = (state.built as f64, state.from_aliases as f64);
        let allowed = (0.99 - 0.89 * ((built - 400_000.0) / 3_600_000.0)).clamp(0.10, 0.99);
        if state.from_aliases > 100 && state.built > 1000 && copied / built > allowed {
            return Err(self
                .error("too-many-aliases", place, "almost all of this document comes from aliases")
                .remedy("aliases that multiply each other exhaust memory; write fewer of them"));
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

    /// Counts values that are copied.
    pub(super) fn copy(&mut self, values: usize, place: Place) -> Result<(), Diagnostic> {
        self.copied += values;
        if self.copied <= MAX_COPIED {
            return Ok(());
        }
        let message = format!("anchors and aliases copy more than {MAX_COPIED} values");
        Err(self
            .error("too-many-aliases", place, message)
            .remedy("aliases that multiply each other exhaust memory; write fewer of them"))
    }
}
