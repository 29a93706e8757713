//! One span for each request, within the client's trace if it sent one.
//!
//! A `traceparent` that is not of W3C's form is dropped, `tracestate` with it; so is `baggage`, which a sidecar refuses
//! when it is malformed. The route and the status are known only when the answer is there, so they are recorded then.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::request_id;
use crate::transcode::Route;

/// The layer.
pub(crate) async fn apply(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let span = tracing::info_span!(
        "http.server",
        otel.kind = "server",
        learnflow.service = crate::SERVICE,
        otel.status_code = Empty,
        http.request.method = %request.method(),
        http.route = Empty,
        http.response.status_code = Empty,
        request.id = request_id::of(request.headers()),
        trace.id = Empty,
    );
    continue_trace(request.headers_mut(), &span);
    span.record("trace.id", learnflow_runtime::telemetry::trace_id(&span));
    let method = request.method().clone();
    let fixed = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());

    let response = next.run(request).instrument(span.clone()).await;

    let quiet = fixed.is_some();
    let transcoded = response.extensions().get::<Route>().map(|Route(route)| route.to_string());
    let route = transcoded.or(fixed).unwrap_or_default();
    let status = response.status();
    // A span that has begun keeps the name it began with, unless OpenTelemetry itself is told.
    span.context().span().update_name(format!("{method} {route}").trim_end().to_owned());
    span.record("http.route", &route);
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
    span.in_scope(|| {
        let status = status.as_u16();
        // Machines ask the gateway's own routes all the time.
        if quiet {
            tracing::debug!(http.status = status, http.route = route, duration_ms, "request answered");
        } else {
            tracing::info!(http.status = status, http.route = route, duration_ms, "request answered");
        }
    });
    response
}

/// Makes the client's span the parent, or forgets what is not sound.
fn continue_trace(headers: &mut HeaderMap, span: &Span) {
    let context = TraceContextPropagator::new().extract(&Headers(headers));
    if context.span().span_context().is_valid() {
        // Fails only when no telemetry is set up; then the client's headers go on as they are.
        drop(span.set_parent(context));
    } else {
        headers.remove("traceparent");
        headers.remove("tracestate");
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_sound_parents_go_on() {
        let kept = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_static(text));
            headers.insert("tracestate", HeaderValue::from_static("a=b"));
            continue_trace(&mut headers, &Span::none());
            headers.len() == 2
        };
        assert!(kept("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01; drop",
        ] {
            assert!(!kept(bad), "{bad}");
        }
    }
}
