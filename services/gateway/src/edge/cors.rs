//! CORS for the origins on the list, and no others.
//!
//! Tokens travel in a header, not in cookies, so credentials are never allowed. A preflight of another origin is refused
//! with 403; a plain request of another origin is served, without the headers that would let the page read the answer.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderValue, Method, StatusCode};

use crate::refusal::Refusal;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("accept, authorization, content-type, traceparent, tracestate, x-request-id");
const RESPONSE_HEADERS: HeaderValue = HeaderValue::from_static("retry-after, x-request-id");
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const VARIES: HeaderValue = HeaderValue::from_static("origin");
const PREFLIGHT_VARIES: HeaderValue =
    HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers");

/// The list.
#[derive(Clone, Debug)]
pub(crate) struct Cors {
    origins: Arc<HashSet<HeaderValue>>,
}

impl Cors {
    pub(crate) fn new(origins: &[HeaderValue]) -> Self {
        Self { origins: Arc::new(origins.iter().cloned().collect()) }
    }

    /// The request's origin if it is on the list.
    fn listed(&self, request: &Request) -> Option<HeaderValue> {
        request.headers().get(ORIGIN).filter(|origin| self.origins.contains(*origin)).cloned()
    }
}

/// The layer.
pub(crate) async fn apply(State(cors): State<Cors>, request: Request, next: Next) -> Response {
    let listed = cors.listed(&request);
    if is_preflight(&request) {
        return preflight(listed);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(VARY, VARIES);
    if let Some(origin) = listed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(listed: Option<HeaderValue>) -> Response {
    let mut response = match listed {
        None => Refusal::origin().into_response(),
        Some(origin) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            response
        }
    };
    response.headers_mut().insert(VARY, PREFLIGHT_VARIES);
    response
}
