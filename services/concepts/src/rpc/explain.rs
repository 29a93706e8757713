//! `ConceptsService.Explain`: explains a concept, and records it when a student is named.

use learnflow_concepts_client::pb;
use learnflow_wire::learnflow::common::v1::{AnswerSource, MasteryLevel};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Concepts;
use crate::convert::{code_example, mastery_level};
use crate::domain::{Concept, level_of};
use crate::error::Error;
use crate::store::{self, Explained};

#[tracing::instrument(name = "concepts.explain", skip_all, fields(topic.id))]
pub(super) async fn handle(
    concepts: &Concepts,
    request: pb::ExplainRequest,
) -> Result<pb::ExplainResponse, Error> {
    let concept = Concept::try_from(request)?;
    let topic = concept.named.topic().map_err(Error::NoTopic)?;
    tracing::Span::current().record("topic.id", topic.id);
    let explanation = learnflow_tutor::explain(topic, concept.level);
    let level = mastery_level(level_of(&explanation, concept.level));
    if let Some(student_id) = &concept.student_id {
        record(concepts, student_id, topic.id, level).await?;
    }
    let notice = explanation.notice.iter().map(|notice| format!("*{notice}*\n\n"));
    Ok(pb::ExplainResponse {
        concept: topic.title.clone(),
        topic_id: topic.id,
        explanation: notice.chain([explanation.text.to_owned()]).collect(),
        level: level.into(),
        examples: explanation.example.map(code_example).into_iter().collect(),
        related_concepts: explanation.related.iter().map(ToString::to_string).collect(),
        common_mistake: explanation.common_mistake.to_owned(),
        next_step: explanation.next_step.to_owned(),
        source: AnswerSource::Embedded.into(),
    })
}

/// The row, and the event that counts the student's day as active.
async fn record(
    concepts: &Concepts,
    student_id: &str,
    topic_id: i32,
    level: MasteryLevel,
) -> Result<(), Error> {
    let mut tx = concepts.mailbox.begin().await?;
    let explained = Explained {
        message_id: Uuid::now_v7(),
        student_id,
        topic_id: Some(topic_id),
        level,
        source: AnswerSource::Embedded,
    };
    store::insert(tx.connection(), &explained, OffsetDateTime::now_utc()).await?;
    tx.publish(&pb::ConceptExplained {
        student_id: student_id.to_owned(),
        topic_id,
        level: level.into(),
        query: String::new(),
    })
    .await?;
    tx.commit().await?;
    Ok(())
}
