//! A sidecar in process: Dapr's gRPC API for newcomers and tests, without daprd and without Kafka.
//!
//! An app cannot tell the difference, and is not meant to: it is given a sidecar's address, calls other apps through
//! it, publishes, keeps state, and is handed events. The same resource files serve both runtimes. Where the two
//! differ, daprd is right; `tests/conformance` runs one suite on both and lists every difference with its reason.
//!
//! **This is not a production broker.** Topics and state live in memory and end with the process.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use learnflow_embedded::{App, Embedded, Resources};
//!
//! let resources = Resources::load("components/local")?;
//! let runtime = Embedded::builder(resources)
//!     .app(App::new("chat").listening_on("127.0.0.1:50051".parse()?))
//!     .app(App::new("caller"))
//!     .start()
//!     .await?;
//! println!("call chat through {:?}", runtime.sidecar("caller"));
//! runtime.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! What is imitated, by module: [`resources`] reads the files; `proxy` passes calls from app to app; `broker` is
//! Kafka in memory; `delivery` hands events to apps; `state` keeps keys; `api` is Dapr's gRPC service;
//! `resiliency` holds timeouts, retries and breakers.
//!
//! Left out are actors, workflows, bindings, configuration, streaming subscriptions, access control, mTLS, API tokens,
//! Dapr's HTTP API, and its own event envelope (`rawPayload` is a must). Three things are kinder than daprd: topics
//! appear when they are first used; a Configuration without a sampling rate means no tracing; and reflection through a
//! sidecar shows the app's services instead of Dapr's.

mod api;
mod broker;
mod delivery;
mod directory;
mod error;
mod health;
mod listener;
mod proxy;
mod publisher;
mod resiliency;
pub mod resources;
mod runtime;
mod sidecar;
mod state;
mod trace;

pub use broker::Retention;
pub use error::Error;
pub use resources::Resources;
pub use runtime::{App, Builder, Embedded, Replica, TopicRecord};
