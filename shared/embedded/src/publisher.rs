//! Putting records on topics: for the API, and for dead letters.

use std::collections::HashMap;
use std::time::SystemTime;

use bytes::Bytes;

use crate::broker::Record;
use crate::resiliency::{self, Failure, Rejection};
use crate::resources::Pubsub;
use crate::sidecar::Sidecar;

/// Why nothing was published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// The app does not see such a component.
    #[error("pubsub '{0}' not found")]
    NotFound(String),
    /// The component's scopes forbid it.
    #[error("topic {topic} is not allowed for app id {app}")]
    Forbidden {
        /// The topic.
        topic: String,
        /// The app that asked.
        app: String,
    },
    /// The broker refused, in the words of daprd's Kafka client.
    #[error("{0}")]
    Refused(String),
}

impl Failure for Error {
    fn code(&self) -> Option<i32> {
        None
    }

    fn permanent(&self) -> bool {
        false
    }

    fn timed_out() -> Self {
        Self::Refused("context deadline exceeded".to_owned())
    }

    fn rejected(rejection: Rejection) -> Self {
        Self::Refused(rejection.message().to_owned())
    }
}

/// One record to be: bytes, and the metadata that becomes its key and headers.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) data: Bytes,
    pub(crate) metadata: HashMap<String, String>,
}

/// Publishes messages to one topic, under the component's outbound policy. Messages go out in order; those that are
/// refused are left out, and make the whole fail.
pub(crate) async fn publish(
    sidecar: &Sidecar,
    pubsub_name: &str,
    topic: &str,
    messages: Vec<Message>,
) -> Result<(), Error> {
    let pubsub = sidecar.pubsub(pubsub_name).ok_or_else(|| Error::NotFound(pubsub_name.to_owned()))?;
    if !pubsub.topics.may_publish(&sidecar.app_id, topic) {
        return Err(Error::Forbidden { topic: topic.to_owned(), app: sidecar.app_id.clone() });
    }
    let name = sidecar.topic(pubsub_name, topic);
    let policy = sidecar.policies.publish(pubsub_name);
    resiliency::run(&policy, || async {
        let mut refused = Vec::new();
        for message in &messages {
            let result =
                record(pubsub, message, sidecar.broker.partitions()).and_then(|(record, partition)| {
                    sidecar
                        .broker
                        .publish(&name, record, partition)
                        .map_err(|full| Error::Refused(full.to_string()))
                });
            refused.extend(result.err());
        }
        match refused.len() {
            0 => Ok(()),
            1 if messages.len() == 1 => Err(refused.remove(0)),
            count => Err(Error::Refused(format!("kafka: Failed to deliver {count} messages."))),
        }
    })
    .await
}

/// Metadata names that say the key.
const KEY_NAMES: [&str; 2] = ["partitionKey", "__key"];

/// The record, and the partition if the metadata names one.
fn record(pubsub: &Pubsub, message: &Message, partitions: u32) -> Result<(Record, Option<u32>), Error> {
    let Message { data, metadata } = message;
    let key = KEY_NAMES.iter().find_map(|name| metadata.get(*name)).cloned();
    let partition = metadata.get("partitionNumber").map(|text| {
        let number = text.parse::<u32>().ok().filter(|number| *number < partitions);
        number.ok_or_else(|| Error::Refused(format!("invalid partitionNumber metadata value {text:?}")))
    });
    let excluded = |name: &str| pubsub.exclude_headers.as_ref().is_some_and(|regex| regex.is_match(name));
    let headers = metadata.iter().filter(|(name, _)| !excluded(name));
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.clone(), value.clone())).collect();
    headers.sort();
    let record = Record { key, value: data.clone(), headers, timestamp: SystemTime::now() };
    let (size, limit) = (record.size(), pubsub.max_message_bytes);
    if size > limit {
        return Err(Error::Refused(format!(
            "kafka: invalid configuration (Attempt to produce message larger than configured \
             Producer.MaxMessageBytes: {size} > {limit})"
        )));
    }
    Ok((record, partition.transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{Kind, Resources};

    fn pubsub(settings: &str) -> Pubsub {
        let mut resources = Resources::default();
        let text = format!(
            "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {{ name: p }}\n\
             spec: {{ type: pubsub.kafka, metadata: [{settings}] }}\n"
        );
        resources.add("p.yaml", &text).unwrap();
        match &resources.components[0].kind {
            Kind::Pubsub(pubsub) => (**pubsub).clone(),
            other => panic!("{other:?}"),
        }
    }

    fn message(size: usize, metadata: &[(&str, &str)]) -> Message {
        let metadata =
            metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Message { data: Bytes::from(vec![7; size]), metadata }
    }

    #[test]
    fn metadata_becomes_key_and_headers_but_for_those_excluded() {
        let pubsub = pubsub("{ name: excludeHeaderMetaRegex, value: '^(rawPayload|partitionKey)$' }");
        let message = message(3, &[("partitionKey", "k"), ("rawPayload", "true"), ("X-Own", "1")]);
        let (record, partition) = record(&pubsub, &message, 3).unwrap();
        assert_eq!((record.key.as_deref(), partition), (Some("k"), None));
        assert_eq!(record.headers, [("X-Own".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn a_partition_can_be_named_if_it_exists() {
        let pubsub = pubsub("");
        assert_eq!(record(&pubsub, &message(1, &[("partitionNumber", "2")]), 3).unwrap().1, Some(2));
        assert!(record(&pubsub, &message(1, &[("partitionNumber", "3")]), 3).is_err());
    }

    #[test]
    fn a_record_has_a_largest_size() {
        let pubsub = pubsub("{ name: maxMessageBytes, value: 100 }");
        assert!(record(&pubsub, &message(64, &[]), 3).is_ok());
        let refused = record(&pubsub, &message(65, &[]), 3).unwrap_err();
        assert!(refused.to_string().contains("101 > 100"), "{refused}");
    }
}
