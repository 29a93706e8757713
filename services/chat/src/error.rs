//! What can go wrong, and what the caller is told.

use learnflow_status::{Code, Invalid, ServiceError, Violation};

/// The service's error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Fields of the request are wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// No such conversation of this student.
    #[error("conversation {0} does not exist")]
    NoConversation(String),
    /// No such message of this student.
    #[error("message {0} does not exist")]
    NoMessage(String),
    /// The store failed.
    #[error("questions cannot be stored or read at the moment")]
    Store(#[from] sqlx::Error),
    /// The mailbox failed.
    #[error("questions cannot be stored or read at the moment")]
    Mailbox(#[from] learnflow_mailbox::Error),
    /// A stored answer does not decode.
    #[error("a stored answer does not decode")]
    Corrupt(#[from] prost::DecodeError),
}

impl ServiceError for Error {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::InvalidArgument,
            Self::NoConversation(_) | Self::NoMessage(_) => Code::NotFound,
            Self::Store(error) | Self::Mailbox(learnflow_mailbox::Error::Database(error)) => {
                learnflow_postgres::code_of(error)
            }
            Self::Mailbox(_) | Self::Corrupt(_) => Code::Internal,
        }
    }

    fn violations(&self) -> &[Violation] {
        if let Self::Invalid(invalid) = self { invalid.violations() } else { &[] }
    }
}
