#![doc = include_str!("../README.md")]

mod app;
mod config;
mod edge;
mod error;
mod fixed;
mod openapi;
mod refusal;
mod serve;
mod services;
mod source;
mod transcode;

#[cfg(test)]
mod lab;

pub use app::{App, Deps};
pub use config::{Config, DEFAULT_PORT, SERVICE};
pub use error::Error;
pub use transcode::{DynamicCodec, Target, app_id};
