//! A record as an app sees it.

use std::collections::{BTreeMap, HashMap};

use dapr::dapr::proto::runtime::v1 as pb;
use prost_types::value::Kind;
use tonic::Status;
use tonic::metadata::{AsciiMetadataKey, BinaryMetadataKey, BinaryMetadataValue, MetadataMap};

use crate::broker::{Fetched, millis};
use crate::resources::{Pubsub, Subscription};

/// A record's key, place and headers, as daprd's Kafka component names them. Headers win over what the component
/// adds, so a dead letter tells of its first life.
pub(super) fn metadata(fetched: &Fetched, topic: &str, pubsub: &Pubsub) -> HashMap<String, String> {
    let escape = |text: &str| if pubsub.escape_headers { query_escape(text) } else { text.to_owned() };
    let record = &fetched.record;
    let mut metadata = HashMap::with_capacity(record.headers.len() + 6);
    if let Some(key) = &record.key {
        metadata.insert("__key".to_owned(), escape(key));
    }
    metadata.insert("__offset".to_owned(), fetched.offset.to_string());
    metadata.insert("__topic".to_owned(), topic.to_owned());
    metadata.insert("__timestamp".to_owned(), millis(record.timestamp).to_string());
    metadata.insert("__partition".to_owned(), fetched.partition.to_string());
    for (name, value) in &record.headers {
        if !pubsub.exclude_headers.as_ref().is_some_and(|regex| regex.is_match(name)) {
            metadata.insert(name.clone(), escape(value));
        }
    }
    metadata
}

/// The raw event around a record's value. Its id is new each time the component hands the record over, and stays
/// through the attempts of a policy.
pub(super) fn request(
    fetched: &Fetched,
    subscription: &Subscription,
    metadata: &HashMap<String, String>,
) -> pb::TopicEventRequest {
    pb::TopicEventRequest {
        id: uuid::Uuid::now_v7().to_string(),
        source: "Dapr".to_owned(),
        r#type: "com.dapr.event.sent".to_owned(),
        spec_version: "1.0".to_owned(),
        data_content_type: "application/octet-stream".to_owned(),
        data: fetched.record.value.to_vec(),
        topic: subscription.topic.clone(),
        pubsub_name: subscription.pubsub.clone(),
        path: subscription.path.clone(),
        extensions: Some(extensions(subscription, metadata)),
    }
}

fn extensions(subscription: &Subscription, metadata: &HashMap<String, String>) -> prost_types::Struct {
    let mut fields = BTreeMap::new();
    let mut add = |name: &str, value: &str| {
        let kind = Some(Kind::StringValue(value.to_owned()));
        fields.insert(name.to_owned(), prost_types::Value { kind });
    };
    add("topic", &subscription.topic);
    add("pubsubname", &subscription.pubsub);
    for name in ["traceid", "tracestate"] {
        if let Some(value) = metadata.get(name) {
            add(name, value);
        }
    }
    if let Some(traceparent) = metadata.get("traceparent") {
        add("traceparent", traceparent);
        add("traceid", traceparent);
    }
    prost_types::Struct { fields }
}

/// Adds a record's metadata to a call. Text that gRPC cannot carry makes the delivery fail, each time it is tried.
pub(super) fn add_metadata(to: &mut MetadataMap, metadata: &HashMap<String, String>) -> Result<(), Status> {
    for (name, value) in metadata {
        let name = name.to_lowercase();
        if name == "content-type" || name == "content-length" {
            continue;
        }
        if name.ends_with("-bin") {
            let key = BinaryMetadataKey::from_bytes(name.as_bytes()).map_err(|_| illegal_key(&name))?;
            to.append_bin(key, BinaryMetadataValue::from_bytes(value.as_bytes()));
        } else {
            let key = AsciiMetadataKey::from_bytes(name.as_bytes()).map_err(|_| illegal_key(&name))?;
            if !value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
                let message =
                    format!("header key {name:?} contains value with non-printable ASCII characters");
                return Err(Status::internal(message));
            }
            to.append(key, value.parse().map_err(|_| illegal_key(&name))?);
        }
    }
    Ok(())
}

fn illegal_key(name: &str) -> Status {
    Status::internal(format!("header key {name:?} contains illegal characters not in [0-9a-z-_.]"))
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or_default().to_ascii_uppercase()
}

/// Go's `url.QueryEscape`.
fn query_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => escaped.push(byte.into()),
            b' ' => escaped.push('+'),
            other => escaped.extend(['%', hex(other >> 4), hex(other & 15)]),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_go_does() {
        assert_eq!(query_escape("Zoë & co~1"), "Zo%C3%AB+%26+co~1");
    }

    #[test]
    fn text_that_grpc_cannot_carry_is_an_error() {
        let add = |name: &str, value: &str| {
            add_metadata(&mut MetadataMap::new(), &HashMap::from([(name.to_owned(), value.to_owned())]))
        };
        assert!(add("X-Name", "plain").is_ok());
        assert!(add("__key", "Zoë").unwrap_err().message().contains("non-printable"));
        assert!(add("a name", "x").is_err());
        assert!(add("raw-bin", "Zoë").is_ok());
    }

    #[test]
    fn names_are_lower_cased_and_content_type_is_left_out() {
        let mut map = MetadataMap::new();
        let metadata =
            [("Content-Type", "text/plain"), ("X-Own", "1")].map(|(name, value)| (name.into(), value.into()));
        add_metadata(&mut map, &HashMap::from(metadata)).unwrap();
        assert_eq!((map.len(), map.get("x-own").unwrap().to_str().unwrap()), (1, "1"));
    }
}
