//! A service's handlers, with deliveries by a sidecar: tries, dead letters, panics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use learnflow_chat_client::pb::QueryAsked;
use learnflow_mailbox::{Failure, Handle, Received, Tx};
use learnflow_testkit::{World, eventually};

use crate::service::start;
use crate::{effect, effects, event, remembered};

/// Does as the event's query says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Obey {
    pub(crate) tries: Arc<AtomicUsize>,
}

impl Handle<QueryAsked> for Obey {
    async fn handle(&self, tx: &mut Tx, received: Received<QueryAsked>) -> Result<(), Failure> {
        let QueryAsked { message_id, query, .. } = received.event;
        effect(tx, &message_id).await?;
        let first = self.tries.fetch_add(1, Ordering::Relaxed) == 0;
        match query.as_str() {
            "fail once" if first => Err(Failure::Later("not yet".into())),
            "panic once" if first => panic!("as asked"),
            "break once" if first => {
                sqlx::query("SELECT 1 / 0").execute(tx.connection()).await?;
                Ok(())
            }
            "refuse" => Err(Failure::Refused("as asked".to_owned())),
            _ => Ok(()),
        }
    }
}

/// One event that does not go well, and one behind it.
async fn two(query: &str) -> (World, Obey, Vec<String>) {
    let (world, obey) = (World::new().await, Obey::default());
    let _service = start(&world, obey.clone()).await;
    world.publish("chat", &QueryAsked { query: query.to_owned(), ..event("maya", 1) }).await;
    world.publish("chat", &event("maya", 2)).await;
    let pool = world.database.pool("triage").await;
    let effects = eventually("the second event is handled", async || {
        let effects = effects(&pool).await;
        effects.contains(&"2".to_owned()).then_some(effects)
    })
    .await;
    (world, obey, effects)
}

#[tokio::test]
async fn an_unlucky_handler_is_tried_again_before_the_next_event() {
    for query in ["fail once", "break once"] {
        let (world, obey, effects) = two(query).await;
        assert_eq!(effects, ["1", "2"], "{query}");
        assert_eq!(obey.tries.load(Ordering::Relaxed), 3, "{query}");
        assert!(world.dead_letters("learning.requests", "triage").is_empty(), "{query}");
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_an_unlucky_one() {
    let (world, obey, effects) = two("panic once").await;
    assert_eq!((effects, obey.tries.load(Ordering::Relaxed)), (vec!["1".to_owned(), "2".to_owned()], 3));
    assert!(world.dead_letters("learning.requests", "triage").is_empty());
}

#[tokio::test]
async fn a_refused_event_is_a_dead_letter_without_a_trace() {
    let (world, obey, effects) = two("refuse").await;
    assert_eq!((effects, obey.tries.load(Ordering::Relaxed)), (vec!["2".to_owned()], 2));
    assert_eq!(world.dead_letters("learning.requests", "triage").len(), 1);
    assert_eq!(remembered(&world.database.pool("triage").await).await, 1);
}
