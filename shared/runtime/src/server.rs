//! One gRPC server: bound early, served with the layers of every call, drained at the end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response};
use learnflow_dapr::Callback;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;
use tonic::transport::server::TcpIncoming;

use crate::config::{Common, Problems};
use crate::health::Health;
use crate::layer::InboundLayer;
use crate::shutdown::Shutdown;

/// Why a process could not start, or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Keys that cannot be used; exit 64.
    #[error(transparent)]
    Config(#[from] Problems),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said, in plain words.
        reason: String,
    },
    /// Something that the service needs could not be set up.
    #[error("{what}")]
    Setup {
        /// What was being done, as in `cannot migrate the database`.
        what: String,
        /// Why it failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server ended with an error.
    #[error("server failed")]
    Serve(#[source] tonic::transport::Error),
}

impl Error {
    /// For `map_err`: what was being done when it failed.
    pub fn setup<E: std::error::Error + Send + Sync + 'static>(
        what: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |source| Self::Setup { what, source: Box::new(source) }
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Config(_)) { crate::EXIT_CONFIG } else { 1 }
    }
}

/// Binds `address`; a port in use is said plainly.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| Error::Listen {
        address,
        reason: match error.kind() {
            std::io::ErrorKind::AddrInUse => "the port is in use".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        },
    })
}

/// A service's server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    routes: RoutesBuilder,
    services: Vec<String>,
    descriptors: Vec<&'static [u8]>,
    health: Health,
    service: &'static str,
    max_in_flight: usize,
    drain: Duration,
}

impl Server {
    /// A server on a port that was bound with [`bind`] before anything else was done.
    pub fn new(config: &Common, listener: TcpListener, health: Health) -> Self {
        Self {
            listener,
            routes: RoutesBuilder::default(),
            services: Vec::new(),
            descriptors: Vec::new(),
            health,
            service: config.service,
            max_in_flight: config.max_in_flight,
            drain: config.drain,
        }
    }

    /// The address, with the port that was picked when 0 was asked for.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Adds a service with its contract's descriptors, which reflection shows.
    #[must_use]
    pub fn with<S>(mut self, service: S, descriptors: &'static [u8]) -> Self
    where
        S: tower::Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        self.services.push(S::NAME.to_owned());
        self.descriptors.push(descriptors);
        self.routes.add_service(service);
        self
    }

    /// Adds what the sidecar calls.
    #[must_use]
    pub fn with_callback(mut self, callback: &Callback) -> Self {
        self.routes.add_service(callback.server());
        self.routes.add_service(callback.alpha_server());
        self.routes.add_service(callback.health_server());
        self
    }

    /// Serves until `shutdown`, then drains: not ready any more, no new connections, calls in hand finish within the
    /// configured time.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Error> {
        let address = self.address().ok();
        let (reporter, health_server) = tonic_health::server::health_reporter();
        self.routes.add_service(health_server);
        let mut reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        for descriptors in &self.descriptors {
            reflection = reflection.register_encoded_file_descriptor_set(descriptors);
        }
        let reflection = reflection.build_v1().map_err(Error::setup("cannot set up reflection"))?;
        self.routes.add_service(reflection);

        let stop = shutdown.token();
        let watcher = tokio::spawn(self.health.clone().watch(reporter, self.services.clone(), stop.clone()));
        tracing::info!(service = self.service, address = ?address, "serving");
        let serving = tonic::transport::Server::builder()
            .layer(InboundLayer::new(self.service, self.max_in_flight))
            .http2_keepalive_interval(Some(Duration::from_secs(15)))
            .add_routes(self.routes.routes())
            // tonic's own nodelay setting does not reach a listener that it did not make.
            .serve_with_incoming_shutdown(
                TcpIncoming::from(self.listener).with_nodelay(Some(true)),
                stop.cancelled_owned(),
            );
        tokio::pin!(serving);
        let served = tokio::select! {
            served = &mut serving => Some(served),
            () = shutdown.started() => shutdown.within(self.drain, &mut serving).await,
        };
        // The token stops the watcher; on an error nobody has asked for that yet.
        shutdown.start();
        let _ = watcher.await;
        if let Some(result) = served {
            result.map_err(Error::Serve)
        } else {
            tracing::warn!(drain_ms = self.drain.as_millis() as u64, "stopped with calls in hand");
            Ok(())
        }
    }
}
