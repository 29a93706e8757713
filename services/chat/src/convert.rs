//! Between the wire and the domain.

use learnflow_chat_client::pb;
use learnflow_concepts_client::pb as concepts;
use learnflow_status::Invalid;
use learnflow_wire::learnflow::common::v1::AgentType;
use time::OffsetDateTime;

use crate::domain::{Message, Page, Question};

impl TryFrom<pb::AskRequest> for Question {
    type Error = Invalid;

    fn try_from(request: pb::AskRequest) -> Result<Self, Invalid> {
        let pb::AskRequest { student_id, query, context, query_type, conversation_id } = request;
        Self::new(student_id, query, context, query_type, &conversation_id)
    }
}

impl TryFrom<pb::QueryRequest> for Question {
    type Error = Invalid;

    fn try_from(request: pb::QueryRequest) -> Result<Self, Invalid> {
        let pb::QueryRequest { student_id, query, context, query_type, conversation_id } = request;
        Self::new(student_id, query, context, query_type, &conversation_id)
    }
}

impl TryFrom<pb::ListMessagesRequest> for Page {
    type Error = Invalid;

    fn try_from(request: pb::ListMessagesRequest) -> Result<Self, Invalid> {
        Self::new(&request.student_id, &request.conversation_id, request.page_size, &request.page_token)
    }
}

impl From<Message> for pb::Message {
    fn from(message: Message) -> Self {
        let status = match message.answer {
            Some(_) => pb::MessageStatus::Answered,
            None => pb::MessageStatus::Pending,
        };
        Self {
            message_id: message.message_id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            student_id: message.student_id,
            query: message.query,
            status: status.into(),
            asked_at: Some(timestamp(message.asked_at)),
            answer: message.answer,
        }
    }
}

/// An answer, laid flat.
pub(crate) fn answered(answer: pb::Answer) -> pb::QueryResponse {
    pb::QueryResponse {
        message_id: answer.message_id,
        conversation_id: answer.conversation_id,
        status: pb::MessageStatus::Answered.into(),
        agent_type: answer.agent_type,
        confidence: answer.confidence,
        response: answer.response,
        source: answer.source,
        explanation: answer.explanation,
        examples: answer.examples,
        related_concepts: answer.related_concepts,
        hint: answer.hint,
        score: answer.score,
        suggestions: answer.suggestions,
    }
}

/// An agent's event as the student's answer.
pub(crate) trait IntoAnswer {
    /// The student whom it is for.
    fn student_id(&self) -> &str;

    /// The answer, given at `now`.
    fn into_answer(self, now: OffsetDateTime) -> pb::Answer;
}

impl IntoAnswer for concepts::ExplanationGiven {
    fn student_id(&self) -> &str {
        &self.student_id
    }

    fn into_answer(self, now: OffsetDateTime) -> pb::Answer {
        pb::Answer {
            message_id: self.message_id,
            conversation_id: self.conversation_id,
            agent_type: AgentType::Concepts.into(),
            confidence: self.confidence,
            response: self.response,
            source: self.source,
            explanation: self.explanation,
            examples: self.examples,
            related_concepts: self.related_concepts,
            suggestions: self.suggestions,
            answered_at: Some(timestamp(now)),
            ..pb::Answer::default()
        }
    }
}

fn timestamp(time: OffsetDateTime) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.unix_timestamp(), nanos: time.nanosecond() as i32 }
}
