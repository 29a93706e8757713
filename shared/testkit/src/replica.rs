//! One running service behind its sidecar.

use std::net::SocketAddr;

use learnflow_dapr::Sidecar;
use learnflow_runtime::{Error, Shutdown};
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

/// A replica of a service. Dropping it leaves it running until the end of the test.
#[derive(Debug)]
pub struct Replica {
    pub(crate) address: SocketAddr,
    pub(crate) sidecar: Sidecar,
    pub(crate) embedded: learnflow_embedded::Replica,
    pub(crate) shutdown: Shutdown,
    pub(crate) running: JoinHandle<Result<(), Error>>,
}

impl Replica {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its sidecar, as the service itself sees it.
    pub fn sidecar(&self) -> &Sidecar {
        &self.sidecar
    }

    /// Tells it to stop, as a signal does.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// A connection to this very replica. Through a sidecar, replicas are taken in turn.
    pub async fn channel(&self) -> Channel {
        let endpoint =
            Endpoint::from_shared(format!("http://{}", self.address)).expect("an address is a URI");
        endpoint.connect().await.expect("the service listens")
    }
}
