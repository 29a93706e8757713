//! What can go wrong, and what the caller is told.

use learnflow_status::{Code, Invalid, ServiceError, Violation};

/// The service's error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Fields of the request are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The name or id names nothing in the catalogue; says what is like it.
    #[error("{0}")]
    NoTopic(String),
    /// No such module.
    #[error("module {0} does not exist; there are 1 to 8")]
    NoModule(i32),
    /// The mailbox failed.
    #[error("explanations cannot be recorded at the moment")]
    Mailbox(#[from] learnflow_mailbox::Error),
    /// The store failed.
    #[error("explanations cannot be recorded at the moment")]
    Store(#[from] sqlx::Error),
}

impl ServiceError for Error {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::InvalidArgument,
            Self::NoTopic(_) | Self::NoModule(_) => Code::NotFound,
            Self::Store(error) | Self::Mailbox(learnflow_mailbox::Error::Database(error)) => {
                learnflow_postgres::code_of(error)
            }
            Self::Mailbox(_) => Code::Internal,
        }
    }

    fn violations(&self) -> &[Violation] {
        if let Self::Invalid(invalid) = self { invalid.violations() } else { &[] }
    }
}
