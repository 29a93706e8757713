//! Pages of messages: the newest first, each page continues below the last message of the one before.

use learnflow_status::{Check, Invalid};
use uuid::Uuid;

/// Which messages to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) student_id: String,
    pub(crate) conversation: Option<Uuid>,
    /// Only messages older than this one.
    pub(crate) before: Option<Uuid>,
    pub(crate) size: i64,
}

impl Page {
    /// Checks the fields of a request; 0 means a page of 20.
    pub(crate) fn new(
        student_id: &str,
        conversation_id: &str,
        size: i32,
        token: &str,
    ) -> Result<Self, Invalid> {
        let mut check = Check::new();
        check.id(student_id, "student_id").range(i64::from(size), "page_size", 0, 100);
        let conversation = optional_uuid(&mut check, conversation_id, "conversation_id");
        let before = optional_uuid(&mut check, token, "page_token");
        check.finish()?;
        let size = if size == 0 { 20 } else { i64::from(size) };
        Ok(Self { student_id: student_id.to_owned(), conversation, before, size })
    }
}

fn optional_uuid(check: &mut Check, text: &str, field: &str) -> Option<Uuid> {
    if text.is_empty() {
        return None;
    }
    let parsed = Uuid::try_parse(text).ok();
    check.that(parsed.is_some(), field, "must be a UUID");
    parsed
}
