//! What every process needs, so that a service's story is: parse the configuration, build, serve, drain.
//!
//! - [`config`]: keys from an [`config::Env`]; every bad key is reported at once, before any port is bound.
//! - [`telemetry`]: JSON logs on stdout; traces, metrics and logs by OTLP when an endpoint is given.
//! - [`health`]: real readiness, for Kubernetes (grpc.health.v1) and for the sidecar.
//! - [`shutdown`]: the first signal drains, the second aborts.
//! - [`server`]: one gRPC server with the layers that every call passes.

pub mod config;
pub mod health;
pub mod server;
pub mod shutdown;
pub mod telemetry;

mod layer;

pub use config::{Common, Env, ProcessEnv, Vars};
pub use health::Health;
pub use server::{Error, Server};
pub use shutdown::Shutdown;

/// The exit code for bad configuration (`EX_USAGE` of sysexits).
pub const EXIT_CONFIG: u8 = 64;
