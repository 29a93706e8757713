//! What every inbound call passes: the trace, the request id, the deadline, and the limit on calls in flight.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{HeaderMap, Request, Response};
use learnflow_dapr::CallContext;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Services that are asked by machines, all the time: no spans, no limit.
const QUIET: [&str; 3] =
    ["/grpc.health.v1.", "/grpc.reflection.", "/dapr.proto.runtime.v1.AppCallbackHealthCheck/"];

/// Deliveries of the sidecar: their flow is bounded by Dapr (one per partition), and their span is the consumer's.
const CALLBACKS: &str = "/dapr.proto.runtime.v1.AppCallback";

/// The layer; one for the server, shared by its connections.
#[derive(Clone, Debug)]
pub(crate) struct InboundLayer {
    service: &'static str,
    slots: Arc<Semaphore>,
}

impl InboundLayer {
    pub(crate) fn new(service: &'static str, max_in_flight: usize) -> Self {
        Self { service, slots: Arc::new(Semaphore::new(max_in_flight)) }
    }
}

impl<S> tower::Layer<S> for InboundLayer {
    type Service = Inbound<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Inbound { inner, layer: self.clone() }
    }
}

/// The layer's service.
#[derive(Clone, Debug)]
pub(crate) struct Inbound<S> {
    inner: S,
    layer: InboundLayer,
}

impl<S> tower::Service<Request<Body>> for Inbound<S>
where
    S: tower::Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        if QUIET.iter().any(|quiet| path.starts_with(quiet)) || path.starts_with(CALLBACKS) {
            return Box::pin(self.inner.call(request));
        }
        let Ok(slot) = Arc::clone(&self.layer.slots).try_acquire_owned() else {
            tracing::warn!(rpc.path = %path, "too many calls in flight");
            return Box::pin(async { Ok(busy().into_http()) });
        };

        let call = CallContext::from_headers(request.headers());
        let span = span(self.layer.service, &path, request.headers(), call.request_id_str());
        let started = Instant::now();
        let response = self.inner.call(request);
        let service = self.layer.service;
        Box::pin(
            call.scope(async move {
                let response = response.await;
                // A slot is for the work up to the first byte of the answer: long streams must not starve calls.
                drop(slot);
                let code = response.as_ref().map_or(2, |response| status_of(response.headers()));
                tracing::Span::current().record("rpc.grpc.status_code", code);
                record(service, &path, code, started.elapsed());
                response
            })
            .instrument(span),
        )
    }
}

fn busy() -> Status {
    use tonic_types::StatusExt as _;
    let details = tonic_types::ErrorDetails::with_retry_info(Some(Duration::from_secs(1)));
    Status::with_error_details(tonic::Code::ResourceExhausted, "too many calls in flight", details)
}

/// The status of an answer that consists of headers alone; others are OK so far.
fn status_of(headers: &HeaderMap) -> i64 {
    headers
        .get("grpc-status")
        .and_then(|code| code.to_str().ok())
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

fn span(service: &'static str, path: &str, headers: &HeaderMap, request_id: &str) -> tracing::Span {
    let (rpc_service, rpc_method) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    let span = tracing::info_span!(
        "rpc.server",
        otel.name = %format_args!("{rpc_service}/{rpc_method}"),
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.service = rpc_service,
        rpc.method = rpc_method,
        rpc.grpc.status_code = tracing::field::Empty,
        learnflow.service = service,
        request.id = request_id,
        trace.id = tracing::field::Empty,
    );
    let parent =
        opentelemetry::global::get_text_map_propagator(|propagator| propagator.extract(&LastHeader(headers)));
    // Fails only when no OpenTelemetry layer is installed, as in unit tests.
    let _ = span.set_parent(parent);
    span.record("trace.id", crate::telemetry::trace_id(&span));
    span
}

/// A sidecar that traces adds its own `traceparent` behind the caller's: the last one is the parent.
struct LastHeader<'a>(&'a HeaderMap);

impl opentelemetry::propagation::Extractor for LastHeader<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get_all(key).iter().next_back().and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// `rpc.server.duration` in seconds, by method and status, as the OpenTelemetry conventions name it.
fn record(service: &'static str, path: &str, code: i64, elapsed: Duration) {
    static DURATION: OnceLock<Histogram<f64>> = OnceLock::new();
    let histogram = DURATION.get_or_init(|| {
        crate::telemetry::meter().f64_histogram("rpc.server.call.duration").with_unit("s").build()
    });
    let attributes = [
        KeyValue::new("learnflow.service", service),
        KeyValue::new("rpc.method", path.to_owned()),
        KeyValue::new("rpc.grpc.status_code", code),
    ];
    histogram.record(elapsed.as_secs_f64(), &attributes);
}
