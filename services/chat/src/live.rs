//! Live delivery: who in this replica is waiting for answers to whom.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use learnflow_chat_client::pb;
use tokio::sync::broadcast;

/// Answers that a slow listener may be behind by before it misses some (it can read them from the history).
const BACKLOG: usize = 64;

/// The listeners of this replica. Every replica sees every answer, by the `pubsub-live` component.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hub {
    students: Arc<Mutex<HashMap<String, broadcast::Sender<Arc<pb::Answer>>>>>,
}

impl Hub {
    /// Listens to a student's answers from now on.
    pub(crate) fn listen(&self, student_id: &str) -> Listener {
        let mut students = self.students.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever stopped listening is cleared away when somebody comes.
        students.retain(|_, sender| sender.receiver_count() > 0);
        let sender = students.entry(student_id.to_owned()).or_insert_with(|| broadcast::channel(BACKLOG).0);
        Listener { answers: sender.subscribe(), seen: VecDeque::with_capacity(BACKLOG) }
    }

    /// Hands an answer to the student's listeners. The same answer may come twice: live, and with the history.
    pub(crate) fn deliver(&self, student_id: &str, answer: pb::Answer) {
        let students = self.students.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = students.get(student_id) {
            // Fails only when the last listener has just gone.
            let _ = sender.send(Arc::new(answer));
        }
    }
}

/// One listener.
#[derive(Debug)]
pub(crate) struct Listener {
    answers: broadcast::Receiver<Arc<pb::Answer>>,
    seen: VecDeque<String>,
}

impl Listener {
    /// The next answer that this listener has not had yet.
    pub(crate) async fn next(&mut self) -> Arc<pb::Answer> {
        loop {
            match self.answers.recv().await {
                Ok(answer) if self.seen.contains(&answer.message_id) => {}
                Ok(answer) => {
                    if self.seen.len() == BACKLOG {
                        self.seen.pop_front();
                    }
                    self.seen.push_back(answer.message_id.clone());
                    return answer;
                }
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "listener was too slow");
                }
                // The hub keeps the sender for as long as there are receivers.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(message_id: &str) -> pb::Answer {
        pb::Answer { message_id: message_id.to_owned(), ..pb::Answer::default() }
    }

    #[tokio::test]
    async fn all_devices_hear_it_once() {
        let hub = Hub::default();
        let (mut phone, mut laptop, mut other) =
            (hub.listen("maya"), hub.listen("maya"), hub.listen("james"));
        for id in ["1", "1", "2"] {
            hub.deliver("maya", answer(id));
        }
        hub.deliver("james", answer("3"));
        for device in [&mut phone, &mut laptop] {
            assert_eq!(device.next().await.message_id, "1");
            assert_eq!(device.next().await.message_id, "2");
        }
        assert_eq!(other.next().await.message_id, "3");
    }

    #[test]
    fn listeners_that_left_are_forgotten() {
        let hub = Hub::default();
        drop(hub.listen("maya"));
        let _james = hub.listen("james");
        assert_eq!(hub.students.lock().unwrap().len(), 1);
    }
}
