//! What a client is told when a request cannot be served: one body for everything.
//!
//! A [`Refusal`] becomes a response without a body that carries the refusal along; [`finish`], the outermost layer but
//! one, writes the body, for only there is the request id known to all. So no layer and no route can answer an error
//! in another shape.

mod status;

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// So many violations are in the message; all of them are in the details.
const MOST_TOLD: usize = 3;

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Violation {
    /// Its path in the request, in the contract's names: `context.code`. Empty for the body itself.
    pub(crate) field: String,
    /// What is wrong with it, as an instruction.
    pub(crate) description: String,
}

/// Why a request is not served.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    details: Vec<Violation>,
    allow: Vec<Method>,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { status, code, message, details: Vec::new(), allow: Vec::new(), retry_after: None }
    }

    /// 400: the request cannot be read.
    pub(crate) fn unreadable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    /// 400: fields do not fit the contract.
    pub(crate) fn fields(details: Vec<Violation>) -> Self {
        let told: Vec<String> = details
            .iter()
            .take(MOST_TOLD)
            .map(|Violation { field, description }| match field.as_str() {
                "" => format!("the body {description}"),
                field => format!("{field} {description}"),
            })
            .collect();
        let message = format!("the request does not fit: {}", told.join("; "));
        Self { details, ..Self::unreadable(message) }
    }

    /// 404: the path is not known.
    pub(crate) fn no_such_path() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "there is nothing at this path; /openapi.json lists all paths",
        )
    }

    /// 405: the path is known by other methods.
    pub(crate) fn method(allow: Vec<Method>) -> Self {
        let message = "the path does not know this method";
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message) }
    }

    /// 408: the body did not arrive in time.
    pub(crate) fn slow_body() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "the body did not arrive in time")
    }

    /// 413: the body is too large.
    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("the body is larger than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", message)
    }

    /// 415: the body is not JSON.
    pub(crate) fn media_type() -> Self {
        let message = "the body must be application/json in UTF-8";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    /// 403: a browser asks for an origin that is not on the list.
    pub(crate) fn origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "ORIGIN_NOT_ALLOWED", "this origin is not on the allow-list")
    }

    /// 503: more requests are in hand than the edge can serve in time.
    pub(crate) fn overloaded(retry_after: Duration) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "too many requests at once");
        Self { retry_after: Some(retry_after), ..refusal }
    }

    /// 503: the gateway itself lacks something that it needs.
    pub(crate) fn not_ready(reason: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", reason)
    }

    /// 500: a defect of ours; nothing more is said.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "internal error")
    }

    /// The fields that are wrong.
    #[cfg(test)]
    pub(crate) fn details(&self) -> &[Violation] {
        &self.details
    }

    /// The HTTP status.
    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, for the request with this id.
    pub(crate) fn body(&self, request_id: &str) -> Vec<u8> {
        let now = OffsetDateTime::now_utc();
        let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
        let body = Body {
            error: true,
            code: self.code,
            message: &self.message,
            details: &self.details,
            request_id,
            timestamp: now.format(&Rfc3339).unwrap_or_default(),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: bool,
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    details: &'a [Violation],
    request_id: &'a str,
    timestamp: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if !self.allow.is_empty() {
            let allow = self.allow.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            headers.extend(HeaderValue::try_from(allow).map(|value| (ALLOW, value)));
        }
        if let Some(delay) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(delay.as_millis().div_ceil(1000).max(1) as u64));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a refused request.
pub(crate) fn finish(mut response: Response, request_id: &str) -> Response {
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(parts, refusal.body(request_id).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_names_fields_and_the_request() {
        let violation =
            Violation { field: "context.code".to_owned(), description: "must be text".to_owned() };
        let body: serde_json::Value =
            serde_json::from_slice(&Refusal::fields(vec![violation]).body("r-1")).unwrap();
        assert_eq!(body["error"], true);
        assert_eq!(body["code"], "INVALID_REQUEST");
        assert_eq!(body["message"], "the request does not fit: context.code must be text");
        assert_eq!(body["details"][0]["field"], "context.code");
        assert_eq!(body["request_id"], "r-1");
        let timestamp = body["timestamp"].as_str().unwrap();
        assert!(OffsetDateTime::parse(timestamp, &Rfc3339).is_ok(), "{timestamp}");
    }

    #[test]
    fn a_body_without_details_has_no_such_field() {
        let body: serde_json::Value = serde_json::from_slice(&Refusal::internal().body("r-1")).unwrap();
        assert!(body.get("details").is_none());
    }
}
