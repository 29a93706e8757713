#![doc = include_str!("../README.md")]

mod app;
mod config;
mod consumers;
mod convert;
mod domain;
mod error;
mod rpc;
mod store;

pub use app::build;
pub use config::Config;

/// The service's name and Dapr app-id.
pub const SERVICE: &str = learnflow_triage_client::APP_ID;
