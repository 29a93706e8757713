//! `ChatService.Query`: stores a question and waits for its answer, for a while.

use std::time::Duration;

use learnflow_chat_client::pb;
use tonic::Response;
use tonic::metadata::MetadataValue;

use super::{Chat, ask};
use crate::convert::answered;
use crate::domain::Question;
use crate::error::Error;

/// Kept back from the caller's deadline, so that "pending" still reaches the caller.
const MARGIN: Duration = Duration::from_millis(200);

#[tracing::instrument(name = "chat.query", skip_all, fields(student.id = %request.student_id))]
pub(super) async fn handle(
    chat: &Chat,
    request: pb::QueryRequest,
) -> Result<Response<pb::QueryResponse>, Error> {
    let question = Question::try_from(request)?;
    let pending = ask::accept(chat, &question).await?;
    let (message_id, conversation_id) = (pending.message_id, pending.conversation_id);

    let deadline = learnflow_dapr::current_call().deadline;
    let left = deadline.map(|deadline| deadline.saturating_duration_since(tokio::time::Instant::now()));
    let wait = left.map_or(chat.answer_wait, |left| chat.answer_wait.min(left.saturating_sub(MARGIN)));
    let answer = tokio::select! {
        answer = tokio::time::timeout(wait, pending.answer(chat)) => answer.ok(),
        () = chat.shutdown.started() => None,
    };
    if let Some(answer) = answer {
        return Ok(Response::new(answered(answer)));
    }
    tracing::info!(message.id = %message_id, wait_ms = wait.as_millis() as u64, "no answer yet");
    let mut response = Response::new(pb::QueryResponse {
        message_id: message_id.to_string(),
        conversation_id: conversation_id.to_string(),
        status: pb::MessageStatus::Pending.into(),
        ..pb::QueryResponse::default()
    });
    // The edge answers with this code instead of 200.
    response.metadata_mut().insert("x-http-code", MetadataValue::from_static("202"));
    Ok(response)
}
