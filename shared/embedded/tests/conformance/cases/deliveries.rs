//! How an event comes to an app.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use prost_types::value::Kind;

use crate::app::Delivery;
use crate::world::World;

crate::cases::cases! {
    an_event_has_its_bytes_and_daprs_own_words,
    an_events_headers_are_metadata,
    with_tracing_a_delivery_has_the_sidecars_span_before_the_records,
    an_empty_event_is_delivered,
    events_of_a_key_come_in_order,
    a_retry_comes_again_and_the_partition_waits,
    an_error_comes_again,
    a_redelivery_has_another_id,
    a_policys_attempts_have_one_id,
    an_unimplemented_event_is_lost,
    a_dropped_event_is_gone,
    an_app_can_wish_for_topics,
    a_subscription_outside_the_scopes_gets_nothing,
    an_app_that_is_unwell_gets_nothing_until_it_is_well,
}

fn with_text<'a>(deliveries: &'a [Delivery], text: &str) -> Vec<&'a Delivery> {
    deliveries.iter().filter(|delivery| delivery.text() == text).collect()
}

async fn an_event_has_its_bytes_and_daprs_own_words(world: Arc<World>) {
    let data = b"shape \x00\xff".to_vec();
    let metadata = [("partitionKey", "k"), ("traceparent", "00-1-2-01"), ("content-type", "text/x")];
    world.publish_with("events", "plain", &metadata, &data).await.unwrap();
    let topic = world.topic("plain");
    let found = |delivery: &Delivery| delivery.request.data == data;
    let all = world.app("beta").wait(&topic, |all| all.iter().any(found)).await;
    let event = &all.iter().find(|delivery| found(delivery)).unwrap().request;
    assert_eq!(event.source, "Dapr");
    assert_eq!(event.r#type, "com.dapr.event.sent");
    assert_eq!(event.spec_version, "1.0");
    assert_eq!(event.data_content_type, "application/octet-stream");
    assert_eq!(
        (event.topic.as_str(), event.pubsub_name.as_str(), event.path.as_str()),
        (&*topic, "events", "/plain")
    );
    assert_eq!(event.id.len(), 36);
    let fields = event.extensions.clone().unwrap().fields;
    let extensions: BTreeMap<_, _> = fields
        .into_iter()
        .map(|(name, value)| match value.kind {
            Some(Kind::StringValue(text)) => (name, text),
            other => panic!("{name} is {other:?}"),
        })
        .collect();
    let expected = [
        ("pubsubname", "events"),
        ("topic", &topic),
        ("traceid", "00-1-2-01"),
        ("traceparent", "00-1-2-01"),
        ("tracestate", ""),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(extensions, BTreeMap::from(expected));
}

async fn an_events_headers_are_metadata(world: Arc<World>) {
    let metadata = [("partitionKey", "headers"), ("X-Own", "Value"), ("content-type", "text/x")];
    world.publish_with("events", "plain", &metadata, b"headers").await.unwrap();
    let topic = world.topic("plain");
    let all = world.app("beta").wait(&topic, |all| !with_text(all, "headers").is_empty()).await;
    let event = with_text(&all, "headers")[0];
    assert_eq!(event.meta("x-own"), Some("Value"));
    assert_eq!(event.meta("__key"), Some("headers"));
    assert_eq!(event.meta("__topic"), Some(topic.as_str()));
    assert_eq!(event.meta("partitionkey"), Some("headers"));
    assert_eq!(event.meta("rawpayload"), Some("true"));
    assert_eq!(event.meta("pubsubname"), Some("events"));
    for name in ["__offset", "__partition", "__timestamp"] {
        event.meta(name).unwrap().parse::<u64>().unwrap();
    }
    // Not the record's: the call's own.
    assert_eq!(event.meta("content-type"), Some("application/grpc"));
}

async fn with_tracing_a_delivery_has_the_sidecars_span_before_the_records(world: Arc<World>) {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    world.publish_with("events", "traced", &[("traceparent", PARENT)], b"traced").await.unwrap();
    let delivery = world.app("traced").wait_for(&world.topic("traced"), 1).await.remove(0);
    let seen = delivery.metadata.iter().filter(|(name, _)| name == "traceparent");
    let seen: Vec<_> = seen.map(|(_, value)| value.as_str()).collect();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!((seen[1], &seen[0][..36]), (PARENT, &PARENT[..36]));
    assert_ne!(seen[0], PARENT);
}

async fn an_empty_event_is_delivered(world: Arc<World>) {
    world.publish("events", "plain", "empty", b"").await;
    let is_empty = |delivery: &Delivery| delivery.request.data.is_empty();
    world.app("beta").wait(&world.topic("plain"), |all| all.iter().any(is_empty)).await;
}

async fn events_of_a_key_come_in_order(world: Arc<World>) {
    let (keys, events) = (8, 12);
    let publishing = (0..keys).map(|key| {
        let world = Arc::clone(&world);
        async move {
            for number in 0..events {
                let data = format!("slow:{key}:{number}");
                world.publish("events", "order", &format!("student-{key}"), data.as_bytes()).await;
            }
        }
    });
    futures::future::join_all(publishing).await;
    let all = world.app("beta").wait_for(&world.topic("order"), keys * events).await;
    let mut by_key: HashMap<&str, Vec<String>> = HashMap::new();
    for delivery in &all {
        by_key.entry(delivery.meta("__key").unwrap()).or_default().push(delivery.text());
    }
    for key in 0..keys {
        let expected: Vec<_> = (0..events).map(|number| format!("slow:{key}:{number}")).collect();
        assert_eq!(by_key[format!("student-{key}").as_str()], expected);
    }
    assert!(all.iter().all(|delivery| delivery.in_hand == 1), "several at once of one partition");
    let partitions = |delivery: &Delivery| delivery.meta("__partition").unwrap().to_owned();
    let used = all.iter().map(partitions).collect::<std::collections::HashSet<_>>().len();
    assert!(used > 1, "all keys in one partition");
}

async fn a_retry_comes_again_and_the_partition_waits(world: Arc<World>) {
    world.publish("events", "again", "same", b"retry:2:wait").await;
    world.publish("events", "again", "same", b"ok:0:behind").await;
    let all =
        world.app("beta").wait(&world.topic("again"), |all| !with_text(all, "ok:0:behind").is_empty()).await;
    let same: Vec<_> = all.iter().filter(|delivery| delivery.meta("__key") == Some("same")).collect();
    let texts: Vec<_> = same.iter().map(|delivery| delivery.text()).collect();
    assert_eq!(texts, ["retry:2:wait", "retry:2:wait", "retry:2:wait", "ok:0:behind"]);
    let pause = same[1].at - same[0].at;
    assert!(pause > Duration::from_millis(250) && pause < Duration::from_secs(3), "{pause:?}");
}

async fn an_error_comes_again(world: Arc<World>) {
    world.publish("events", "again", "error", b"error:1:once").await;
    world.app("beta").wait(&world.topic("again"), |all| with_text(all, "error:1:once").len() == 2).await;
}

async fn a_redelivery_has_another_id(world: Arc<World>) {
    world.publish("events", "again", "id", b"retry:1:id").await;
    let all =
        world.app("beta").wait(&world.topic("again"), |all| with_text(all, "retry:1:id").len() == 2).await;
    let events = with_text(&all, "retry:1:id");
    assert_ne!(events[0].request.id, events[1].request.id);
    assert_eq!(events[0].meta("__offset"), events[1].meta("__offset"));
}

async fn a_policys_attempts_have_one_id(world: Arc<World>) {
    world.publish("patient", "patient", "id", b"retry:2:same id").await;
    let found = |all: &[Delivery]| with_text(all, "retry:2:same id").len() == 3;
    let all = world.app("beta").wait(&world.topic("patient"), found).await;
    let events = with_text(&all, "retry:2:same id");
    assert!(events.iter().all(|event| event.request.id == events[0].request.id));
}

async fn an_unimplemented_event_is_lost(world: Arc<World>) {
    world.publish("events", "lost", "lost", b"unimplemented:0:lost").await;
    world.publish("events", "lost", "lost", b"ok:0:next").await;
    let all =
        world.app("beta").wait(&world.topic("lost"), |all| !with_text(all, "ok:0:next").is_empty()).await;
    assert_eq!(with_text(&all, "unimplemented:0:lost").len(), 1);
    assert_eq!(world.records("lost.dead").await, []);
}

async fn a_dropped_event_is_gone(world: Arc<World>) {
    world.publish("events", "forgotten", "k", b"drop:0:gone").await;
    world.publish("events", "forgotten", "k", b"ok:0:next").await;
    let all = world.app("beta").wait(&world.topic("forgotten"), |all| all.len() >= 2).await;
    let texts: Vec<_> = all.iter().map(Delivery::text).collect();
    assert_eq!(texts, ["drop:0:gone", "ok:0:next"]);
}

async fn an_app_can_wish_for_topics(world: Arc<World>) {
    world.publish("events", "wished", "k", b"as wished").await;
    let all = world.app("beta").wait_for(&world.topic("wished"), 1).await;
    assert_eq!((all[0].text().as_str(), all[0].request.path.as_str()), ("as wished", "/wished"));
}

async fn a_subscription_outside_the_scopes_gets_nothing(world: Arc<World>) {
    // Published through a component whose scopes allow it: the subscription is what is forbidden.
    world.publish("events", "forbidden", "k", b"forbidden").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(world.app("beta").deliveries(&world.topic("forbidden")).len(), 0);
}

async fn an_app_that_is_unwell_gets_nothing_until_it_is_well(world: Arc<World>) {
    let (app, topic) = (world.app("moody"), world.topic("moody"));
    world.publish("events", "moody", "k", b"ok:0:well").await;
    app.wait_for(&topic, 1).await;
    app.healthy.store(false, Ordering::Relaxed);
    // Three failures, a second apart.
    tokio::time::sleep(Duration::from_secs(6)).await;
    world.publish("events", "moody", "k", b"ok:0:later").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(app.deliveries(&topic).len(), 1, "an unwell app got an event");
    app.healthy.store(true, Ordering::Relaxed);
    let all = app.wait_for(&topic, 2).await;
    let texts: Vec<_> = all.iter().map(Delivery::text).collect();
    assert_eq!(texts, ["ok:0:well", "ok:0:later"]);
}
