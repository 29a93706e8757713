//! What can go wrong, and what the caller is told.

use learnflow_status::{Code, Invalid, ServiceError, Violation};

/// The service's error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Fields of the request are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

impl ServiceError for Error {
    fn code(&self) -> Code {
        let Self::Invalid(_) = self;
        Code::InvalidArgument
    }

    fn violations(&self) -> &[Violation] {
        let Self::Invalid(invalid) = self;
        invalid.violations()
    }
}
