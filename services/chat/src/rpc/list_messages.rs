//! `ChatService.ListMessages`: a student's history, the newest first.

use learnflow_chat_client::pb;

use super::Chat;
use crate::domain::Page;
use crate::error::Error;
use crate::store;

#[tracing::instrument(name = "chat.list_messages", skip_all, fields(student.id = %request.student_id))]
pub(super) async fn handle(
    chat: &Chat,
    request: pb::ListMessagesRequest,
) -> Result<pb::ListMessagesResponse, Error> {
    let page = Page::try_from(request)?;
    let messages = store::list(chat.mailbox.pool(), &page).await?;
    let full = messages.len() as i64 == page.size;
    let next_page_token =
        messages.last().filter(|_| full).map(|message| message.message_id.to_string()).unwrap_or_default();
    Ok(pb::ListMessagesResponse { messages: messages.into_iter().map(Into::into).collect(), next_page_token })
}
