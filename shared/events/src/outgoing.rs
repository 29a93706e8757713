//! Making an event.

use std::collections::HashMap;

use bytes::Bytes;
use learnflow_wire::io::cloudevents::v1::CloudEvent;
use learnflow_wire::io::cloudevents::v1::cloud_event::cloud_event_attribute_value::Attr;
use learnflow_wire::io::cloudevents::v1::cloud_event::{CloudEventAttributeValue, Data};
use learnflow_wire::{Event, type_url};
use prost::Message as _;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{SPEC_VERSION, attribute, source_of};

/// Where an event comes from: the trace that it belongs to and the request that it goes back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// W3C `traceparent` of the span that made the event; empty for none.
    pub traceparent: String,
    /// W3C `tracestate`; empty for none.
    pub tracestate: String,
    /// The id of the request at the edge; empty for none.
    pub correlation_id: String,
}

/// An event ready to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// UUIDv7; with the source, the event's identity for ever.
    pub id: Uuid,
    /// The Kafka topic.
    pub topic: &'static str,
    /// The record's key.
    pub key: String,
    /// The record's value: an encoded [`CloudEvent`].
    pub value: Bytes,
}

impl Outgoing {
    /// Wraps `event` as `service` says it at `now`.
    pub fn new<E: Event>(event: &E, service: &str, id: Uuid, now: OffsetDateTime, context: &Context) -> Self {
        let mut attributes = HashMap::with_capacity(8);
        let mut text = |name: &str, value: &str| {
            if !value.is_empty() {
                attributes.insert(name.to_owned(), string(value));
            }
        };
        text(attribute::SUBJECT, event.subject());
        text(attribute::DATA_CONTENT_TYPE, "application/protobuf");
        text(attribute::PARTITION_KEY, event.key());
        text(attribute::TRACE_PARENT, &context.traceparent);
        text(attribute::TRACE_STATE, &context.tracestate);
        text(attribute::CORRELATION_ID, &context.correlation_id);
        let time = prost_types::Timestamp { seconds: now.unix_timestamp(), nanos: now.nanosecond() as i32 };
        attributes.insert(attribute::TIME.to_owned(), value(Attr::CeTimestamp(time)));
        let schema = format!("urn:learnflow:proto:{}", E::FULL_NAME);
        attributes.insert(attribute::DATA_SCHEMA.to_owned(), value(Attr::CeUri(schema)));

        let envelope = CloudEvent {
            id: id.to_string(),
            source: source_of(service),
            spec_version: SPEC_VERSION.to_owned(),
            r#type: E::TYPE.to_owned(),
            attributes,
            data: Some(Data::ProtoData(prost_types::Any {
                type_url: type_url(E::FULL_NAME),
                value: event.encode_to_vec(),
            })),
        };
        Self { id, topic: E::TOPIC, key: event.key().to_owned(), value: envelope.encode_to_vec().into() }
    }
}

fn value(attr: Attr) -> CloudEventAttributeValue {
    CloudEventAttributeValue { attr: Some(attr) }
}

fn string(text: &str) -> CloudEventAttributeValue {
    value(Attr::CeString(text.to_owned()))
}
