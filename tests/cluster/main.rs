//! What Stackwright does on a real control plane with simulated nodes. Each test's name is the
//! sentence that it proves; `tests/support` explains the language.

#[path = "../support/mod.rs"]
mod support;

mod drift;
mod order;
