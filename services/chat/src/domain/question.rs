//! A question and what became of it.

use learnflow_chat_client::pb;
use learnflow_status::{Check, Invalid};
use learnflow_wire::learnflow::common::v1::{AgentType, QuestionContext};
use time::OffsetDateTime;
use uuid::Uuid;

/// A question that may be stored: its fields are within their limits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    pub(crate) student_id: String,
    pub(crate) query: String,
    pub(crate) context: Option<QuestionContext>,
    pub(crate) query_type: AgentType,
    /// `None` starts a conversation.
    pub(crate) conversation: Option<Uuid>,
}

impl Question {
    /// Checks the fields of a request; all that are wrong are named.
    pub(crate) fn new(
        student_id: String,
        query: String,
        context: Option<QuestionContext>,
        query_type: i32,
        conversation_id: &str,
    ) -> Result<Self, Invalid> {
        let mut check = Check::new();
        check.id(&student_id, "student_id").text(&query, "query", 1, 5_000);
        if let Some(context) = &context {
            check.text(&context.code, "context.code", 0, 10_000).text(
                &context.error,
                "context.error",
                0,
                10_000,
            );
            if !context.exercise_id.is_empty() {
                check.id(&context.exercise_id, "context.exercise_id");
            }
        }
        let agent = AgentType::try_from(query_type);
        check.that(agent.is_ok(), "query_type", "must be one of the agents");
        let conversation = (!conversation_id.is_empty()).then(|| Uuid::try_parse(conversation_id));
        check.that(!matches!(conversation, Some(Err(_))), "conversation_id", "must be a UUID");
        check.finish()?;
        Ok(Self {
            student_id,
            query,
            context,
            query_type: agent.unwrap_or_default(),
            conversation: conversation.and_then(Result::ok),
        })
    }

    /// The event that sends the question on its way.
    pub(crate) fn asked(&self, message_id: Uuid, conversation_id: Uuid) -> pb::QueryAsked {
        pb::QueryAsked {
            message_id: message_id.to_string(),
            conversation_id: conversation_id.to_string(),
            student_id: self.student_id.clone(),
            query: self.query.clone(),
            context: self.context.clone(),
            query_type: self.query_type.into(),
        }
    }
}

/// A stored question and, once there, its answer.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the contract's name for it")]
pub(crate) struct Message {
    pub(crate) message_id: Uuid,
    pub(crate) conversation_id: Uuid,
    pub(crate) student_id: String,
    pub(crate) query: String,
    pub(crate) asked_at: OffsetDateTime,
    pub(crate) answer: Option<pb::Answer>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(student: &str, query: &str, conversation: &str) -> Result<Question, Invalid> {
        Question::new(student.to_owned(), query.to_owned(), None, 0, conversation)
    }

    #[test]
    fn limits_are_in_characters() {
        assert!(question("s-1", &"é".repeat(5_000), "").is_ok());
        assert_eq!(question("s-1", &"é".repeat(5_001), "").unwrap_err().violations()[0].field, "query");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let invalid = question("", " ", "not-a-uuid").unwrap_err();
        let fields: Vec<&str> =
            invalid.violations().iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["student_id", "query", "conversation_id"]);
    }
}
