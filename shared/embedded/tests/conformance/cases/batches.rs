//! Events that come together.

use std::collections::HashMap;
use std::sync::Arc;

use dapr::dapr::proto::runtime::v1 as pb;
use pb::topic_event_bulk_request_entry::Event;

use crate::app::PATIENCE;
use crate::world::World;

crate::cases::cases! {
    a_batch_has_entries_with_bytes_and_headers,
    without_a_policy_only_what_failed_is_buried,
    a_policy_tries_again_only_what_failed,
    without_a_dead_letter_the_whole_batch_comes_again,
    an_app_without_the_newer_method_gets_the_older,
}

fn text(entry: &pb::TopicEventBulkRequestEntry) -> String {
    match &entry.event {
        Some(Event::Bytes(data)) => String::from_utf8_lossy(data).into_owned(),
        other => panic!("not bytes: {other:?}"),
    }
}

/// How often each event came.
fn counts(batches: &[pb::TopicEventBulkRequest]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for entry in batches.iter().flat_map(|batch| &batch.entries) {
        *counts.entry(text(entry)).or_default() += 1;
    }
    counts
}

async fn wait(
    world: &World,
    topic: &str,
    enough: impl Fn(&HashMap<String, usize>) -> bool,
) -> Vec<pb::TopicEventBulkRequest> {
    let topic = world.topic(topic);
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let batches = world.app("beta").batches(&topic);
        if enough(&counts(&batches)) {
            return batches;
        }
        assert!(std::time::Instant::now() < deadline, "{topic}: only {:?}", counts(&batches));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn publish(world: &World, pubsub: &str, topic: &str, events: &[&str]) {
    for event in events {
        world.publish(pubsub, topic, "same", event.as_bytes()).await;
    }
}

async fn a_batch_has_entries_with_bytes_and_headers(world: Arc<World>) {
    let events: Vec<_> = (0..25).map(|number| format!("ok:0:{number}")).collect();
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    publish(&world, "events", "batch", &events).await;
    let batches = wait(&world, "batch", |counts| counts.len() == 25).await;
    let seen: Vec<_> = batches.iter().flat_map(|batch| batch.entries.iter().map(text)).collect();
    assert_eq!(seen, events, "in order, each once");
    assert!(batches.iter().all(|batch| (1..=10).contains(&batch.entries.len())));
    let batch = &batches[0];
    assert_eq!((batch.path.as_str(), batch.pubsub_name.as_str()), ("/batch", "events"));
    assert_eq!(batch.r#type, "com.dapr.event.sent.bulk");
    assert_eq!(batch.id.len(), 36);
    assert_eq!(batch.metadata, HashMap::from([("pubsubName".to_owned(), "events".to_owned())]));
    let entry = &batch.entries[0];
    assert_eq!((entry.entry_id.as_str(), entry.content_type.as_str()), ("0", ""));
    let mut names: Vec<_> = entry.metadata.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "__key",
        "__offset",
        "__partition",
        "__timestamp",
        "__topic",
        "partitionKey",
        "rawPayload",
        "traceid",
        "tracestate",
    ];
    assert_eq!(names, expected);
}

async fn without_a_policy_only_what_failed_is_buried(world: Arc<World>) {
    publish(&world, "events", "partial", &["ok:0:a", "retry:0:b", "drop:0:c", "ok:0:d"]).await;
    let records = world.wait_for_records("partial.dead", 2).await;
    let mut buried: Vec<_> = records.iter().map(|record| String::from_utf8_lossy(&record.value)).collect();
    buried.sort();
    assert_eq!(buried, ["drop:0:c", "retry:0:b"]);
    assert!(records.iter().all(|record| record.key.as_deref() == Some("same")));
    let counts = counts(&wait(&world, "partial", |counts| counts.len() == 4).await);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}

async fn a_policy_tries_again_only_what_failed(world: Arc<World>) {
    publish(&world, "patient", "batch.patient", &["ok:0:a", "retry:1:b", "retry:0:c"]).await;
    let records = world.wait_for_records("batch.dead", 1).await;
    assert_eq!(records[0].value.as_ref(), b"retry:0:c");
    let counts = counts(&world.app("beta").batches(&world.topic("batch.patient")));
    let expected = [("ok:0:a", 1), ("retry:1:b", 2), ("retry:0:c", 3)];
    assert_eq!(counts, expected.map(|(text, count)| (text.to_owned(), count)).into());
}

async fn without_a_dead_letter_the_whole_batch_comes_again(world: Arc<World>) {
    // The clock may tick between two events, so it takes a round in which the failing one is not the first of its
    // batch.
    for round in 0..10 {
        let entries = [format!("ok:0:a{round}"), format!("retry:1:b{round}"), format!("ok:0:c{round}")];
        let entry = |(index, data): (usize, &String)| pb::BulkPublishRequestEntry {
            entry_id: index.to_string(),
            event: data.as_bytes().to_vec(),
            metadata: [("partitionKey".to_owned(), "same".to_owned())].into(),
            ..Default::default()
        };
        let request = pb::BulkPublishRequest {
            pubsub_name: "events".to_owned(),
            topic: world.topic("batch.again"),
            entries: entries.iter().enumerate().map(entry).collect(),
            metadata: [("rawPayload".to_owned(), "true".to_owned())].into(),
        };
        world.dapr("alpha").bulk_publish_event(request).await.unwrap();
        let batches = wait(&world, "batch.again", |counts| counts.get(&entries[1]) == Some(&2)).await;
        let batches: Vec<Vec<_>> =
            batches.iter().map(|batch| batch.entries.iter().map(text).collect()).collect();
        let both: Vec<_> = batches.iter().filter(|batch| batch.contains(&entries[1])).collect();
        assert_eq!(both[0], both[1], "the same batch twice");
        if both[0][0] == entries[0] {
            return;
        }
    }
    panic!("never a batch of two");
}

async fn an_app_without_the_newer_method_gets_the_older(world: Arc<World>) {
    publish(&world, "events", "batch.old", &["ok:0:old"]).await;
    wait(&world, "batch.old", |counts| counts.len() == 1).await;
}
