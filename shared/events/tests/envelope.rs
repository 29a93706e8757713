//! The envelope: what is written can be read, what is foreign is refused, nothing panics.

use learnflow_chat_client::pb::QueryAsked;
use learnflow_events::{CloudEvent, Context, Event as _, Incoming, Malformed, Outgoing, accepts, topics};
use learnflow_wire::io::cloudevents::v1::cloud_event::cloud_event_attribute_value::Attr;
use proptest::prelude::*;
use prost::Message as _;
use time::OffsetDateTime;
use uuid::Uuid;

const TOPIC: &str = "learning.requests";

fn asked() -> QueryAsked {
    QueryAsked {
        message_id: "m-1".to_owned(),
        student_id: "maya".to_owned(),
        query: "How do for loops work?".to_owned(),
        ..QueryAsked::default()
    }
}

fn context() -> Context {
    Context {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        tracestate: String::new(),
        correlation_id: "r-1".to_owned(),
    }
}

fn outgoing() -> Outgoing {
    Outgoing::new(&asked(), "chat", Uuid::now_v7(), OffsetDateTime::UNIX_EPOCH, &context())
}

/// The envelope of a good event, changed by `change`.
fn changed(change: impl FnOnce(&mut CloudEvent)) -> Vec<u8> {
    let mut event = CloudEvent::decode(outgoing().value).expect("own event decodes");
    change(&mut event);
    event.encode_to_vec()
}

#[test]
fn what_is_written_can_be_read() {
    let event = outgoing();
    assert_eq!((event.topic, event.key.as_str()), (TOPIC, "maya"));
    let incoming = Incoming::parse(event.topic, &event.value).unwrap();
    assert_eq!(incoming.id, event.id.to_string());
    assert_eq!(incoming.source, "/learnflow/chat");
    assert_eq!(incoming.context, context());
    assert!(incoming.is::<QueryAsked>());
    assert_eq!(incoming.data::<QueryAsked>().unwrap(), asked());
}

#[test]
fn attributes_are_those_of_the_specification() {
    let event = CloudEvent::decode(outgoing().value).unwrap();
    assert_eq!((event.spec_version.as_str(), event.r#type.as_str()), ("1.0", QueryAsked::TYPE));
    let attribute = |name: &str| event.attributes.get(name).and_then(|value| value.attr.clone());
    assert_eq!(attribute("subject"), Some(Attr::CeString("m-1".to_owned())));
    assert_eq!(attribute("partitionkey"), Some(Attr::CeString("maya".to_owned())));
    assert_eq!(attribute("time"), Some(Attr::CeTimestamp(prost_types::Timestamp::default())));
    assert_eq!(
        attribute("dataschema"),
        Some(Attr::CeUri("urn:learnflow:proto:learnflow.chat.v1.QueryAsked".to_owned()))
    );
    // An attribute without a value is left out, for the specification forbids empty ones.
    assert_eq!(attribute("tracestate"), None);
}

#[test]
fn each_missing_attribute_is_named() {
    type Change = fn(&mut CloudEvent);
    let cases: [(&str, Change); 4] = [
        ("id", |event| event.id.clear()),
        ("source", |event| event.source.clear()),
        ("type", |event| event.r#type.clear()),
        ("specversion", |event| event.spec_version.clear()),
    ];
    for (name, change) in cases {
        let error = Incoming::parse(TOPIC, &changed(change)).unwrap_err();
        assert!(matches!(error, Malformed::Missing(missing) if missing == name), "{name}: {error}");
    }
}

#[test]
fn what_is_foreign_is_refused() {
    let other_topic = Incoming::parse("progress.events", &outgoing().value).unwrap_err();
    assert!(matches!(other_topic, Malformed::ForeignType { .. }), "{other_topic}");
    let other_version =
        Incoming::parse(TOPIC, &changed(|event| event.spec_version = "0.3".to_owned())).unwrap_err();
    assert!(matches!(other_version, Malformed::SpecVersion(_)), "{other_version}");
    let no_data = Incoming::parse(TOPIC, &changed(|event| event.data = None)).unwrap_err();
    assert!(matches!(no_data, Malformed::NotProto), "{no_data}");
    let text = Incoming::parse(TOPIC, b"{\"specversion\":\"1.0\"}").unwrap_err();
    assert!(matches!(text, Malformed::Envelope(_)), "{text}");
}

#[test]
fn data_must_be_what_the_type_promises() {
    use learnflow_wire::io::cloudevents::v1::cloud_event::Data;
    let any = |type_url: &str, value: &[u8]| {
        Data::ProtoData(prost_types::Any { type_url: type_url.to_owned(), value: value.to_vec() })
    };
    let other = changed(|event| event.data = Some(any("type.googleapis.com/google.protobuf.Empty", b"")));
    let error = Incoming::parse(TOPIC, &other).unwrap().data::<QueryAsked>().unwrap_err();
    assert!(matches!(error, Malformed::OtherMessage { .. }), "{error}");
    let broken = changed(|event| {
        event.data = Some(any("type.googleapis.com/learnflow.chat.v1.QueryAsked", b"\xff\xff"));
    });
    let error = Incoming::parse(TOPIC, &broken).unwrap().data::<QueryAsked>().unwrap_err();
    assert!(matches!(error, Malformed::Data(_)), "{error}");
}

#[test]
fn topics_accept_only_the_types_of_their_contracts() {
    assert!(topics().contains(TOPIC));
    assert!(accepts(TOPIC, QueryAsked::TYPE));
    assert!(!accepts("concepts.requests", QueryAsked::TYPE));
    assert!(!accepts("no.such.topic", QueryAsked::TYPE));
}

proptest! {
    #[test]
    fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = Incoming::parse(TOPIC, &bytes);
    }

    #[test]
    fn a_damaged_event_is_read_or_refused(at in 0_usize..400, byte in any::<u8>()) {
        let mut bytes = outgoing().value.to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(event) = Incoming::parse(TOPIC, &bytes) {
            let _ = event.data::<QueryAsked>();
        }
    }

    #[test]
    fn any_text_survives(query in "\\PC{0,200}", student in "[A-Za-z0-9_.-]{1,64}") {
        let event = QueryAsked { query, student_id: student, ..asked() };
        let outgoing = Outgoing::new(&event, "chat", Uuid::now_v7(), OffsetDateTime::now_utc(), &context());
        prop_assert_eq!(Incoming::parse(TOPIC, &outgoing.value).unwrap().data::<QueryAsked>().unwrap(), event);
    }
}
