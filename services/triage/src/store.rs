//! The service's tables. All SQL of the service is here.

use learnflow_wire::learnflow::common::v1::AgentType;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::Route;

/// Keeps a decision. A question is decided once; its event cannot come here twice.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    message_id: Uuid,
    student_id: &str,
    route: &Route,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let agent = i16::try_from(i32::from(route.agent)).unwrap_or(AgentType::Unspecified as i16);
    sqlx::query!(
        "INSERT INTO decisions (message_id, student_id, agent_type, confidence, topic_id, evidence, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (message_id) DO NOTHING",
        message_id,
        student_id,
        agent,
        route.confidence,
        route.topic_id,
        &route.evidence,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
