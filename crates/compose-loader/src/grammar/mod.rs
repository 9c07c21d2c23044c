//! Parsers of short forms and other values.

pub mod duration;
pub mod port;
pub mod size;
pub mod volume;
pub mod words;

#[cfg(test)]
mod properties;
