//! The service's tables. All SQL of the service is here.

mod messages;

pub(crate) use messages::{Answered, answer, find, insert, list};
