//! A sidecar in process.
#![expect(dead_code, reason = "building")]
mod resiliency;
pub mod resources;
