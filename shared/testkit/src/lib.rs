//! What tests of several crates share: each service against a real PostgreSQL and the embedded runtime.
//!
//! ```text
//! #[tokio::test]
//! async fn a_question_is_answered() {
//!     let world = World::new().await;
//!     let chat = world.start("chat", async |env, shutdown| build(Config::from_env(&env)?, &shutdown).await).await;
//!     let mut client = learnflow_chat_client::client(&world.sidecar("gateway").await);
//!     …
//!     world.publish("concepts", &ExplanationGiven { … }).await;
//!     let stored = eventually("the answer is stored", async || …).await;
//! }
//! ```
//!
//! A [`World`] is a database of its own and an embedded runtime on `components/local`. All worlds of a test binary share
//! one private PostgreSQL, which is gone when the process is, however it ends.
#![expect(clippy::missing_panics_doc, reason = "it is a test that panics here, and that is how it fails")]

mod ports;
mod replica;
mod server;
mod store;
mod wait;
mod world;

pub use ports::free_address;
pub use replica::Replica;
pub use server::server;
pub use store::Database;
pub use wait::{eventually, never};
pub use world::{Said, World, sidecar_at};
