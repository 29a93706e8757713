//! What can go wrong at start.

use std::net::SocketAddr;

/// Why a sidecar did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The resources cannot be used.
    #[error(transparent)]
    Resources(#[from] crate::resources::Error),
    /// The sidecar's address cannot be listened on.
    #[error("the sidecar of {app_id} cannot listen on {address}")]
    Listen {
        /// The app.
        app_id: String,
        /// The address.
        address: SocketAddr,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
}
