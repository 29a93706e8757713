//! `ChatService.Ask`: stores a question and streams what becomes of it. `Query` is built on the same steps.

use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use learnflow_chat_client::pb;
use learnflow_chat_client::pb::ask_response::{Accepted, Event};
use time::OffsetDateTime;
use tonic::Status;
use tracing::Instrument as _;
use uuid::Uuid;

use super::Chat;
use crate::domain::Question;
use crate::error::Error;
use crate::live::Listener;
use crate::store;

/// How often a waiting call looks into the store. The live way is quick; this one also works while it is not, as when
/// another replica has taken the answer before this one joined.
const LOOK: Duration = Duration::from_millis(500);

#[tracing::instrument(name = "chat.ask", skip_all, fields(student.id = %request.student_id))]
pub(super) async fn handle(
    chat: &Chat,
    request: pb::AskRequest,
) -> Result<impl Stream<Item = Result<pb::AskResponse, Status>> + Send + use<>, Error> {
    let question = Question::try_from(request)?;
    let pending = accept(chat, &question).await?;
    let accepted = Accepted {
        message_id: pending.message_id.to_string(),
        conversation_id: pending.conversation_id.to_string(),
    };
    let chat = chat.clone();
    let span = tracing::Span::current();
    let answer = async move {
        tokio::select! {
            answer = pending.answer(&chat) => Ok(step(Event::Answer(answer))),
            () = chat.shutdown.started() => Err(Status::unavailable("restarting; the answer will be in the history")),
        }
    };
    let accepted = stream::once(std::future::ready(Ok(step(Event::Accepted(accepted)))));
    Ok(accepted.chain(stream::once(answer.instrument(span))))
}

fn step(event: Event) -> pb::AskResponse {
    pb::AskResponse { event: Some(event) }
}

/// A stored question whose answer is awaited.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) message_id: Uuid,
    pub(super) conversation_id: Uuid,
    student_id: String,
    listener: Listener,
}

/// Stores the question and its event in one transaction. The listener comes first: the answer cannot slip by.
pub(super) async fn accept(chat: &Chat, question: &Question) -> Result<Pending, Error> {
    let listener = chat.hub.listen(&question.student_id);
    let message_id = Uuid::now_v7();
    let mut tx = chat.mailbox.begin().await?;
    let now = OffsetDateTime::now_utc();
    let conversation_id = store::insert(tx.connection(), message_id, question, now).await?;
    tx.publish(&question.asked(message_id, conversation_id)).await?;
    tx.commit().await?;
    tracing::info!(message.id = %message_id, "question accepted");
    Ok(Pending { message_id, conversation_id, student_id: question.student_id.clone(), listener })
}

impl Pending {
    /// Waits for the answer, for as long as it takes.
    pub(super) async fn answer(mut self, chat: &Chat) -> pb::Answer {
        let wanted = self.message_id.to_string();
        let mut look = tokio::time::interval_at(tokio::time::Instant::now() + LOOK, LOOK);
        loop {
            tokio::select! {
                answer = self.listener.next() => {
                    if answer.message_id == wanted {
                        return (*answer).clone();
                    }
                }
                _ = look.tick() => match store::find(chat.mailbox.pool(), &self.student_id, self.message_id).await {
                    Ok(message) => if let Some(answer) = message.and_then(|message| message.answer) {
                        return answer;
                    },
                    Err(error) => tracing::debug!(%error, "looking for the answer failed; it will be tried again"),
                },
            }
        }
    }
}
