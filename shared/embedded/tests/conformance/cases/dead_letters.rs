//! Events that nobody took.

use std::sync::Arc;
use std::time::Duration;

use learnflow_embedded::TopicRecord;

use crate::app::Delivery;
use crate::world::World;

crate::cases::cases! {
    a_dropped_event_becomes_a_dead_letter,
    a_dead_letter_keeps_bytes_that_are_no_text,
    a_dead_letter_tells_of_its_first_life,
    without_a_policy_the_first_retry_is_the_last,
    a_policy_tries_in_place,
    a_policy_that_gives_up_buries_the_event,
    a_policys_retries_hold_the_partition,
    an_event_with_a_key_that_is_not_ascii_cannot_be_delivered,
}

fn find<'a>(records: &'a [TopicRecord], data: &[u8]) -> &'a TopicRecord {
    records.iter().find(|record| record.value.as_ref() == data).expect("the dead letter is not there")
}

async fn a_dropped_event_becomes_a_dead_letter(world: Arc<World>) {
    world.publish("events", "dropped", "dropped key", b"drop:0:letter").await;
    let is_it = |delivery: &Delivery| delivery.text() == "drop:0:letter";
    let dead = world.app("beta").wait(&world.topic("dropped.dead"), |all| all.iter().any(is_it)).await;
    let letter = dead.iter().find(|delivery| is_it(delivery)).unwrap();
    assert_eq!(letter.meta("__key"), Some("dropped key"));
    assert_eq!(
        world.app("beta").deliveries(&world.topic("dropped")).iter().filter(|it| is_it(it)).count(),
        1
    );
}

async fn a_dead_letter_keeps_bytes_that_are_no_text(world: Arc<World>) {
    let data = b"drop:0:\xff\xfe\x00\xc3";
    world.publish("events", "dropped", "bytes", data).await;
    let found = |all: &[Delivery]| all.iter().any(|delivery| delivery.request.data == data);
    world.app("beta").wait(&world.topic("dropped.dead"), found).await;
    let records = world.records("dropped.dead").await;
    assert_eq!(find(&records, data).key.as_deref(), Some("bytes"));
}

async fn a_dead_letter_tells_of_its_first_life(world: Arc<World>) {
    world
        .publish_with("events", "dropped", &[("partitionKey", "k"), ("x-own", "1")], b"drop:0:first")
        .await
        .unwrap();
    let is_it = |delivery: &Delivery| delivery.text() == "drop:0:first";
    let dead = world.app("beta").wait(&world.topic("dropped.dead"), |all| all.iter().any(is_it)).await;
    let letter = dead.iter().find(|delivery| is_it(delivery)).unwrap();
    assert_eq!(letter.request.topic, world.topic("dropped.dead"));
    // A header of the record, which wins over what the component says of its place.
    assert_eq!(letter.meta("__topic"), Some(world.topic("dropped").as_str()));
    assert_eq!(letter.meta("x-own"), Some("1"));
    let records = world.records("dropped.dead").await;
    let mut names: Vec<_> =
        find(&records, b"drop:0:first").headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let expected = [
        "__key",
        "__offset",
        "__partition",
        "__timestamp",
        "__topic",
        "partitionKey",
        "pubsubName",
        "rawPayload",
        "traceid",
        "tracestate",
        "x-own",
    ];
    assert_eq!(names, expected);
}

async fn without_a_policy_the_first_retry_is_the_last(world: Arc<World>) {
    for data in [b"retry:0:first".as_slice(), b"error:0:first"] {
        world.publish("events", "first", "k", data).await;
    }
    let records = world.wait_for_records("first.dead", 2).await;
    assert_eq!(find(&records, b"retry:0:first").key.as_deref(), Some("k"));
    find(&records, b"error:0:first");
    assert_eq!(world.app("beta").deliveries(&world.topic("first")).len(), 2);
}

async fn a_policy_tries_in_place(world: Arc<World>) {
    world.publish("patient", "patient", "k", b"error:2:patient").await;
    let is_it = |delivery: &&Delivery| delivery.text() == "error:2:patient";
    let found = |all: &[Delivery]| all.iter().filter(is_it).count() == 3;
    let all = world.app("beta").wait(&world.topic("patient"), found).await;
    let times: Vec<_> = all.iter().filter(is_it).map(|delivery| delivery.at).collect();
    assert!(times[1] - times[0] >= Duration::from_millis(90));
    assert_eq!(world.records("patient.dead").await, []);
}

async fn a_policy_that_gives_up_buries_the_event(world: Arc<World>) {
    let data = b"retry:0:exhausted \xff";
    world.publish("patient", "exhausted", "exhausted key", data).await;
    let records = world.wait_for_records("exhausted.dead", 1).await;
    assert_eq!(
        (records[0].key.as_deref(), records[0].value.as_ref()),
        (Some("exhausted key"), data.as_slice())
    );
    assert_eq!(world.app("beta").deliveries(&world.topic("exhausted")).len(), 3);
}

async fn a_policys_retries_hold_the_partition(world: Arc<World>) {
    for data in ["retry:0:hold", "ok:0:one", "ok:0:two"] {
        world.publish("patient", "blocked", "same", data.as_bytes()).await;
    }
    let all = world.app("beta").wait(&world.topic("blocked"), |all| all.len() >= 5).await;
    let texts: Vec<_> = all.iter().map(Delivery::text).collect();
    assert_eq!(texts, ["retry:0:hold", "retry:0:hold", "retry:0:hold", "ok:0:one", "ok:0:two"]);
    world.wait_for_records("blocked.dead", 1).await;
}

async fn an_event_with_a_key_that_is_not_ascii_cannot_be_delivered(world: Arc<World>) {
    world.publish("patient", "unsendable", "Zoë", b"ok:0:unsendable").await;
    let records = world.wait_for_records("unsendable.dead", 1).await;
    assert_eq!(records[0].key.as_deref(), Some("Zoë"));
    assert_eq!(world.app("beta").deliveries(&world.topic("unsendable")).len(), 0);
}
