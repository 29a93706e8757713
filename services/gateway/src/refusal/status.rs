//! gRPC status → refusal.
//!
//! The mapping is google.rpc.Code's, but for two codes. A service that answers INVALID_ARGUMENT or FAILED_PRECONDITION
//! has read the request and refuses what it says: that is 422, while 400 means that the edge could not read it.
//!
//! Text of a service reaches the client only where the code says that it is meant for the caller. A defect, a missing
//! service and a broken connection speak of our insides, so they get words of our own.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{Refusal, Violation};

/// When to come back if the service does not say.
const DEFAULT_RETRY: Duration = Duration::from_secs(1);

/// nginx's code for a client that went away; nobody reads it but the log.
const CLIENT_CLOSED_REQUEST: u16 = 499;

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let code = status.code();
        let (http, name) = http(code);
        let message: Cow<'static, str> = match own_words(code) {
            Some(words) => words.into(),
            None if status.message().is_empty() => code.description().into(),
            None => status.message().to_owned().into(),
        };
        let mut refusal = Self::new(http, name, message);
        if own_words(code).is_none() {
            refusal.details = violations(&status);
        }
        if matches!(code, Code::ResourceExhausted | Code::Unavailable) {
            let delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
            refusal.retry_after = Some(delay.unwrap_or(DEFAULT_RETRY));
        }
        refusal
    }
}

/// The HTTP status and the word of a code.
fn http(code: Code) -> (StatusCode, &'static str) {
    match code {
        Code::Ok => (StatusCode::OK, "OK"),
        Code::Cancelled => (
            StatusCode::from_u16(CLIENT_CLOSED_REQUEST).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            "CANCELLED",
        ),
        Code::InvalidArgument => (StatusCode::UNPROCESSABLE_ENTITY, "INVALID_ARGUMENT"),
        Code::DeadlineExceeded => (StatusCode::GATEWAY_TIMEOUT, "DEADLINE_EXCEEDED"),
        Code::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        Code::AlreadyExists => (StatusCode::CONFLICT, "ALREADY_EXISTS"),
        Code::PermissionDenied => (StatusCode::FORBIDDEN, "PERMISSION_DENIED"),
        Code::ResourceExhausted => (StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED"),
        Code::FailedPrecondition => (StatusCode::UNPROCESSABLE_ENTITY, "FAILED_PRECONDITION"),
        Code::Aborted => (StatusCode::CONFLICT, "ABORTED"),
        Code::OutOfRange => (StatusCode::BAD_REQUEST, "OUT_OF_RANGE"),
        Code::Unimplemented => (StatusCode::NOT_IMPLEMENTED, "UNIMPLEMENTED"),
        Code::Internal | Code::Unknown => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        Code::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        Code::DataLoss => (StatusCode::INTERNAL_SERVER_ERROR, "DATA_LOSS"),
        Code::Unauthenticated => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
    }
}

/// What is said instead of the status's message; `None` where the message is meant for the caller.
fn own_words(code: Code) -> Option<&'static str> {
    match code {
        Code::Unknown | Code::Internal | Code::DataLoss => Some("internal error"),
        Code::Unavailable => Some("the service cannot be reached at the moment"),
        Code::DeadlineExceeded => Some("no answer in time"),
        Code::Cancelled => Some("the call was cancelled"),
        Code::Unimplemented => Some("the service does not offer this call"),
        _ => None,
    }
}

/// The field violations of a `google.rpc.BadRequest`.
fn violations(status: &Status) -> Vec<Violation> {
    let violations =
        status.get_details_bad_request().map(|request| request.field_violations).unwrap_or_default();
    violations
        .into_iter()
        .map(|each| Violation { field: each.field, description: each.description })
        .collect()
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn insides_stay_inside() {
        for code in [Code::Internal, Code::Unknown, Code::DataLoss, Code::Unavailable, Code::DeadlineExceeded]
        {
            let refusal = Refusal::from(Status::new(code, "password=hunter2 at 10.0.0.7:5432"));
            assert!(!String::from_utf8(refusal.body("r")).unwrap().contains("hunter2"), "{code:?}");
            assert!(refusal.status().is_server_error(), "{code:?}");
        }
    }

    #[test]
    fn violations_become_details() {
        let details = ErrorDetails::with_bad_request_violation("mastery_level", "must be between 0 and 100");
        let refusal =
            Refusal::from(Status::with_error_details(Code::InvalidArgument, "mastery_level must …", details));
        assert_eq!(refusal.status(), 422);
        assert_eq!(refusal.details()[0].field, "mastery_level");
    }

    #[test]
    fn limits_say_when_to_come_back() {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(1500)));
        let refusal =
            Refusal::from(Status::with_error_details(Code::ResourceExhausted, "slow down", details));
        assert_eq!(refusal.retry_after, Some(Duration::from_millis(1500)));
        assert_eq!(Refusal::from(Status::unavailable("")).retry_after, Some(DEFAULT_RETRY));
        assert_eq!(Refusal::from(Status::not_found("")).retry_after, None);
    }
}
