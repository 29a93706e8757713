//! A sidecar in process.
#![expect(dead_code, reason = "building")]
mod broker;
mod resiliency;
pub mod resources;
