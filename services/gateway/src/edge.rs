//! The layers around every route, by subject. [`layers`] puts them in order.

pub(crate) mod cors;
pub(crate) mod head;
pub(crate) mod headers;
pub(crate) mod in_flight;
pub(crate) mod request_id;
pub(crate) mod trace;

use std::any::Any;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::Config;
use crate::refusal::Refusal;

/// Wraps the routes. From the outside in:
///
/// 0. HEAD loses its body;
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
        .layer(from_fn(head::apply))
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over so")]
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text =
        cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("of an unknown kind"), "request panicked");
    Refusal::internal().into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use http::Request;
    use http_body_util::BodyExt as _;
    use learnflow_runtime::Vars;
    use tower::ServiceExt as _;

    use super::*;

    async fn boom() -> Response {
        panic!("secret")
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_no_more() {
        let config = Config::from_env(&Vars::default()).unwrap();
        let routes = layers(Router::new().route("/boom", get(boom)), &config);
        let response = routes.oneshot(Request::get("/boom").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key("x-request-id"));
        assert!(response.headers().contains_key("x-content-type-options"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["code"], &body["message"]), (&"INTERNAL".into(), &"internal error".into()));
    }
}
