//! What the service decides, without I/O: who answers, among those in service.

mod agents;
mod route;

pub(crate) use agents::Agents;
pub(crate) use route::{Question, Route, route};
