//! `concepts.requests`: a question was routed here; answer it.

use learnflow_concepts_client::pb;
use learnflow_mailbox::{Failure, Handle, Received, Tx};
use learnflow_triage_client::pb::ExplanationRequested;
use learnflow_tutor::Answer;
use learnflow_wire::learnflow::common::v1::AnswerSource;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::convert::{code_example, mastery_level};
use crate::domain::{Said, answer};
use crate::store::{self, Explained};

/// Answers questions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Explain;

impl Handle<ExplanationRequested> for Explain {
    async fn handle(&self, tx: &mut Tx, received: Received<ExplanationRequested>) -> Result<(), Failure> {
        let question =
            received.event.question.ok_or_else(|| Failure::Refused("there is no question".to_owned()))?;
        let message_id = Uuid::try_parse(&question.message_id)
            .map_err(|_| Failure::Refused(format!("message id {:?} is not a UUID", question.message_id)))?;

        let (answer, level) = answer(&Said::from(&question));
        let level = mastery_level(level);
        let explained = if let Answer::Explained(explanation) = &answer { Some(explanation) } else { None };
        let topic_id = explained.map(|explanation| explanation.topic.id);

        let row = Explained {
            message_id,
            student_id: &question.student_id,
            topic_id,
            level,
            source: AnswerSource::Embedded,
        };
        store::insert(tx.connection(), &row, OffsetDateTime::now_utc()).await?;
        tx.publish(&pb::ExplanationGiven {
            message_id: question.message_id,
            conversation_id: question.conversation_id,
            student_id: question.student_id.clone(),
            confidence: question.route.map_or(0.0, |route| route.confidence),
            topic_id: topic_id.unwrap_or_default(),
            response: answer.markdown(),
            explanation: explained.map(|explanation| explanation.text.to_owned()).unwrap_or_default(),
            level: level.into(),
            examples: explained
                .and_then(|explanation| explanation.example)
                .map(code_example)
                .into_iter()
                .collect(),
            related_concepts: explained
                .map(|explanation| explanation.related.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            suggestions: answer.suggestions().to_vec(),
            source: AnswerSource::Embedded.into(),
        })
        .await?;
        tx.publish(&pb::ConceptExplained {
            student_id: question.student_id,
            topic_id: topic_id.unwrap_or_default(),
            level: level.into(),
            query: question.query,
        })
        .await?;
        tracing::info!(topic.id = topic_id, "question answered");
        Ok(())
    }
}
