//! What the service decides, without I/O: which topic is meant, and what is said about it.

mod answer;
mod concept;

pub(crate) use answer::{Said, answer, level_of};
pub(crate) use concept::Concept;
