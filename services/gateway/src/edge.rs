//! The layers around every route, by subject. [`layers`] puts them in order.

pub(crate) mod cors;
pub(crate) mod headers;
pub(crate) mod in_flight;
pub(crate) mod request_id;
pub(crate) mod trace;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::Config;
use crate::refusal::Refusal;

/// Wraps the routes. From the outside in:
///
/// 1. request id: everything below can name the request, and the bodies of refusals are written here;
/// 2. trace: everything below happens within its span, and its outcome is logged;
/// 3. security headers: on every answer, a caught panic's too;
/// 4. panics;
/// 5. CORS: answers preflights, so nothing below sees one;
/// 6. *here*: rate limits, then the check of tokens, which want to see neither preflights nor panics of their own;
/// 7. the routes. Bodies are bounded where they are read, after a route was found.
pub(crate) fn layers(routes: Router, config: &Config) -> Router {
    let cors = cors::Cors::new(&config.cors_origins);
    routes
        .layer(from_fn_with_state(cors, cors::apply))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(headers::apply))
        .layer(from_fn(trace::apply))
        .layer(from_fn(request_id::apply))
}

fn panicked(cause: Box<dyn std::any::Any + Send>) -> http::Response<axum::body::Body> {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("of an unknown kind"), "request panicked");
    let response: Response = Refusal::internal().into_response();
    response
}
