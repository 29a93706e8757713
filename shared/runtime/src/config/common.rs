//! The keys that all services share.

use std::net::SocketAddr;
use std::time::Duration;

use learnflow_dapr::SidecarConfig;

use super::Reader;
use crate::telemetry::TelemetryConfig;

/// What every service is told.
#[derive(Clone, Debug)]
pub struct Common {
    /// The service's name, which is its Dapr app-id.
    pub service: &'static str,
    /// `LEARNFLOW_LISTEN`: where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// `DAPR_GRPC_ENDPOINT` (or `DAPR_GRPC_PORT`), `DAPR_API_TOKEN`: its sidecar.
    pub sidecar: SidecarConfig,
    /// `LEARNFLOW_DRAIN_MS`: how long work in hand may take after the first signal; keep it under the grace period of
    /// the pod.
    pub drain: Duration,
    /// `LEARNFLOW_MAX_IN_FLIGHT`: calls served at once; beyond it RESOURCE_EXHAUSTED. (Dapr's
    /// `app-max-concurrency` is not applied to proxied calls.)
    pub max_in_flight: usize,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, `LEARNFLOW_LOG`.
    pub telemetry: TelemetryConfig,
}

impl Common {
    /// Reads the section for `service`, which listens on loopback at `default_port` unless told otherwise.
    pub fn read(reader: &mut Reader<'_>, service: &'static str, default_port: u16) -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], default_port));
        let listen = reader.or("LEARNFLOW_LISTEN", "an address such as 127.0.0.1:8101", loopback);
        let port = reader.or("DAPR_GRPC_PORT", "a port", 50001_u16);
        let endpoint: String = reader.or("DAPR_GRPC_ENDPOINT", "a URI", format!("http://127.0.0.1:{port}"));
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            reader.problem(
                "DAPR_GRPC_ENDPOINT",
                format!("must be a URI such as http://127.0.0.1:20201, not {endpoint:?}"),
            );
        }
        let sidecar = SidecarConfig {
            api_token: reader.optional("DAPR_API_TOKEN", "a token"),
            default_deadline: reader.millis("LEARNFLOW_CALL_DEADLINE_MS", 5_000),
            ..SidecarConfig::new(endpoint)
        };
        let max_in_flight = reader.or("LEARNFLOW_MAX_IN_FLIGHT", "a number of calls", 1_024_usize);
        if max_in_flight == 0 {
            reader.problem("LEARNFLOW_MAX_IN_FLIGHT", "must be at least 1");
        }
        Self {
            service,
            listen,
            sidecar,
            drain: reader.millis("LEARNFLOW_DRAIN_MS", 20_000),
            max_in_flight,
            telemetry: TelemetryConfig::read(reader),
        }
    }
}
