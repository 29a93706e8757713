#![doc = include_str!("../README.md")]

mod catalogue;
mod check;
mod content;
mod error;
mod level;
pub mod names;
mod parse;
mod topic;

pub use catalogue::{Catalogue, catalogue};
pub use content::Source;
pub use error::Error;
pub use level::Level;
pub use topic::{Example, Lesson, Module, Topic};
