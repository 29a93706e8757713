//! The gateway, put together: contracts, the way to the services, layers, listener.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use learnflow_dapr::Sidecar;
use learnflow_runtime::{Health, Shutdown, server};
use prost_reflect::DescriptorPool;
use tokio::net::TcpListener;

use crate::transcode::{Contracts, Options, Target, Transcoder};
use crate::{Config, Error, edge, fixed, serve};

/// Routes whose callers expect the frontend's names.
const CAMEL_ROUTES: [&str; 1] = ["/api/v1/chat"];

/// What the gateway needs from outside.
pub struct Deps {
    /// Makes the way to the service with an app-id; asked once for each, at the start.
    pub target: Box<dyn Fn(&str) -> Target + Send + Sync>,
    /// What must be there for `/ready`.
    pub health: Health,
}

impl fmt::Debug for Deps {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Deps").field("health", &self.health).finish_non_exhaustive()
    }
}

impl Deps {
    /// Everything through the sidecar.
    pub fn through(sidecar: &Sidecar) -> Self {
        let health = Health::new().needs_sidecar(sidecar);
        let sidecar = sidecar.clone();
        let target = move |app_id: &str| {
            // As many as there are services, for as long as the process lives.
            let app_id: &'static str = Box::leak(app_id.to_owned().into_boxed_str());
            Target::new(sidecar.app(app_id, learnflow_wire::DESCRIPTOR_SET))
        };
        Self { target: Box::new(target), health }
    }
}

/// The gateway, ready to serve.
#[derive(Debug)]
pub struct App {
    listener: TcpListener,
    router: Router,
    health: Health,
    config: Config,
}

impl App {
    /// Reads the contracts and binds the port; serves nothing yet.
    pub async fn bind(
        config: Config,
        pool: &DescriptorPool,
        deps: Deps,
    ) -> Result<Self, learnflow_runtime::Error> {
        let router = Self::router(&config, pool, &deps)
            .map_err(learnflow_runtime::Error::setup("cannot serve the contracts over HTTP"))?;
        let listener = server::bind(config.common.listen).await?;
        Ok(Self { listener, router, health: deps.health, config })
    }

    /// Every route with every layer, for whoever has a listener of their own.
    pub fn router(config: &Config, pool: &DescriptorPool, deps: &Deps) -> Result<Router, Error> {
        let contracts = Arc::new(Contracts::read(pool)?);
        let options = Options {
            request_timeout: config.request_timeout,
            max_body_bytes: config.max_body_bytes,
            camel_routes: CAMEL_ROUTES.map(ToOwned::to_owned).to_vec(),
        };
        let transcoder = Arc::new(Transcoder::new(Arc::clone(&contracts), &*deps.target, options));
        let in_flight = edge::in_flight::InFlight::new(config.common.max_in_flight);
        let contracted = Router::new()
            .fallback(move |request| {
                let transcoder = Arc::clone(&transcoder);
                async move { transcoder.handle(request).await }
            })
            .layer(axum::middleware::from_fn_with_state(in_flight, edge::in_flight::apply));
        let routes = fixed::routes(&contracts, deps.health.clone()).fallback_service(contracted);
        Ok(edge::layers(routes, config))
    }

    /// The address, with the port that was picked when 0 was asked for.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown`, then drains: not ready any more, no new connections, what is in hand finishes within
    /// the configured time.
    pub async fn run(self, shutdown: Shutdown) {
        let address = self.address().ok();
        tracing::info!(service = self.config.common.service, address = ?address, "serving");
        let watcher = tokio::spawn(fixed::watch(self.health, shutdown.clone()));
        serve::serve(self.listener, self.router, &shutdown, self.config.common.drain).await;
        // A watcher that panicked has nothing more to tell.
        drop(watcher.await);
    }
}
