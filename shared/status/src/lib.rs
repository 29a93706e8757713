//! One closed set of error codes, and their one way into a [`tonic::Status`].
//!
//! A service's `Error` implements [`ServiceError`]; `rpc.rs` turns it into a status with [`to_status`], which logs
//! what an operator must know once, with the chain of causes, and tells the caller no more than the caller may know.

mod fields;

use std::time::Duration;

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt as _};

pub use fields::{Check, Invalid, Violation};

/// The codes that a service answers with. A subset of gRPC's: a code that is not here is never sent on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request cannot be right, whatever the state of the system; names the fields.
    InvalidArgument,
    /// What the request names does not exist, or the caller may not know that it does.
    NotFound,
    /// It exists already.
    AlreadyExists,
    /// The caller is known and may not.
    PermissionDenied,
    /// The caller is not known.
    Unauthenticated,
    /// A limit is reached; the status says when to come back.
    ResourceExhausted,
    /// The request is right, the state is not.
    FailedPrecondition,
    /// A concurrent change won; a retry may succeed.
    Aborted,
    /// Something that the answer needs is down; a retry may succeed.
    Unavailable,
    /// The caller's time is up.
    DeadlineExceeded,
    /// A defect of ours. The caller learns nothing more.
    Internal,
}

impl Code {
    /// The gRPC code.
    pub const fn grpc(self) -> tonic::Code {
        match self {
            Self::InvalidArgument => tonic::Code::InvalidArgument,
            Self::NotFound => tonic::Code::NotFound,
            Self::AlreadyExists => tonic::Code::AlreadyExists,
            Self::PermissionDenied => tonic::Code::PermissionDenied,
            Self::Unauthenticated => tonic::Code::Unauthenticated,
            Self::ResourceExhausted => tonic::Code::ResourceExhausted,
            Self::FailedPrecondition => tonic::Code::FailedPrecondition,
            Self::Aborted => tonic::Code::Aborted,
            Self::Unavailable => tonic::Code::Unavailable,
            Self::DeadlineExceeded => tonic::Code::DeadlineExceeded,
            Self::Internal => tonic::Code::Internal,
        }
    }
}

/// What a service's error says about itself. `Display` is for the caller of the service and carries no cause.
pub trait ServiceError: std::error::Error {
    /// The code.
    fn code(&self) -> Code;

    /// The fields that are wrong; empty unless the code is [`Code::InvalidArgument`].
    fn violations(&self) -> &[Violation] {
        &[]
    }

    /// When the caller should come back.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// The one conversion. Internal errors are logged here, once, with their causes, and their text stays here.
pub fn to_status(error: &impl ServiceError) -> Status {
    let code = error.code();
    match code {
        Code::Internal => tracing::error!(error = %chain(error), "request failed"),
        Code::Unavailable => tracing::warn!(error = %chain(error), "request could not be served"),
        _ => tracing::debug!(error = %chain(error), code = ?code, "request refused"),
    }
    let message = if code == Code::Internal { "internal error".to_owned() } else { error.to_string() };

    let mut details = ErrorDetails::new();
    for violation in error.violations() {
        details.add_bad_request_violation(&violation.field, &violation.description);
    }
    if let Some(delay) = error.retry_after() {
        details.set_retry_info(Some(delay));
    }
    if details.has_bad_request_violations() || details.retry_info().is_some() {
        Status::with_error_details(code.grpc(), message, details)
    } else {
        Status::new(code.grpc(), message)
    }
}

/// An error and its causes in one line: `outer: middle: inner`.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Error {
        #[error(transparent)]
        Invalid(#[from] Invalid),
        #[error("the store failed")]
        Store(#[source] std::io::Error),
        #[error("too many questions")]
        Busy,
    }

    impl ServiceError for Error {
        fn code(&self) -> Code {
            match self {
                Self::Invalid(_) => Code::InvalidArgument,
                Self::Store(_) => Code::Internal,
                Self::Busy => Code::ResourceExhausted,
            }
        }

        fn violations(&self) -> &[Violation] {
            if let Self::Invalid(invalid) = self { invalid.violations() } else { &[] }
        }

        fn retry_after(&self) -> Option<Duration> {
            matches!(self, Self::Busy).then_some(Duration::from_secs(2))
        }
    }

    #[test]
    fn names_the_fields_of_a_bad_request() {
        let mut check = Check::new();
        check.that(false, "query", "must not be empty");
        let status = to_status(&Error::from(check.finish().unwrap_err()));
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        let request = status.get_details_bad_request().unwrap();
        assert_eq!(request.field_violations[0].field, "query");
        assert!(status.message().contains("query"), "{}", status.message());
    }

    #[test]
    fn keeps_internal_text_inside() {
        let status = to_status(&Error::Store(std::io::Error::other("password=hunter2")));
        assert_eq!((status.code(), status.message()), (tonic::Code::Internal, "internal error"));
    }

    #[test]
    fn says_when_to_come_back() {
        let status = to_status(&Error::Busy);
        assert_eq!(status.get_details_retry_info().unwrap().retry_delay, Some(Duration::from_secs(2)));
    }

    #[test]
    fn logs_the_whole_chain() {
        let error = Error::Store(std::io::Error::other("disk full"));
        assert_eq!(chain(&error), "the store failed: disk full");
    }
}
