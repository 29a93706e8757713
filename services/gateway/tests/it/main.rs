//! The gateway over HTTP, in front of services that answer by themselves.

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
