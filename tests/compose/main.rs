//! `stackwright config` as people run it: a process of its own, on files of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod places;
mod rules;
mod transcripts;
mod yaml;
