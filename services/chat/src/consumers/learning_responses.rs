//! `learning.responses`: an agent answered.

use learnflow_concepts_client::pb as concepts;
use learnflow_dapr::{Delivery, Outcome};
use learnflow_events::{Event, Incoming, Malformed};
use learnflow_mailbox::{Failure, Handle, Received, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::convert::IntoAnswer;
use crate::live::Hub;
use crate::store::{self, Answered};

/// Stores answers, once each, and hands them to this replica's listeners.
#[derive(Clone, Debug)]
pub(super) struct History {
    hub: Hub,
}

impl History {
    pub(super) fn new(hub: Hub) -> Self {
        Self { hub }
    }
}

impl<E: Event + IntoAnswer> Handle<E> for History {
    async fn handle(&self, tx: &mut Tx, received: Received<E>) -> Result<(), Failure> {
        let student_id = received.event.student_id().to_owned();
        let now = OffsetDateTime::now_utc();
        let answer = received.event.into_answer(now);
        let message_id = Uuid::try_parse(&answer.message_id)
            .map_err(|_| Failure::Refused(format!("message id {:?} is not a UUID", answer.message_id)))?;
        match store::answer(tx.connection(), message_id, &student_id, &answer, now).await? {
            // Shown before the commit: should that fail, the event comes again and the answer is the same.
            Answered::Now => self.hub.deliver(&student_id, answer),
            Answered::Before => {
                tracing::info!(message.id = %message_id, "answered before; the first answer stays");
            }
            Answered::Unknown => {
                return Err(Failure::Refused(format!("no question {message_id} of this student")));
            }
        }
        Ok(())
    }
}

/// Shows an answer to this replica's listeners. What is malformed is left to the history, which dead-letters it.
pub(super) fn live(hub: &Hub, delivery: &Delivery) -> Outcome {
    match Incoming::parse(&delivery.topic, &delivery.value).and_then(|event| typed(&event)) {
        Ok(Some((student_id, answer))) => hub.deliver(&student_id, answer),
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "live event ignored"),
    }
    Outcome::Success
}

fn typed(event: &Incoming) -> Result<Option<(String, learnflow_chat_client::pb::Answer)>, Malformed> {
    if event.is::<concepts::ExplanationGiven>() {
        return answer_of::<concepts::ExplanationGiven>(event).map(Some);
    }
    Ok(None)
}

fn answer_of<E: Event + IntoAnswer>(
    event: &Incoming,
) -> Result<(String, learnflow_chat_client::pb::Answer), Malformed> {
    let data = event.data::<E>()?;
    Ok((data.student_id().to_owned(), data.into_answer(OffsetDateTime::now_utc())))
}
