//! The envelope of events: CloudEvents 1.0, Kafka protocol binding, structured mode, protobuf event format.
//!
//! A record's value is an encoded [`CloudEvent`] whose data is an `Any`; its header `content-type` is
//! [`CONTENT_TYPE`]; its key is the event's [`Event::key`]. Any CloudEvents SDK can read it.
//! [`Outgoing`] makes one, [`Incoming::parse`] reads one and refuses what is malformed or foreign to its topic.

mod incoming;
mod outgoing;
mod topics;

pub use incoming::{Incoming, Malformed};
pub use learnflow_wire::Event;
pub use learnflow_wire::io::cloudevents::v1::CloudEvent;
pub use outgoing::{Context, Outgoing};
pub use topics::{accepts, dead_letter_topic, topics};

/// The media type of the structured mode in the protobuf event format (CloudEvents protobuf format 1.0, section 3).
pub const CONTENT_TYPE: &str = "application/cloudevents+protobuf";

/// The version of the specification that we write and read.
pub const SPEC_VERSION: &str = "1.0";

/// The `source` of a service's events: `/learnflow/<service>`.
pub fn source_of(service: &str) -> String {
    format!("/learnflow/{service}")
}

/// Names of the optional attributes that we write.
pub(crate) mod attribute {
    pub(crate) const SUBJECT: &str = "subject";
    pub(crate) const TIME: &str = "time";
    pub(crate) const DATA_SCHEMA: &str = "dataschema";
    pub(crate) const DATA_CONTENT_TYPE: &str = "datacontenttype";
    pub(crate) const PARTITION_KEY: &str = "partitionkey";
    pub(crate) const TRACE_PARENT: &str = "traceparent";
    pub(crate) const TRACE_STATE: &str = "tracestate";
    pub(crate) const CORRELATION_ID: &str = "correlationid";
}
