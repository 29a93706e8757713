//! Events that could never travel are refused where they are made.

use learnflow_chat_client::pb::QueryAsked;
use learnflow_mailbox::{Error, MAX_EVENT_BYTES};
use learnflow_testkit::World;

use crate::{effect, effects, event, mailbox, published};

#[tokio::test]
async fn an_event_larger_than_the_topics_take_is_refused_and_the_transaction_goes_on() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let large = |bytes: usize| QueryAsked { query: "x".repeat(bytes), ..event("maya", 1) };
    let mut tx = mailbox.begin().await.unwrap();
    effect(&mut tx, "one").await.unwrap();
    let refused = tx.publish(&large(MAX_EVENT_BYTES)).await.unwrap_err();
    assert!(matches!(refused, Error::TooLarge(bytes) if bytes > MAX_EVENT_BYTES), "{refused}");
    tx.publish(&event("maya", 2)).await.unwrap();
    tx.commit().await.unwrap();
    mailbox.flush().await;
    assert_eq!((effects(mailbox.pool()).await.len(), published(&world)["maya"].as_slice()), (1, &[2][..]));
}

#[tokio::test]
async fn the_largest_event_that_is_accepted_does_travel() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let mut size = MAX_EVENT_BYTES;
    let mut tx = mailbox.begin().await.unwrap();
    // Down to what fits with its envelope, to the byte.
    while let Err(refused) = tx.publish(&QueryAsked { query: "x".repeat(size), ..event("maya", 1) }).await {
        let Error::TooLarge(bytes) = refused else { panic!("{refused}") };
        size -= bytes - MAX_EVENT_BYTES;
    }
    tx.commit().await.unwrap();
    mailbox.flush().await;
    let records = world.records("learning.requests");
    assert_eq!((records.len(), records[0].value.len()), (1, MAX_EVENT_BYTES));
}

#[tokio::test]
async fn a_key_that_is_not_plain_ascii_is_refused() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let mut tx = mailbox.begin().await.unwrap();
    for key in ["", "zoë", "a b", "tab\t", "line\n", "\u{7f}", "null\0"] {
        let refused = tx.publish(&event(key, 1)).await.unwrap_err();
        assert!(matches!(&refused, Error::Key(named) if named == key), "{key:?}: {refused}");
    }
    let plain: String = ('!'..='~').collect();
    tx.publish(&event(&plain, 1)).await.unwrap();
    tx.commit().await.unwrap();
    mailbox.flush().await;
    assert_eq!(published(&world), [(plain, vec![1])].into());
}
