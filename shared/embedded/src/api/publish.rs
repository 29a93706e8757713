//! PublishEvent and BulkPublishEvent.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use dapr::dapr::proto::runtime::v1 as pb;
use tonic::{Code, Status};

use super::{Call, error};
use crate::publisher::{self, Message};
use crate::resources::{RAW_ONLY, is_raw};
use crate::sidecar::Sidecar;
use crate::trace;

/// Publishes one event.
pub(super) async fn event(call: Call<pb::PublishEventRequest>) -> Result<(), Status> {
    let Call { sidecar, request, headers } = call;
    let pb::PublishEventRequest { pubsub_name, topic, data, mut metadata, .. } = request;
    check(&sidecar, &pubsub_name, &topic, &metadata)?;
    // daprd says its own span in two headers, of which the first looks like a traceparent; empty with tracing off.
    let span = trace::sidecar_span(&headers, sidecar.sampling_rate);
    metadata.insert("traceid".to_owned(), span.map(|span| span.to_string()).unwrap_or_default());
    metadata.insert("tracestate".to_owned(), String::new());
    let message = Message { data: Bytes::from(data), metadata };
    let published = publisher::publish(&sidecar, &pubsub_name, &topic, vec![message]).await;
    published.map_err(|error| failure(&pubsub_name, &topic, &error))
}

/// Publishes several events to one topic. Metadata of the request goes before an entry's own.
pub(super) async fn bulk(call: Call<pb::BulkPublishRequest>) -> Result<pb::BulkPublishResponse, Status> {
    let Call { sidecar, request, .. } = call;
    let pb::BulkPublishRequest { pubsub_name, topic, entries, metadata } = request;
    check(&sidecar, &pubsub_name, &topic, &metadata)?;
    let mut ids = HashSet::new();
    if entries.iter().any(|entry| entry.entry_id.is_empty() || !ids.insert(entry.entry_id.as_str())) {
        let cause = "entryId is duplicated or not present for entry";
        let message = format!(
            "error marshaling events to bytes for topic {topic} pubsub {pubsub_name}. error: {cause}"
        );
        return Err(error::status(
            Code::InvalidArgument,
            "DAPR_PUBSUB_MARSHAL_EVENTS",
            message,
            &[("error", cause)],
        ));
    }
    let messages = entries.into_iter().map(|entry| {
        let mut merged = entry.metadata;
        merged.extend(metadata.clone());
        Message { data: Bytes::from(entry.event), metadata: merged }
    });
    let published = publisher::publish(&sidecar, &pubsub_name, &topic, messages.collect()).await;
    published.map_err(|error| failure(&pubsub_name, &topic, &error))?;
    Ok(pb::BulkPublishResponse { failed_entries: Vec::new() })
}

fn check(
    sidecar: &Sidecar,
    pubsub: &str,
    topic: &str,
    metadata: &HashMap<String, String>,
) -> Result<(), Status> {
    let invalid = |reason, message: String| Err(error::status(Code::InvalidArgument, reason, message, &[]));
    if pubsub.is_empty() {
        return invalid("DAPR_PUBSUB_NAME_EMPTY", "pubsub name is empty".to_owned());
    }
    if sidecar.pubsub(pubsub).is_none() {
        return invalid("DAPR_PUBSUB_NOT_FOUND", format!("pubsub {pubsub} is not found"));
    }
    if topic.is_empty() {
        return invalid("DAPR_PUBSUB_TOPIC_NAME_EMPTY", format!("topic is empty in pubsub {pubsub}"));
    }
    if !is_raw(metadata) {
        return Err(Status::unimplemented(format!("metadata rawPayload {RAW_ONLY}")));
    }
    Ok(())
}

fn failure(pubsub: &str, topic: &str, error: &publisher::Error) -> Status {
    let cause = error.to_string();
    let (code, reason, message) = match error {
        publisher::Error::NotFound(_) => (Code::NotFound, "DAPR_PUBSUB_TEST_NOT_FOUND", cause.clone()),
        publisher::Error::Forbidden { .. } => {
            (Code::PermissionDenied, "DAPR_PUBSUB_FORBIDDEN", cause.clone())
        }
        publisher::Error::Refused(_) => (
            Code::Internal,
            "DAPR_PUBSUB_PUBLISH_MESSAGE",
            format!("error when publishing to topic {topic} in pubsub {pubsub}: {cause}"),
        ),
    };
    error::status(code, reason, message, &[("topic", topic), ("error", &cause)])
}
