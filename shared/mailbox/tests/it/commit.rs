//! Rows and events become true together, or not at all.

use std::time::Duration;

use learnflow_testkit::World;
use tokio::time::timeout;

use crate::{effect, effects, event, mailbox, published, say, until_published};

#[tokio::test]
async fn what_is_committed_is_there_and_on_its_topic() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let mut tx = mailbox.begin().await.unwrap();
    effect(&mut tx, "one").await.unwrap();
    let id = tx.publish(&event("maya", 1)).await.unwrap();
    assert!(effects(mailbox.pool()).await.is_empty(), "not before the commit");
    tx.commit().await.unwrap();
    mailbox.flush().await;
    assert_eq!(effects(mailbox.pool()).await, ["one"]);
    let said = world.events::<learnflow_chat_client::pb::QueryAsked>().remove(0);
    assert_eq!(
        (said.id, said.key.as_str(), said.source.as_str()),
        (id.to_string(), "maya", "/learnflow/chat")
    );
    assert_eq!(mailbox.depth().await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_rolled_back_never_was() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let mut tx = mailbox.begin().await.unwrap();
    effect(&mut tx, "one").await.unwrap();
    tx.publish(&event("maya", 1)).await.unwrap();
    drop(tx);
    // The same key: it would come after the other.
    say(&mailbox, "maya", 2).await;
    mailbox.flush().await;
    assert!(effects(mailbox.pool()).await.is_empty());
    assert_eq!(published(&world)["maya"], [2]);
}

#[tokio::test]
async fn a_transaction_that_failed_cannot_be_committed() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let mut tx = mailbox.begin().await.unwrap();
    tx.publish(&event("maya", 1)).await.unwrap();
    // A handler that overlooks an error: PostgreSQL will answer the COMMIT with a ROLLBACK.
    sqlx::query("SELECT 1 / 0").execute(tx.connection()).await.unwrap_err();
    let committed = tx.commit().await;
    mailbox.flush().await;
    assert_eq!((mailbox.depth().await.unwrap(), published(&world).len()), (0, 0));
    assert!(committed.is_err(), "nothing was committed, and nobody was told");
}

#[tokio::test]
async fn events_of_one_transaction_stay_in_order() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let mut tx = mailbox.begin().await.unwrap();
    for number in 0..50 {
        tx.publish(&event(["maya", "james"][number % 2], number)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let odd = |wanted: usize| (0..50).filter(|number| number % 2 == wanted).collect();
    until_published(&world, &[("maya".to_owned(), odd(0)), ("james".to_owned(), odd(1))].into()).await;
}

#[tokio::test]
async fn of_two_transactions_with_one_key_the_second_waits_for_the_first() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let (mut first, mut second) = (mailbox.begin().await.unwrap(), mailbox.begin().await.unwrap());
    first.publish(&event("maya", 1)).await.unwrap();
    let two = event("maya", 2);
    let mut waiting = Box::pin(second.publish(&two));
    assert!(timeout(Duration::from_millis(300), &mut waiting).await.is_err(), "it overtakes the first");
    // Another key need not wait.
    timeout(Duration::from_secs(5), say(&mailbox, "james", 1)).await.unwrap();
    first.commit().await.unwrap();
    waiting.await.unwrap();
    second.commit().await.unwrap();
    until_published(&world, &[("maya".to_owned(), vec![1, 2]), ("james".to_owned(), vec![1])].into()).await;
}

#[tokio::test]
async fn two_keys_in_opposite_order_cost_one_transaction_and_no_event() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let both = async |keys: [&str; 2], number: usize| {
        let mut tx = mailbox.begin().await?;
        tx.publish(&event(keys[0], number)).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        tx.publish(&event(keys[1], number)).await?;
        tx.commit().await
    };
    let (one, other) = tokio::join!(both(["maya", "james"], 1), both(["james", "maya"], 2));
    assert!(one.is_ok() != other.is_ok(), "{one:?} and {other:?}");
    let won = if one.is_ok() { 1 } else { 2 };
    mailbox.flush().await;
    assert_eq!(published(&world), [("maya".to_owned(), vec![won]), ("james".to_owned(), vec![won])].into());
}
