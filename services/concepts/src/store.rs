//! The service's tables. All SQL of the service is here.

use learnflow_wire::learnflow::common::v1::{AnswerSource, MasteryLevel};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// What was explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Explained<'a> {
    pub(crate) message_id: Uuid,
    pub(crate) student_id: &'a str,
    /// `None` when the agent had to ask back.
    pub(crate) topic_id: Option<i32>,
    pub(crate) level: MasteryLevel,
    pub(crate) source: AnswerSource,
}

/// Keeps what was explained to whom.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    explained: &Explained<'_>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO explanations (message_id, student_id, topic_id, level, source, explained_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (message_id) DO NOTHING",
        explained.message_id,
        explained.student_id,
        explained.topic_id,
        explained.level as i16,
        explained.source as i16,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
