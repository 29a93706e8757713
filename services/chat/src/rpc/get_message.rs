//! `ChatService.GetMessage`: one message with its answer.

use learnflow_chat_client::pb;
use learnflow_status::Check;
use uuid::Uuid;

use super::Chat;
use crate::error::Error;
use crate::store;

#[tracing::instrument(name = "chat.get_message", skip_all, fields(student.id = %request.student_id))]
pub(super) async fn handle(
    chat: &Chat,
    request: pb::GetMessageRequest,
) -> Result<pb::GetMessageResponse, Error> {
    Check::new().id(&request.student_id, "student_id").finish()?;
    // An id that is no UUID names nothing, like any other unknown id.
    let missing = || Error::NoMessage(request.message_id.clone());
    let message_id = Uuid::try_parse(&request.message_id).map_err(|_| missing())?;
    let message =
        store::find(chat.mailbox.pool(), &request.student_id, message_id).await?.ok_or_else(missing)?;
    Ok(pb::GetMessageResponse { message: Some(message.into()) })
}
