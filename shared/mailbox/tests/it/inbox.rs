//! Each event has its effect once, however often it is delivered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use learnflow_chat_client::pb::QueryAsked;
use learnflow_concepts_client::pb::{ConceptExplained, ExplanationGiven};
use learnflow_dapr::{Delivery, Outcome, PUBSUB, Subscriber as _};
use learnflow_events::{Context, Event, Outgoing};
use learnflow_mailbox::{Consumer, Failure, Handle, Mailbox, Received, Tx};
use learnflow_testkit::World;
use time::OffsetDateTime;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{effect, effects, event, mailbox, published, remembered, until_published};

/// Leaves a row and an event; fails the first `failures` times, after both.
#[derive(Clone, Debug, Default)]
struct Note {
    failures: usize,
    tries: Arc<AtomicUsize>,
}

impl Handle<QueryAsked> for Note {
    async fn handle(&self, tx: &mut Tx, received: Received<QueryAsked>) -> Result<(), Failure> {
        effect(tx, &received.event.message_id).await?;
        tx.publish(&event("effect", 1)).await?;
        // Long enough for others to come meanwhile.
        tokio::time::sleep(Duration::from_millis(50)).await;
        if self.tries.fetch_add(1, Ordering::Relaxed) < self.failures {
            return Err(Failure::Later("not today".into()));
        }
        Ok(())
    }
}

fn consumer(mailbox: &Mailbox, name: &str, note: &Note) -> Consumer {
    Consumer::new(mailbox.clone(), name).on::<QueryAsked>(note.clone())
}

fn outgoing<E: Event>(event: &E, source: &str, id: Uuid) -> Outgoing {
    Outgoing::new(event, source, id, OffsetDateTime::now_utc(), &Context::default())
}

fn delivery(topic: &str, value: &Bytes) -> Delivery {
    Delivery {
        path: format!("/events/{topic}"),
        topic: topic.to_owned(),
        pubsub: PUBSUB.to_owned(),
        value: value.to_vec(),
        headers: std::collections::HashMap::default(),
    }
}

/// Delivers one event `count` times at once.
async fn at_once(consumers: &[Consumer], sent: &Outgoing, count: usize) -> Vec<Outcome> {
    let mut delivering = JoinSet::new();
    for number in 0..count {
        let consumer = consumers[number % consumers.len()].clone();
        let delivery = delivery(sent.topic, &sent.value);
        delivering.spawn(async move { consumer.deliver(delivery).await });
    }
    delivering.join_all().await
}

#[tokio::test]
async fn ten_deliveries_at_once_have_one_effect() {
    let world = World::new().await;
    let (mailbox, replica, note) = (mailbox(&world).await, mailbox(&world).await, Note::default());
    let consumers = [consumer(&mailbox, "triage", &note), consumer(&replica, "triage", &note)];
    let sent = outgoing(&event("maya", 7), "chat", Uuid::now_v7());
    assert_eq!(at_once(&consumers, &sent, 10).await, [Outcome::Success; 10]);
    assert_eq!(effects(mailbox.pool()).await, ["7"]);
    assert_eq!((note.tries.load(Ordering::Relaxed), remembered(mailbox.pool()).await), (1, 1));
    until_published(&world, &[("effect".to_owned(), vec![1])].into()).await;
}

#[tokio::test]
async fn when_the_first_of_ten_fails_another_one_takes_its_place() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let note = Note { failures: 3, ..Note::default() };
    let sent = outgoing(&event("maya", 7), "chat", Uuid::now_v7());
    let outcomes = at_once(&[consumer(&mailbox, "triage", &note)], &sent, 10).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Retry).count(), 3, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Success).count(), 7, "{outcomes:?}");
    assert_eq!((effects(mailbox.pool()).await, remembered(mailbox.pool()).await), (vec!["7".to_owned()], 1));
    mailbox.flush().await;
    assert_eq!(published(&world)["effect"], [1]);
}

#[tokio::test]
async fn a_handler_that_fails_leaves_nothing_behind() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let note = Note { failures: 1, ..Note::default() };
    let consumer = consumer(&mailbox, "triage", &note);
    let sent = outgoing(&event("maya", 7), "chat", Uuid::now_v7());
    assert_eq!(consumer.deliver(delivery(sent.topic, &sent.value)).await, Outcome::Retry);
    assert!(effects(mailbox.pool()).await.is_empty());
    assert_eq!((remembered(mailbox.pool()).await, mailbox.depth().await.unwrap()), (0, 0));
    assert_eq!(consumer.deliver(delivery(sent.topic, &sent.value)).await, Outcome::Success);
    assert_eq!((effects(mailbox.pool()).await.len(), remembered(mailbox.pool()).await), (1, 1));
}

#[tokio::test]
async fn an_event_is_known_by_its_source_its_id_and_its_consumer() {
    let world = World::new().await;
    let (mailbox, note) = (mailbox(&world).await, Note::default());
    let (triage, other) = (consumer(&mailbox, "triage", &note), consumer(&mailbox, "other", &note));
    let id = Uuid::now_v7();
    let (chat, import) = (outgoing(&event("maya", 1), "chat", id), outgoing(&event("maya", 2), "import", id));
    for (consumer, sent) in
        [(&triage, &chat), (&triage, &import), (&other, &chat), (&triage, &chat), (&other, &chat)]
    {
        assert_eq!(consumer.deliver(delivery(sent.topic, &sent.value)).await, Outcome::Success);
    }
    assert_eq!(effects(mailbox.pool()).await, ["1", "2", "1"]);
}

#[tokio::test]
async fn what_nobody_handles_is_acknowledged_and_what_is_foreign_is_dropped() {
    let world = World::new().await;
    let (mailbox, note) = (mailbox(&world).await, Note::default());
    let consumer = consumer(&mailbox, "triage", &note);
    let unhandled = outgoing(&ConceptExplained::default(), "concepts", Uuid::now_v7());
    assert_eq!(consumer.deliver(delivery(unhandled.topic, &unhandled.value)).await, Outcome::Success);
    let foreign = outgoing(&ExplanationGiven::default(), "concepts", Uuid::now_v7());
    assert_eq!(consumer.deliver(delivery("learning.requests", &foreign.value)).await, Outcome::Drop);
    assert_eq!(
        consumer.deliver(delivery("learning.requests", &Bytes::from_static(b"\xff"))).await,
        Outcome::Drop
    );
    assert_eq!(consumer.deliver(delivery("no.such.topic", &unhandled.value)).await, Outcome::Drop);
    assert_eq!((remembered(mailbox.pool()).await, note.tries.load(Ordering::Relaxed)), (0, 0));
}

#[tokio::test]
async fn a_database_that_is_away_is_a_reason_to_try_again() {
    let world = World::new().await;
    let (mailbox, note) = (mailbox(&world).await, Note::default());
    let consumer = consumer(&mailbox, "triage", &note);
    mailbox.pool().close().await;
    let sent = outgoing(&event("maya", 7), "chat", Uuid::now_v7());
    assert_eq!(consumer.deliver(delivery(sent.topic, &sent.value)).await, Outcome::Retry);
}
