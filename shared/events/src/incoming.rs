//! Reading an event, and refusing what is not one of ours.

use learnflow_wire::io::cloudevents::v1::CloudEvent;
use learnflow_wire::io::cloudevents::v1::cloud_event::Data;
use learnflow_wire::io::cloudevents::v1::cloud_event::cloud_event_attribute_value::Attr;
use learnflow_wire::{Event, type_url};
use prost::Message as _;

use crate::{Context, SPEC_VERSION, accepts, attribute};

/// Why a record is not an event of its topic. Trying again cannot mend it: it goes to the dead-letter topic.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// The bytes are not a CloudEvent.
    #[error("record is not a protobuf CloudEvent")]
    Envelope(#[source] prost::DecodeError),
    /// A required attribute is missing.
    #[error("required attribute {0} is missing")]
    Missing(&'static str),
    /// Another version of the specification.
    #[error("specversion {0:?} is not supported")]
    SpecVersion(String),
    /// The type is not listed for the topic.
    #[error("type {kind:?} is not accepted on topic {topic:?}")]
    ForeignType {
        /// The event's type.
        kind: String,
        /// The topic that it came on.
        topic: String,
    },
    /// The data is not a protobuf message.
    #[error("data is not a protobuf message")]
    NotProto,
    /// The data is another message than the type says.
    #[error("data is {found:?}, the type promises {expected:?}")]
    OtherMessage {
        /// The `type_url` found.
        found: String,
        /// The `type_url` promised by the type.
        expected: String,
    },
    /// The data's bytes do not decode.
    #[error("data does not decode")]
    Data(#[source] prost::DecodeError),
}

/// An event with its required attributes present and its type right for its topic; the data is not decoded yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// With the source, the event's identity.
    pub id: String,
    /// `/learnflow/<service>`.
    pub source: String,
    /// `learnflow.<area>.<event>.v1`.
    pub kind: String,
    /// The trace and the request that it belongs to.
    pub context: Context,
    data: prost_types::Any,
}

impl Incoming {
    /// Reads a record's value as it came on `topic`.
    pub fn parse(topic: &str, value: &[u8]) -> Result<Self, Malformed> {
        let event = CloudEvent::decode(value).map_err(Malformed::Envelope)?;
        for (name, attribute) in [("id", &event.id), ("source", &event.source), ("type", &event.r#type)] {
            if attribute.is_empty() {
                return Err(Malformed::Missing(name));
            }
        }
        match event.spec_version.as_str() {
            SPEC_VERSION => {}
            "" => return Err(Malformed::Missing("specversion")),
            other => return Err(Malformed::SpecVersion(other.to_owned())),
        }
        if !accepts(topic, &event.r#type) {
            return Err(Malformed::ForeignType { kind: event.r#type, topic: topic.to_owned() });
        }
        let context = Context {
            traceparent: text(&event, attribute::TRACE_PARENT),
            tracestate: text(&event, attribute::TRACE_STATE),
            correlation_id: text(&event, attribute::CORRELATION_ID),
        };
        let Some(Data::ProtoData(data)) = event.data else { return Err(Malformed::NotProto) };
        Ok(Self { id: event.id, source: event.source, kind: event.r#type, context, data })
    }

    /// Whether the event is an `E`.
    pub fn is<E: Event>(&self) -> bool {
        self.kind == E::TYPE
    }

    /// The typed data.
    pub fn data<E: Event>(&self) -> Result<E, Malformed> {
        let expected = type_url(E::FULL_NAME);
        if self.data.type_url != expected {
            return Err(Malformed::OtherMessage { found: self.data.type_url.clone(), expected });
        }
        E::decode(self.data.value.as_slice()).map_err(Malformed::Data)
    }
}

/// A textual attribute; one that is absent or not text reads as empty, since both are optional to us.
fn text(event: &CloudEvent, name: &str) -> String {
    match event.attributes.get(name).and_then(|value| value.attr.as_ref()) {
        Some(Attr::CeString(text)) => text.clone(),
        _ => String::new(),
    }
}
