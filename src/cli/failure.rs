//! Errors of verbs with a remedy and an exit code.

use std::fmt;

/// The exit codes of the program. clap ends the process with 2 for a wrong command line.
pub mod exit {
    /// The verb failed. For `diff`: there are differences.
    pub const FAILED: u8 = 1;
    /// The command line is wrong, or `diff` failed.
    pub const USAGE: u8 = 2;
    /// The time of `--wait-timeout` is over.
    pub const TIMEOUT: u8 = 4;
}

/// An error with a remedy and an exit code.
#[derive(Debug)]
pub struct Failure {
    cause: String,
    remedy: Option<String>,
    code: u8,
}

impl Failure {
    /// Returns an error that ends the process with code 1.
    pub fn new(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), remedy: None, code: exit::FAILED }
    }

    /// Adds what the user can do, as an imperative sentence.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Sets the exit code of the process.
    #[must_use]
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// Returns what the user can do.
    pub fn help(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// Returns the exit code of the process.
    pub fn exit_code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.cause)
    }
}

impl std::error::Error for Failure {}

/// The end of a verb with an exit code and without a message, such as that of a program in a container, or of `diff` with
/// differences.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("exit code {0}")]
pub struct Exit(pub u8);
