//! The trace of an event: a producer's span where it is made, a consumer's where it is handled.

use std::collections::HashMap;

use learnflow_events::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The span of making an event.
pub(crate) fn publish_span(service: &str, topic: &'static str, kind: &'static str) -> tracing::Span {
    tracing::info_span!(
        "publish",
        otel.name = %format_args!("publish {topic}"),
        otel.kind = "producer",
        learnflow.service = service,
        messaging.system = "kafka",
        messaging.destination.name = topic,
        cloudevents.event_type = kind,
    )
}

/// The span of handling an event, under the span that made it.
pub(crate) fn process_span(
    service: &str,
    topic: &str,
    kind: &str,
    id: &str,
    context: &Context,
) -> tracing::Span {
    let span = tracing::info_span!(
        "process",
        otel.name = %format_args!("process {topic}"),
        otel.kind = "consumer",
        learnflow.service = service,
        messaging.system = "kafka",
        messaging.destination.name = topic,
        cloudevents.event_type = kind,
        cloudevents.event_id = id,
        request.id = %context.correlation_id,
        trace.id = tracing::field::Empty,
    );
    let headers = HashMap::from([
        ("traceparent".to_owned(), context.traceparent.clone()),
        ("tracestate".to_owned(), context.tracestate.clone()),
    ]);
    let parent = opentelemetry::global::get_text_map_propagator(|propagator| propagator.extract(&headers));
    // Fails only when no OpenTelemetry layer is installed, as in unit tests.
    let _ = span.set_parent(parent);
    span.record("trace.id", span.context().span().span_context().trace_id().to_string());
    span
}

/// `span` as the W3C context that an event carries.
pub(crate) fn context_of(span: &tracing::Span) -> Context {
    let mut headers = HashMap::new();
    let context = span.context();
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut headers);
    });
    Context {
        traceparent: headers.remove("traceparent").unwrap_or_default(),
        tracestate: headers.remove("tracestate").unwrap_or_default(),
        correlation_id: String::new(),
    }
}
