//! The same event again, and the same question in another event.

use learnflow_testkit::World;

use crate::{decisions, question, routed, start, to_concepts};

#[tokio::test]
async fn a_redelivered_event_gives_one_row_and_one_event() {
    let world = World::new().await;
    let _triage = start(&world).await;
    let asked = question("maya", "What is a list?");
    let sent = world.publish("chat", &asked).await;
    for _ in 0..4 {
        world.publish_again("chat", &sent).await;
    }
    // The same key, so whatever the repetitions do comes before this one.
    let after = question("maya", "What is a tuple?");
    world.publish("chat", &after).await;

    let said = to_concepts(&world, "maya", 2).await;
    let routed: Vec<String> = said.into_iter().map(|said| routed(said.event.question).message_id).collect();
    assert_eq!(routed, [asked.message_id.clone(), after.message_id]);
    assert_eq!(decisions(&world, &asked.message_id).await.len(), 1);
    assert!(world.dead_letters("learning.requests", "triage").is_empty());
}

#[tokio::test]
async fn a_redelivery_to_another_replica_or_after_a_restart_does_nothing_either() {
    let world = World::new().await;
    let triage = start(&world).await;
    let asked = question("maya", "What is a list?");
    let sent = world.publish("chat", &asked).await;
    to_concepts(&world, "maya", 1).await;
    world.stop(triage).await;
    world.publish_again("chat", &sent).await;
    let _one = start(&world).await;
    let _other = start(&world).await;
    world.publish_again("chat", &sent).await;
    world.publish("chat", &question("maya", "What is a tuple?")).await;
    let said = to_concepts(&world, "maya", 2).await;
    assert_eq!(said.len(), 2, "{said:?}");
}

#[tokio::test]
async fn the_same_id_from_another_source_is_another_event() {
    use learnflow_events::{Context, Outgoing};
    let world = World::new().await;
    let _triage = start(&world).await;
    let id = uuid::Uuid::now_v7();
    let now = time::OffsetDateTime::now_utc();
    for source in ["chat", "import"] {
        let event = Outgoing::new(&question("maya", "What is a list?"), source, id, now, &Context::default());
        world.publish_again("chat", &event).await;
    }
    assert_eq!(to_concepts(&world, "maya", 2).await.len(), 2);
}
