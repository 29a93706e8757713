//! The contract of the `accounts` service: its messages and events, its typed client (feature `client`) and its server
//! trait (feature `server`).

mod generated;

/// Messages, enums and events of `learnflow.accounts.v1`.
pub mod pb {
    pub use crate::generated::*;
}

/// The Dapr app-id by which sidecars find the service.
pub const APP_ID: &str = "accounts";

/// The full name of the gRPC service, as health checks and method paths have it.
pub const SERVICE_NAME: &str = "learnflow.accounts.v1.AccountsService";

/// The descriptors of this contract and of all it imports, for reflection.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// The typed client; every call goes through the caller's sidecar.
#[cfg(feature = "client")]
pub type Client = generated::accounts_service_client::AccountsServiceClient<learnflow_dapr::AppChannel>;

/// A client of the service behind `sidecar`: one cheap handle, cloned at will.
#[cfg(feature = "client")]
pub fn client(sidecar: &learnflow_dapr::Sidecar) -> Client {
    Client::new(sidecar.app(APP_ID, DESCRIPTOR_SET))
        .max_decoding_message_size(learnflow_dapr::MAX_MESSAGE_BYTES)
}
