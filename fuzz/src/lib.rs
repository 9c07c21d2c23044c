//! What the fuzz targets share: bounds on what an input may cost, and the checks of places.
//!
//! Each target in `bin` reads one language and asserts what holds of every text, not only that nothing
//! panics. `hack/fuzz` builds and runs them.

use std::alloc::System;
use std::ops::Range;

use cap::Cap;
use compose_loader::{Diagnostic, Node, Origin, Place, Sources, Trace, Value};

#[path = "../../tests/support/arbitrary.rs"]
pub mod arbitrary;
pub mod archive;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Runs `work` and holds it to a linear bound: it may allocate `base` bytes and `factor` more for each
/// byte of the input, all allocations counted, also those that are freed again. Unlike a time that
/// is measured, this is the same in every run.
///
/// # Panics
/// When the work allocates more.
pub fn bounded<T>(base: usize, factor: usize, input: usize, work: impl FnOnce() -> T) -> T {
    let before = ALLOCATOR.total_allocated();
    let result = work();
    let spent = ALLOCATOR.total_allocated() - before;
    let limit = base + factor * input;
    assert!(spent <= limit, "{input} bytes of input cost {spent} bytes of allocations, more than {limit}");
    result
}

/// Checks that a place lies in a text that was read, between characters.
///
/// # Panics
/// When it does not.
pub fn check_place(place: Place, sources: &Sources) {
    if place == Place::NONE {
        return;
    }
    let source = sources.get(place).unwrap_or_else(|| panic!("{place:?} is in no file"));
    assert!(place.start <= place.end, "{place:?} ends before it begins");
    for offset in [place.start, place.end] {
        assert!(
            source.text.is_char_boundary(offset as usize),
            "{place:?} is not between characters of {}, {} bytes",
            source.name,
            source.text.len()
        );
    }
}

/// Checks a message: that it says something, in one place.
///
/// # Panics
/// When it does not.
pub fn check_diagnostic(diagnostic: &Diagnostic, sources: &Sources) {
    assert!(!diagnostic.message.is_empty(), "{diagnostic:?} says nothing");
    assert!(diagnostic.message.len() + diagnostic.remedy.len() < 5_000, "nobody reads {diagnostic:?}");
    check_place(diagnostic.place, sources);
    diagnostic.notes.iter().for_each(|note| check_place(note.place, sources));
}

/// Checks that a range is a part of a text, between characters.
///
/// # Panics
/// When it is not.
pub fn check_range(range: &Range<usize>, text: &str) {
    assert!(text.get(range.clone()).is_some(), "{range:?} is no part of {text:?}");
}

/// Checks the places and the variables' parts of a tree.
///
/// # Panics
/// When a place is outside of its text, or a part outside of its value.
pub fn check_tree(node: &Node, sources: &Sources) {
    check_place(node.place, sources);
    match &node.value {
        Value::Map(map) => {
            for (_, entry) in map.entries() {
                check_place(entry.key, sources);
                check_tree(&entry.node, sources);
            }
        }
        Value::List(items) => items.iter().for_each(|item| check_tree(item, sources)),
        Value::Str(text) => check_trace(&node.trace, text, sources),
        _ => {}
    }
}

fn check_trace(trace: &Trace, text: &str, sources: &Sources) {
    for part in trace.as_deref().unwrap_or_default() {
        check_range(&(part.start as usize..part.end as usize), text);
        if let Origin::File(place) = part.origin {
            check_place(place, sources);
        }
    }
}
