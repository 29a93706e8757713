//! Putting records on Kafka through the sidecar.

use std::collections::HashMap;

use bytes::Bytes;
use dapr::dapr::proto::runtime::v1::{BulkPublishRequest, BulkPublishRequestEntry, PublishEventRequest};

use crate::{Error, PUBSUB, Sidecar};

/// A record as it will stand on the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Names the record within its batch, so that a partial failure can be told; the event's id.
    pub id: String,
    /// The Kafka topic.
    pub topic: String,
    /// The record's key; must be ASCII, or its delivery would fail for ever (Dapr carries it as gRPC metadata).
    pub key: String,
    /// The record's `content-type` header.
    pub content_type: &'static str,
    /// The record's value, exactly.
    pub value: Bytes,
}

impl Record {
    fn metadata(&self) -> HashMap<String, String> {
        HashMap::from([
            ("rawPayload".to_owned(), "true".to_owned()),
            ("partitionKey".to_owned(), self.key.clone()),
            // A metadata pair becomes a Kafka header of that name; the CloudEvents binding wants this one.
            ("content-type".to_owned(), self.content_type.to_owned()),
        ])
    }
}

impl Sidecar {
    /// Publishes one record. `Ok` means that the broker has it (acks=all); an error means that it may have it.
    pub async fn publish(&self, record: &Record) -> Result<(), Error> {
        let request = PublishEventRequest {
            pubsub_name: PUBSUB.to_owned(),
            topic: record.topic.clone(),
            data: record.value.to_vec(),
            data_content_type: "application/octet-stream".to_owned(),
            metadata: record.metadata(),
        };
        let failed = Error::sidecar(format!("publish on {}", record.topic));
        self.api().publish_event(self.request(request)).await.map_err(failed)?;
        Ok(())
    }

    /// Publishes records of one topic in their order. After an error any of them may have reached the broker.
    pub async fn publish_bulk(&self, topic: &str, records: &[Record]) -> Result<(), Error> {
        if let [record] = records {
            return self.publish(record).await;
        }
        let entries = records
            .iter()
            .map(|record| BulkPublishRequestEntry {
                entry_id: record.id.clone(),
                event: record.value.to_vec(),
                content_type: "application/octet-stream".to_owned(),
                metadata: record.metadata(),
            })
            .collect();
        let request = BulkPublishRequest {
            pubsub_name: PUBSUB.to_owned(),
            topic: topic.to_owned(),
            entries,
            // In a bulk request rawPayload is read from here, not from the entries.
            metadata: HashMap::from([("rawPayload".to_owned(), "true".to_owned())]),
        };
        let action = format!("publish {} records on {topic}", records.len());
        let response = self
            .api()
            .bulk_publish_event(self.request(request))
            .await
            .map_err(Error::sidecar(action.clone()))?;
        let failed = response.into_inner().failed_entries;
        match failed.first() {
            None => Ok(()),
            Some(first) => Err(Error::sidecar(action)(tonic::Status::unavailable(format!(
                "{} of the records failed, the first because: {}",
                failed.len(),
                first.error
            )))),
        }
    }
}
