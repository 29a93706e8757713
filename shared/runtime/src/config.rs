//! Configuration: read from the environment, all keys before the first error.

mod common;
mod reader;

pub use common::Common;
pub use reader::{Env, Problem, Problems, ProcessEnv, Reader, Vars};
