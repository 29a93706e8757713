//! What the service decides, without I/O: questions, answers, pages.

mod page;
mod question;

pub(crate) use page::Page;
pub(crate) use question::{Message, Question};
