//! Properties of all translations, and what changes the Pods of a service.

mod networks;
mod panics;
mod pods;
mod properties;
mod steadiness;
