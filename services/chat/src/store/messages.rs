//! Conversations and messages.

use learnflow_chat_client::pb;
use prost::Message as _;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Message, Page, Question};
use crate::error::Error;

/// Stores a question; returns its conversation, which is made if the question starts one.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    message_id: Uuid,
    question: &Question,
    now: OffsetDateTime,
) -> Result<Uuid, Error> {
    let conversation_id = if let Some(conversation_id) = question.conversation {
        let owned = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM conversations WHERE conversation_id = $1 AND student_id = $2) AS "owned!""#,
            conversation_id,
            question.student_id,
        )
        .fetch_one(&mut *connection)
        .await?;
        if !owned {
            return Err(Error::NoConversation(conversation_id.to_string()));
        }
        conversation_id
    } else {
        let conversation_id = Uuid::now_v7();
        sqlx::query!(
            "INSERT INTO conversations (conversation_id, student_id, started_at) VALUES ($1, $2, $3)",
            conversation_id,
            question.student_id,
            now,
        )
        .execute(&mut *connection)
        .await?;
        conversation_id
    };
    sqlx::query!(
        "INSERT INTO messages (message_id, conversation_id, student_id, query, asked_at) VALUES ($1, $2, $3, $4, $5)",
        message_id,
        conversation_id,
        question.student_id,
        question.query,
        now,
    )
    .execute(&mut *connection)
    .await?;
    Ok(conversation_id)
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// It is the answer.
    Now,
    /// There was one before; the first stays.
    Before,
    /// There is no such question.
    Unknown,
}

/// Stores the answer to a question.
pub(crate) async fn answer(
    connection: &mut PgConnection,
    message_id: Uuid,
    student_id: &str,
    answer: &pb::Answer,
    now: OffsetDateTime,
) -> Result<Answered, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT answered_at FROM messages WHERE message_id = $1 AND student_id = $2 FOR UPDATE",
        message_id,
        student_id,
    )
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        None => return Ok(Answered::Unknown),
        Some(row) if row.answered_at.is_some() => return Ok(Answered::Before),
        Some(_) => {}
    }
    sqlx::query!(
        "UPDATE messages SET answer = $2, answered_at = $3 WHERE message_id = $1",
        message_id,
        answer.encode_to_vec(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(Answered::Now)
}

/// One message of a student.
pub(crate) async fn find(
    pool: &PgPool,
    student_id: &str,
    message_id: Uuid,
) -> Result<Option<Message>, Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT message_id, conversation_id, student_id, query, asked_at, answer
         FROM messages WHERE message_id = $1 AND student_id = $2",
        message_id,
        student_id,
    )
    .fetch_optional(pool)
    .await?;
    row.map(Message::try_from).transpose()
}

/// A page of a student's messages, the newest first.
pub(crate) async fn list(pool: &PgPool, page: &Page) -> Result<Vec<Message>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT message_id, conversation_id, student_id, query, asked_at, answer
         FROM messages
         WHERE student_id = $1
           AND ($2::uuid IS NULL OR conversation_id = $2)
           AND ($3::uuid IS NULL OR message_id < $3)
         ORDER BY message_id DESC
         LIMIT $4",
        page.student_id,
        page.conversation,
        page.before,
        page.size,
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(Message::try_from).collect()
}

struct Row {
    message_id: Uuid,
    conversation_id: Uuid,
    student_id: String,
    query: String,
    asked_at: OffsetDateTime,
    answer: Option<Vec<u8>>,
}

impl TryFrom<Row> for Message {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            message_id: row.message_id,
            conversation_id: row.conversation_id,
            student_id: row.student_id,
            query: row.query,
            asked_at: row.asked_at,
            answer: row.answer.map(|bytes| pb::Answer::decode(bytes.as_slice())).transpose()?,
        })
    }
}
