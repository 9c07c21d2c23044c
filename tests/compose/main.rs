//! `stackwright config` as users run it: a process with files of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod transcripts;
