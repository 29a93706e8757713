//! `learning.requests`: a student asked; decide who answers, and send it there.

use learnflow_chat_client::pb::QueryAsked;
use learnflow_mailbox::{Failure, Handle, Received, Tx};
use learnflow_triage_client::pb;
use learnflow_wire::learnflow::common::v1::AgentType;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Agents, Question, route};
use crate::store;

/// Routes questions.
#[derive(Clone, Debug)]
pub(super) struct Route {
    agents: Agents,
}

impl Route {
    pub(super) fn new(agents: Agents) -> Self {
        Self { agents }
    }
}

impl Handle<QueryAsked> for Route {
    async fn handle(&self, tx: &mut Tx, received: Received<QueryAsked>) -> Result<(), Failure> {
        let asked = received.event;
        let question = Question::try_from(&asked).map_err(|invalid| Failure::Refused(invalid.to_string()))?;
        let message_id = Uuid::try_parse(&asked.message_id)
            .map_err(|_| Failure::Refused(format!("message id {:?} is not a UUID", asked.message_id)))?;

        let route = route(&question, &self.agents);
        tracing::info!(agent = ?route.agent, confidence = route.confidence, topic = route.topic_id, "question routed");
        store::insert(tx.connection(), message_id, &question.student_id, &route, OffsetDateTime::now_utc())
            .await?;
        send(tx, asked, route).await
    }
}

/// One topic an agent.
async fn send(tx: &mut Tx, asked: QueryAsked, route: crate::domain::Route) -> Result<(), Failure> {
    let agent = route.agent;
    let (student_id, message_id) = (asked.student_id.clone(), asked.message_id.clone());
    let question = Some(pb::RoutedQuestion {
        message_id: asked.message_id,
        conversation_id: asked.conversation_id,
        student_id: asked.student_id,
        query: asked.query,
        context: asked.context,
        route: Some(route.into()),
        // Known once the progress service is there to be asked.
        mastery: None,
        recent_errors: Vec::new(),
    });
    match agent {
        AgentType::CodeReview => {
            tx.publish(&pb::ReviewRequested { student_id, message_id, question }).await?
        }
        AgentType::Debug => tx.publish(&pb::DiagnosisRequested { student_id, message_id, question }).await?,
        AgentType::Exercise => {
            tx.publish(&pb::ExerciseRequested { student_id, message_id, question }).await?
        }
        AgentType::Progress => {
            tx.publish(&pb::ProgressRequested { student_id, message_id, question }).await?
        }
        AgentType::Concepts | AgentType::Unspecified => {
            tx.publish(&pb::ExplanationRequested { student_id, message_id, question }).await?
        }
    };
    Ok(())
}
