//! The sidecar, as a service sees it: reaching other services, publishing, state, and deliveries.
//!
//! A service knows one address, its sidecar's. [`Sidecar::app`] is the channel on which a generated client reaches
//! another service through Dapr's gRPC proxying; [`Sidecar::publish`] puts a record on Kafka; [`Sidecar::state`] is the
//! state store; [`Callback`] receives what the sidecar delivers. All speak Dapr's own protobuf API with the generated
//! types of the `dapr` crate, so that daprd and the embedded runtime serve alike.

mod app_channel;
mod call;
mod callback;
mod error;
mod health;
mod publish;
mod sidecar;
mod state;

pub use app_channel::AppChannel;
pub use call::{CallContext, current as current_call};
pub use callback::{Callback, Delivery, Outcome, Ready, Subscriber};
pub use error::Error;
pub use publish::Record;
pub use sidecar::{Sidecar, SidecarConfig};
pub use state::{Entry, Etag, StateStore};

/// The largest message, both ways: the default of daprd's `--max-body-size` (4 MiB) and of tonic's decoder.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// The name of the pub/sub component in `components/`.
pub const PUBSUB: &str = "pubsub";

/// The name of the pub/sub component whose every replica reads everything (see `components/local/pubsub-live.yaml`).
pub const PUBSUB_LIVE: &str = "pubsub-live";

/// The name of the state store component.
pub const STATE_STORE: &str = "statestore";
