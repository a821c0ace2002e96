//! What went wrong in a command, and what to do next.
use std::process::ExitCode;

use crate::config::Faults;
use crate::service::Failure;
use crate::service::signing_keys::RotationError;
use crate::store::StoreError;

/// Printed to standard error. No secret is ever part of it.
#[derive(Debug)]
pub enum CliError {
    Configuration(Faults),
    Failed { problem: String, remedy: String },
}

impl CliError {
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Failed { problem: problem.into(), remedy: remedy.into() }
    }

    /// 2 for a faulty configuration, 1 for everything else.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) => ExitCode::from(2),
            Self::Failed { .. } => ExitCode::FAILURE,
        }
    }
}

impl From<Faults> for CliError {
    fn from(faults: Faults) -> Self {
        Self::Configuration(faults)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let remedy = match &error {
            StoreError::Unavailable(_) => "check database.url, that the database runs and that this user may write to it",
            StoreError::Corrupt { .. } => "restore the row from a backup, or report this with the row's table and column",
            StoreError::Schema(_) => "run `tenantry migrate` with a backup at hand, or the program version that wrote this database",
        };
        Self::new(error.to_string(), remedy)
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        Self::new(failure.to_string(), "try again; if it stays so, look into the server's log")
    }
}

impl From<RotationError> for CliError {
    fn from(error: RotationError) -> Self {
        match error {
            RotationError::Store(error) => error.into(),
            other => Self::new(other.to_string(), "check that this is the master key with which the database was sealed"),
        }
    }
}
