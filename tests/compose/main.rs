//! The Compose loader from the outside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod models;
mod transcripts;
