//! Who is where: the replicas of each app, taken in turn.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::{Request, Response};
use tokio::net::TcpStream;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::Service as _;

/// The one HTTP/2 connection to a replica of an app; made when first used, and again when it broke.
#[derive(Debug, Clone)]
pub(crate) struct AppConnection {
    address: SocketAddr,
    channel: Channel,
}

impl AppConnection {
    #[expect(clippy::disallowed_methods, reason = "this is the sidecar: it reaches its app, not a service")]
    pub(crate) fn new(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .unwrap_or_else(|_| Endpoint::from_static("http://invalid"))
            .connect_timeout(std::time::Duration::from_secs(5))
            .initial_stream_window_size(1024 * 1024)
            .initial_connection_window_size(4 * 1024 * 1024)
            .tcp_nodelay(true);
        Self { address, channel: endpoint.connect_lazy() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connection, for a generated client.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Sends any request.
    pub(crate) async fn call(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let mut channel = self.channel.clone();
        let failed = |error: tonic::transport::Error| Status::from_error(error.into());
        poll_fn(|cx| channel.poll_ready(cx)).await.map_err(failed)?;
        channel.call(request).await.map_err(failed)
    }

    /// Is anything listening?
    pub(crate) async fn reachable(&self) -> Result<(), Status> {
        let connected = TcpStream::connect(self.address).await;
        connected.map(drop).map_err(|error| Status::unavailable(format!("connection error: {error}")))
    }
}

#[derive(Debug, Default)]
struct Replicas {
    /// By number, so that the right one can be removed.
    connections: Vec<(u64, AppConnection)>,
    next: AtomicUsize,
}

/// The replicas of every app of an embedded runtime.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    apps: RwLock<HashMap<String, Replicas>>,
}

impl Directory {
    pub(crate) fn add(&self, app_id: &str, number: u64, connection: AppConnection) {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        apps.entry(app_id.to_owned()).or_default().connections.push((number, connection));
    }

    pub(crate) fn remove(&self, app_id: &str, number: u64) {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(replicas) = apps.get_mut(app_id) {
            replicas.connections.retain(|(other, _)| *other != number);
        }
    }

    /// The next replica of an app; daprd's status for an app that it cannot find.
    pub(crate) fn pick(&self, app_id: &str) -> Result<AppConnection, Status> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        let replicas = apps.get(app_id).filter(|replicas| !replicas.connections.is_empty());
        let replicas = replicas
            .ok_or_else(|| Status::unknown(format!("timeout waiting for address for app id {app_id}")))?;
        let turn = replicas.next.fetch_add(1, Ordering::Relaxed) % replicas.connections.len();
        Ok(replicas.connections[turn].1.clone())
    }
}

/// Shared by every sidecar.
pub(crate) type SharedDirectory = Arc<Directory>;
