//! `ChatService.Subscribe`: every answer to a student from now on.

use futures::{Stream, stream};
use learnflow_chat_client::pb;
use learnflow_chat_client::pb::subscribe_response::Event;
use learnflow_status::Check;
use tonic::Status;

use super::Chat;
use crate::error::Error;

pub(super) fn handle(
    chat: &Chat,
    request: &pb::SubscribeRequest,
) -> Result<impl Stream<Item = Result<pb::SubscribeResponse, Status>> + Send + use<>, Error> {
    Check::new().id(&request.student_id, "student_id").finish()?;
    let listener = chat.hub.listen(&request.student_id);
    let shutdown = chat.shutdown.clone();
    Ok(stream::unfold(Some((listener, shutdown)), |state| async {
        let (mut listener, shutdown) = state?;
        tokio::select! {
            answer = listener.next() => {
                let response = pb::SubscribeResponse { event: Some(Event::Answer((*answer).clone())) };
                Some((Ok(response), Some((listener, shutdown))))
            }
            // Whoever listens connects again, to a replica that lives.
            () = shutdown.started() => Some((Err(Status::unavailable("restarting; subscribe again")), None)),
        }
    }))
}
