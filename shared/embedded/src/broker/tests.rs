//! The broker's promises: order by key, at least once, bounded memory, nothing unread dropped.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn record(key: &str, value: &str) -> Record {
    Record {
        key: Some(key.to_owned()),
        value: Bytes::copy_from_slice(value.as_bytes()),
        headers: Vec::new(),
        timestamp: SystemTime::UNIX_EPOCH,
    }
}

fn name() -> TopicName {
    TopicName { cluster: String::new(), topic: "t".into() }
}

#[derive(Debug, Clone)]
enum Step {
    Publish {
        key: u8,
    },
    Join,
    Leave {
        member: usize,
    },
    /// A member delivers the next record of one of its partitions, and may crash before it commits.
    Deliver {
        member: usize,
        partition: u32,
        commits: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5_u8).prop_map(|key| Step::Publish { key }),
        1 => Just(Step::Join),
        1 => (0..4_usize).prop_map(|member| Step::Leave { member }),
        6 => (0..4_usize, 0..3_u32, any::<bool>())
            .prop_map(|(member, partition, commits)| Step::Deliver { member, partition, commits }),
    ]
}

proptest! {
    /// Whatever members come, go and crash: each key's events are first seen in order, and none is missing.
    #[test]
    fn keys_keep_their_order_and_nothing_is_lost(steps in prop::collection::vec(step(), 1..200)) {
        let mut topic = Topic::new(3, Retention { bytes: usize::MAX, records: usize::MAX });
        let mut members = Vec::new();
        let mut published: HashMap<String, Vec<String>> = HashMap::new();
        let mut seen: HashMap<String, Vec<String>> = HashMap::new();
        let mut see = |fetched: &Fetched| {
            let value = String::from_utf8(fetched.record.value.to_vec()).unwrap();
            let values = seen.entry(fetched.record.key.clone().unwrap()).or_default();
            if !values.contains(&value) {
                values.push(value);
            }
        };
        topic.forget("g");
        members.push(topic.join("g", Start::Oldest));
        for (index, step) in steps.into_iter().enumerate() {
            match step {
                Step::Publish { key } => {
                    let (key, value) = (format!("k{key}"), index.to_string());
                    topic.append(record(&key, &value), None).unwrap();
                    published.entry(key).or_default().push(value);
                }
                Step::Join => members.push(topic.join("g", Start::Oldest)),
                Step::Leave { member } => {
                    if members.len() > 1 {
                        let (member, _) = members.remove(member % members.len());
                        topic.leave("g", member);
                    }
                }
                Step::Deliver { member, partition, commits } => {
                    let (_, assignment) = &members[member % members.len()];
                    if assignment.borrow().contains(&partition) {
                        let position = topic.committed("g", partition);
                        if let Some(fetched) = topic.fetch(partition, position) {
                            see(&fetched);
                            if commits {
                                topic.commit("g", partition, fetched.offset + 1);
                            }
                        }
                    }
                }
            }
            // Each partition has exactly one reader.
            let mut readers: BTreeMap<u32, u32> = BTreeMap::new();
            for partition in members.iter().flat_map(|(_, assignment)| assignment.borrow().clone()) {
                *readers.entry(partition).or_default() += 1;
            }
            prop_assert_eq!(readers, BTreeMap::from([(0, 1), (1, 1), (2, 1)]));
        }
        for partition in 0..3 {
            while let Some(fetched) = topic.fetch(partition, topic.committed("g", partition)) {
                see(&fetched);
                topic.commit("g", partition, fetched.offset + 1);
            }
        }
        prop_assert_eq!(seen, published);
    }

    /// The bounds hold, and an unread record is never dropped to keep them.
    #[test]
    fn memory_is_bounded_and_the_unread_is_kept(reads in prop::collection::vec(any::<bool>(), 1..200)) {
        let mut topic = Topic::new(1, Retention { bytes: usize::MAX, records: 5 });
        topic.join("g", Start::Oldest);
        let (mut accepted, mut read) = (0, 0);
        for reads in reads {
            if reads {
                if let Some(fetched) = topic.fetch(0, topic.committed("g", 0)) {
                    prop_assert_eq!(fetched.offset, read);
                    topic.commit("g", 0, fetched.offset + 1);
                    read += 1;
                }
            } else if topic.append(record("k", "v"), None).is_ok() {
                accepted += 1;
            } else {
                prop_assert_eq!(accepted - read, 5, "only a topic full of unread records refuses");
            }
            prop_assert!(topic.records() <= 5);
        }
    }
}

#[test]
fn a_topic_that_nobody_reads_keeps_the_newest() {
    let mut topic = Topic::new(1, Retention { bytes: usize::MAX, records: 2 });
    for value in ["a", "b", "c"] {
        topic.append(record("k", value), None).unwrap();
    }
    let values: Vec<_> = topic.snapshot().into_iter().map(|fetched| fetched.record.value.clone()).collect();
    assert_eq!(values, ["b", "c"]);
}

#[test]
fn bytes_count_as_well() {
    let size = record("k", "0123456789").size();
    let broker = Broker::new(1, Retention { bytes: 2 * size, records: 100 });
    let _member = broker.join(&name(), "g", Start::Oldest);
    for _ in 0..2 {
        broker.publish(&name(), record("k", "0123456789"), None).unwrap();
    }
    let full = broker.publish(&name(), record("k", "0123456789"), None).unwrap_err();
    assert!(full.to_string().contains("topic t is full: 2 records"), "{full}");
}

#[test]
fn a_new_group_starts_where_it_is_told() {
    let mut topic = Topic::new(1, Retention::default());
    topic.append(record("k", "old"), None).unwrap();
    topic.join("late", Start::Newest);
    topic.join("early", Start::Oldest);
    assert_eq!((topic.committed("late", 0), topic.committed("early", 0)), (1, 0));
}

#[test]
fn a_forgotten_group_holds_nothing_back() {
    let mut topic = Topic::new(1, Retention { bytes: usize::MAX, records: 1 });
    let (member, _) = topic.join("gone", Start::Oldest);
    topic.append(record("k", "a"), None).unwrap();
    assert!(topic.append(record("k", "b"), None).is_err());
    topic.leave("gone", member);
    topic.forget("gone");
    assert!(topic.append(record("k", "b"), None).is_ok());
}

#[tokio::test]
async fn a_claim_waits_for_records_and_for_its_predecessor() {
    let broker = Broker::new(1, Retention::default());
    let first = broker.join(&name(), "g", Start::Oldest);
    let mut claim = first.claim(0).await;
    let reading = tokio::spawn(async move {
        let fetched = claim.next().await;
        claim.commit(fetched.offset + 1);
        (claim, fetched.offset)
    });
    tokio::task::yield_now().await;
    broker.publish(&name(), record("k", "v"), None).unwrap();
    let (claim, offset) = reading.await.unwrap();
    assert_eq!(offset, 0);

    let second = broker.join(&name(), "g", Start::Oldest);
    let successor = tokio::spawn(second.claim(0));
    tokio::task::yield_now().await;
    assert!(!successor.is_finished(), "the partition is still being read");
    broker.publish(&name(), record("k", "w"), None).unwrap();
    drop(claim);
    assert_eq!(successor.await.unwrap().next().await.offset, 1);
}
