//! What becomes of a publish.

use std::collections::BTreeMap;
use std::sync::Arc;

use dapr::dapr::proto::runtime::v1 as pb;
use tonic::{Code, Status};

use crate::world::{World, publish_request};

crate::cases::cases! {
    a_record_has_the_exact_bytes_the_key_and_every_header,
    excluded_headers_are_not_written,
    excluded_headers_are_not_read,
    keys_and_headers_can_be_escaped,
    with_tracing_a_record_has_the_sidecars_span,
    a_bulk_publish_keeps_each_key,
    metadata_of_a_bulk_publish_goes_before_an_entrys,
    a_bulk_publish_needs_distinct_entry_ids,
    a_bulk_publish_with_a_record_too_large_fails,
    an_unknown_pubsub_is_an_invalid_argument,
    a_component_of_another_app_is_not_found,
    names_may_not_be_empty,
    scopes_deny_a_publish,
    errors_have_a_reason,
    a_topic_that_is_not_there_is_refused,
    a_record_over_1_mib_is_refused,
    a_record_of_almost_1_mib_passes,
}

const CONTENT_TYPE: &str = "application/cloudevents+protobuf";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async fn a_record_has_the_exact_bytes_the_key_and_every_header(world: Arc<World>) {
    let data = b"exact \x00\xff bytes";
    let metadata = [
        ("partitionKey", "student"),
        ("content-type", CONTENT_TYPE),
        ("traceparent", PARENT),
        ("X-Own", "ü"),
    ];
    world.publish_with("events", "records", &metadata, data).await.unwrap();
    let records = world.wait_for_records("records", 1).await;
    let record = records.iter().find(|record| record.value.as_ref() == data).unwrap();
    assert_eq!(record.key.as_deref(), Some("student"));
    let headers: BTreeMap<_, _> =
        record.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = BTreeMap::from([
        ("X-Own", "ü"),
        ("content-type", CONTENT_TYPE),
        ("partitionKey", "student"),
        ("rawPayload", "true"),
        ("traceid", ""),
        ("traceparent", PARENT),
        ("tracestate", ""),
    ]);
    assert_eq!(headers, expected);
}

async fn excluded_headers_are_not_written(world: Arc<World>) {
    world
        .publish_with("small", "small", &[("partitionKey", "k"), ("x-own", "1")], b"few headers")
        .await
        .unwrap();
    let delivery = world.app("beta").wait_for(&world.topic("small"), 1).await.remove(0);
    assert_eq!(delivery.meta("__key"), Some("k"));
    assert_eq!(delivery.meta("x-own"), Some("1"));
    assert_eq!((delivery.meta("rawpayload"), delivery.meta("partitionkey")), (None, None));
}

async fn excluded_headers_are_not_read(world: Arc<World>) {
    // Written by a component that excludes nothing, read by one that does.
    world.publish("events", "small.read", "k", b"read").await;
    let delivery = world.app("beta").wait_for(&world.topic("small.read"), 1).await.remove(0);
    assert_eq!((delivery.meta("__key"), delivery.meta("traceid")), (Some("k"), Some("")));
    assert_eq!((delivery.meta("rawpayload"), delivery.meta("partitionkey")), (None, None));
}

async fn keys_and_headers_can_be_escaped(world: Arc<World>) {
    let metadata = [("partitionKey", "Zoë & co"), ("x-own", "ü")];
    world.publish_with("small", "small.escaped", &metadata, b"escaped").await.unwrap();
    let delivery = world.app("beta").wait_for(&world.topic("small.escaped"), 1).await.remove(0);
    assert_eq!((delivery.meta("__key"), delivery.meta("x-own")), (Some("Zo%C3%AB+%26+co"), Some("%C3%BC")));
}

async fn with_tracing_a_record_has_the_sidecars_span(world: Arc<World>) {
    let mut request =
        tonic::Request::new(publish_request("events", &world.topic("records"), &[], b"with a span"));
    request.metadata_mut().insert("traceparent", PARENT.parse().unwrap());
    world.dapr("traced").publish_event(request).await.unwrap();
    let records = world.wait_for_records("records", 1).await;
    let record = records.into_iter().find(|record| record.value.as_ref() == b"with a span").unwrap();
    let header =
        |name: &str| record.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let span = header("traceid").unwrap();
    assert_eq!((&span[..36], &span[52..]), (&PARENT[..36], "-01"));
    assert_ne!(span[36..52], PARENT[36..52]);
    assert_eq!((header("traceparent"), header("tracestate")), (None, Some("")));
}

async fn metadata_of_a_bulk_publish_goes_before_an_entrys(world: Arc<World>) {
    let metadata =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let entry = pb::BulkPublishRequestEntry {
        entry_id: "1".to_owned(),
        event: b"bulk metadata".to_vec(),
        content_type: "text/plain".to_owned(),
        metadata: metadata(&[("x-own", "entry"), ("x-entry", "1")]),
    };
    let request = pb::BulkPublishRequest {
        pubsub_name: "events".to_owned(),
        topic: world.topic("records"),
        entries: vec![entry],
        metadata: metadata(&[("rawPayload", "true"), ("x-own", "request")]),
    };
    world.dapr("alpha").bulk_publish_event(request).await.unwrap();
    let records = world.wait_for_records("records", 1).await;
    let record = records.into_iter().find(|record| record.value.as_ref() == b"bulk metadata").unwrap();
    let expected = [("rawPayload", "true"), ("x-entry", "1"), ("x-own", "request")];
    assert_eq!(record.headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(record.key, None);
}

async fn bulk(
    world: &World,
    pubsub: &str,
    topic: &str,
    entries: &[(&str, &str, Vec<u8>)],
) -> Result<usize, Status> {
    let entry = |(id, key, data): &(&str, &str, Vec<u8>)| pb::BulkPublishRequestEntry {
        entry_id: (*id).to_owned(),
        event: data.clone(),
        content_type: String::new(),
        metadata: [("partitionKey".to_owned(), (*key).to_owned())].into(),
    };
    let request = pb::BulkPublishRequest {
        pubsub_name: pubsub.to_owned(),
        topic: world.topic(topic),
        entries: entries.iter().map(entry).collect(),
        metadata: [("rawPayload".to_owned(), "true".to_owned())].into(),
    };
    Ok(world.dapr("alpha").bulk_publish_event(request).await?.into_inner().failed_entries.len())
}

async fn a_bulk_publish_keeps_each_key(world: Arc<World>) {
    let entries = [("1", "bulk-a", b"bulk one".to_vec()), ("2", "bulk-b", b"bulk two".to_vec())];
    assert_eq!(bulk(&world, "events", "records", &entries).await.unwrap(), 0);
    let records = world.wait_for_records("records", 2).await;
    for (_, key, data) in entries {
        let record = records.iter().find(|record| record.value == data).unwrap();
        assert_eq!(record.key.as_deref(), Some(key));
        let names: Vec<_> = record.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["partitionKey", "rawPayload"]);
    }
}

async fn a_bulk_publish_needs_distinct_entry_ids(world: Arc<World>) {
    for ids in [["1", "1"], ["1", ""]] {
        let entries = ids.map(|id| (id, "k", b"never".to_vec()));
        let status = bulk(&world, "events", "records", &entries).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().contains("entryId is duplicated or not present"), "{status}");
    }
}

async fn a_bulk_publish_with_a_record_too_large_fails(world: Arc<World>) {
    let entries = [("1", "k", b"fits".to_vec()), ("2", "k", vec![0; 3000])];
    let status = bulk(&world, "small", "records", &entries).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal, "{status}");
    assert!(status.message().contains("Failed to deliver 1 messages"), "{status}");
    // What fits has been sent all the same.
    let records = world.wait_for_records("records", 1).await;
    assert!(records.iter().any(|record| record.value.as_ref() == b"fits"));
}

async fn an_unknown_pubsub_is_an_invalid_argument(world: Arc<World>) {
    let status = world.publish_with("nothing", "records", &[], b"never").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "pubsub nothing is not found"));
}

async fn a_component_of_another_app_is_not_found(world: Arc<World>) {
    let status = world.publish_with("hidden", "records", &[], b"never").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "pubsub hidden is not found"));
}

async fn names_may_not_be_empty(world: Arc<World>) {
    for (pubsub, topic, message) in
        [("", "t", "pubsub name is empty"), ("events", "", "topic is empty in pubsub events")]
    {
        let request = publish_request(pubsub, topic, &[], b"never");
        let status = world.dapr("alpha").publish_event(request).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::InvalidArgument, message));
    }
}

async fn publish_as(world: &World, app: &str, topic: &str) -> Result<(), Status> {
    let request = publish_request("scoped", &world.topic(topic), &[], b"scoped");
    world.dapr(app).publish_event(request).await.map(drop)
}

async fn scopes_deny_a_publish(world: Arc<World>) {
    publish_as(&world, "alpha", "allowed").await.unwrap();
    publish_as(&world, "beta", "allowed").await.unwrap();
    for (app, topic) in [("alpha", "records"), ("timed", "allowed"), ("beta", "secret")] {
        let status = publish_as(&world, app, topic).await.unwrap_err();
        let message = format!("topic {} is not allowed for app id {app}", world.topic(topic));
        assert_eq!((status.code(), status.message()), (Code::PermissionDenied, message.as_str()));
    }
}

async fn errors_have_a_reason(world: Arc<World>) {
    use tonic_types::StatusExt as _;
    let unknown = world.publish_with("nothing", "records", &[], b"never").await.unwrap_err();
    let denied = publish_as(&world, "timed", "allowed").await.unwrap_err();
    for (status, reason) in [(unknown, "DAPR_PUBSUB_NOT_FOUND"), (denied, "DAPR_PUBSUB_FORBIDDEN")] {
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "dapr.io"));
    }
}

async fn a_topic_that_is_not_there_is_refused(world: Arc<World>) {
    let status = world.publish_with("events", "mistyped", &[], b"never").await.unwrap_err();
    assert_eq!(status.code(), Code::Internal, "{status}");
}

async fn a_record_over_1_mib_is_refused(world: Arc<World>) {
    let status = world.publish_with("events", "records", &[], &vec![0; 1024 * 1024]).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal, "{status}");
    assert!(status.message().contains("message larger than configured"), "{status}");
}

async fn a_record_of_almost_1_mib_passes(world: Arc<World>) {
    let data = vec![7; 1024 * 1024 - 1000];
    world.publish_with("events", "plain", &[("partitionKey", "large")], &data).await.unwrap();
    let found = |delivery: &crate::app::Delivery| delivery.request.data == data;
    world.app("beta").wait(&world.topic("plain"), |all| all.iter().any(found)).await;
}
