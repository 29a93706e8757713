//! The one binary: `serve` is a service behind its sidecar, `up` the whole platform in one process on the embedded
//! runtime, `demo` plays questions against any gateway, `protoset` helps people with grpcurl.

mod cli;
pub mod collector;
mod demo;
pub mod http;
pub mod platform;
mod protoset;
mod role;
mod serve;
pub mod stack;
mod up;

pub use cli::{Cli, run};
pub use role::Role;

/// The README's Rust example, compiled with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
