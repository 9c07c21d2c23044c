//! The models that the loader makes of projects, compared with those of compose-go.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod models;
mod places;
mod rules;
