//! Logs, traces and metrics.
//!
//! JSON logs go to stdout always. With `OTEL_EXPORTER_OTLP_ENDPOINT` set, traces, metrics and logs go there by OTLP
//! over gRPC as well. Without it spans still have ids, so that trace context travels and logs can be joined by it.

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::Reader;

/// Where telemetry goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelemetryConfig {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: a collector's gRPC address, such as `http://127.0.0.1:4317`; none switches
    /// export off.
    pub otlp_endpoint: Option<String>,
    /// `LEARNFLOW_LOG`: a `tracing` filter, `info` by default.
    pub log_filter: String,
}

impl TelemetryConfig {
    /// Reads the section.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let log_filter: String = reader.or("LEARNFLOW_LOG", "a filter such as info", "info".to_owned());
        if let Err(error) = EnvFilter::try_new(&log_filter) {
            reader.problem("LEARNFLOW_LOG", format!("must be a filter such as info,sqlx=warn: {error}"));
        }
        Self { otlp_endpoint: reader.optional("OTEL_EXPORTER_OTLP_ENDPOINT", "a URI"), log_filter }
    }
}

/// Flushes what is not exported yet when [`Telemetry::flush`] is called; hold it until after the drain.
#[derive(Debug)]
#[must_use = "spans are lost unless the guard is flushed after the drain"]
pub struct Telemetry {
    traces: SdkTracerProvider,
    metrics: Option<SdkMeterProvider>,
    logs: Option<SdkLoggerProvider>,
}

/// How telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The exporter refused its endpoint.
    #[error("OTLP exporter could not be built")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// A subscriber was installed before.
    #[error("telemetry is installed already")]
    Installed(#[source] tracing_subscriber::util::TryInitError),
}

impl Telemetry {
    /// Installs logs and traces for the process, in the name of `service`. Must be called within a tokio runtime.
    pub fn install(service: &str, config: &TelemetryConfig) -> Result<Self, Error> {
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let resource = Resource::builder()
            .with_service_name(service.to_owned())
            .with_attribute(opentelemetry::KeyValue::new("service.namespace", "learnflow"))
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();

        let mut traces = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
        let (mut metrics, mut logs) = (None, None);
        if let Some(endpoint) = &config.otlp_endpoint {
            let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
            // Half a second: a person who watches a question travel should not wait for the default of five.
            let batch =
                BatchConfigBuilder::default().with_scheduled_delay(Duration::from_millis(500)).build();
            let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batch).build();
            traces = traces.with_span_processor(processor);

            let exporter = MetricExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
            let reader = PeriodicReader::builder(exporter).with_interval(Duration::from_secs(15)).build();
            let provider =
                SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(reader).build();
            opentelemetry::global::set_meter_provider(provider.clone());
            metrics = Some(provider);

            let exporter = LogExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
            logs = Some(
                SdkLoggerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build(),
            );
        }
        let traces = traces.build();

        let filter = EnvFilter::try_new(&config.log_filter).unwrap_or_else(|_| EnvFilter::new("info"));
        let stdout = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_filter(filter);
        // Spans below info are for logs; exporting the transport's own would loop.
        let exported =
            || EnvFilter::new("info,h2=off,hyper=off,tonic=off,tower=off,opentelemetry=off,sqlx=warn");
        let spans =
            tracing_opentelemetry::layer().with_tracer(traces.tracer("learnflow")).with_filter(exported());
        let bridge =
            logs.as_ref().map(|provider| OpenTelemetryTracingBridge::new(provider).with_filter(exported()));
        tracing_subscriber::registry()
            .with(stdout)
            .with(spans)
            .with(bridge)
            .try_init()
            .map_err(Error::Installed)?;
        Ok(Self { traces, metrics, logs })
    }

    /// Sends what is left. Call it after the drain, on errors too; it blocks for a few seconds at most.
    pub fn flush(self) {
        let mut failures = Vec::new();
        failures.extend(self.traces.shutdown().err());
        failures.extend(self.metrics.and_then(|metrics| metrics.shutdown().err()));
        failures.extend(self.logs.and_then(|logs| logs.shutdown().err()));
        for error in failures {
            eprintln!("telemetry was not flushed: {error}");
        }
    }
}

/// The meter of the platform's metrics.
pub fn meter() -> &'static opentelemetry::metrics::Meter {
    static METER: OnceLock<opentelemetry::metrics::Meter> = OnceLock::new();
    METER.get_or_init(|| opentelemetry::global::meter("learnflow"))
}

/// The current span's trace id, as 32 hex digits.
pub fn trace_id(span: &tracing::Span) -> String {
    use opentelemetry::trace::TraceContextExt as _;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;
    span.context().span().span_context().trace_id().to_string()
}
