//! The gateway over HTTP, in front of services that answer by themselves.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod casing;
mod documents;
mod edge;
mod errors;
mod fuzz;
mod layers;
mod metadata;
mod standin;
mod streams;
mod transcoding;
