//! Between the wire and the domain.

use learnflow_chat_client::pb::QueryAsked;
use learnflow_status::Invalid;
use learnflow_triage_client::pb;

use crate::domain::{Question, Route};

impl TryFrom<pb::ClassifyRequest> for Question {
    type Error = Invalid;

    fn try_from(request: pb::ClassifyRequest) -> Result<Self, Invalid> {
        Self::new(&request.student_id, &request.query, request.context.as_ref(), request.query_type)
    }
}

impl TryFrom<&QueryAsked> for Question {
    type Error = Invalid;

    fn try_from(asked: &QueryAsked) -> Result<Self, Invalid> {
        Self::new(&asked.student_id, &asked.query, asked.context.as_ref(), asked.query_type)
    }
}

impl From<Route> for pb::Route {
    fn from(route: Route) -> Self {
        Self {
            agent_type: route.agent.into(),
            confidence: route.confidence,
            topic_id: route.topic_id.unwrap_or_default(),
            evidence: route.evidence,
            clarifying_question: route.clarifying_question.unwrap_or_default(),
        }
    }
}
