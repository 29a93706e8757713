//! Kafka as it is, by a client that is not Dapr's.

use std::collections::BTreeMap;

use learnflow_embedded::TopicRecord;
use rskafka::client::partition::{OffsetAt, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};

use crate::resources::{PARTITIONS, Run};

async fn client(run: &Run) -> Client {
    ClientBuilder::new(vec![run.brokers.clone()]).build().await.unwrap()
}

/// Creates every topic of a run.
pub(crate) async fn create_topics(run: &Run) {
    let client = client(run).await;
    let controller = client.controller_client().unwrap();
    for topic in run.topics() {
        controller.create_topic(topic, PARTITIONS, 1, 10_000).await.unwrap();
    }
}

/// Everything on a topic.
pub(crate) async fn records(run: &Run, topic: &str) -> Vec<TopicRecord> {
    let client = client(run).await;
    let mut all = Vec::new();
    for partition in 0..PARTITIONS {
        let reader =
            client.partition_client(run.topic(topic), partition, UnknownTopicHandling::Retry).await.unwrap();
        let end = reader.get_offset(OffsetAt::Latest).await.unwrap();
        let mut offset = 0;
        while offset < end {
            let (records, _) = reader.fetch_records(offset, 1..8_000_000, 1_000).await.unwrap();
            for found in records {
                offset = found.offset + 1;
                all.push(view(partition, found));
            }
        }
    }
    all
}

fn view(partition: i32, found: rskafka::record::RecordAndOffset) -> TopicRecord {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let headers: BTreeMap<String, Vec<u8>> = found.record.headers;
    TopicRecord {
        partition: partition.unsigned_abs(),
        offset: found.offset.unsigned_abs(),
        key: found.record.key.map(text),
        value: found.record.value.unwrap_or_default().into(),
        headers: headers.into_iter().map(|(name, value)| (name, text(value))).collect(),
    }
}
