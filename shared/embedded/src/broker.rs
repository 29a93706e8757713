//! An in-memory imitation of Kafka: topics of partitions, consumer groups with offsets, order by key.
//!
//! Every pub/sub component of type `pubsub.kafka` reaches the same topics, as components of one cluster do; a
//! `pubsub.in-memory` component has topics of its own. Topics appear when they are first used.
//!
//! Memory is bounded by topic ([`Retention`]). Room is made by dropping the oldest records that every group has
//! committed (all of them, where no group ever read the topic); when that is not enough, publishing fails as it does
//! on a full broker, and whoever publishes keeps the event. Nothing unread is ever dropped, and nothing survives
//! the process.

mod log;
mod record;
#[cfg(test)]
mod tests;
mod topic;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

pub(crate) use record::Record;
use tokio::sync::{OwnedMutexGuard, watch};
use topic::Topic;

use crate::resources::Start;

/// How much a topic may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Bytes of keys, values and headers.
    pub bytes: usize,
    /// Records.
    pub records: usize,
}

impl Default for Retention {
    /// 64 MiB and 100,000 records a topic.
    fn default() -> Self {
        Self { bytes: 64 * 1024 * 1024, records: 100_000 }
    }
}

/// A topic's name, within the cluster that the component stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TopicName {
    /// Empty for Kafka; the component's name for `pubsub.in-memory`.
    pub(crate) cluster: String,
    pub(crate) topic: String,
}

/// A topic is full of records that a group has not read yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("topic {topic} is full: {records} records ({bytes} bytes) wait for a consumer")]
pub(crate) struct Full {
    topic: String,
    records: usize,
    bytes: usize,
}

/// All topics of one embedded runtime.
#[derive(Debug)]
pub(crate) struct Broker {
    partitions: u32,
    retention: Retention,
    topics: RwLock<HashMap<TopicName, Arc<Shared>>>,
}

/// A topic, and who waits for its records.
#[derive(Debug)]
struct Shared {
    name: String,
    topic: Mutex<Topic>,
    /// Counts appends by partition, so that a reader can wait for the next.
    appended: Vec<watch::Sender<()>>,
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Topic> {
        self.topic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// A broker whose topics have `partitions` partitions each (at least one).
    pub(crate) fn new(partitions: u32, retention: Retention) -> Self {
        Self { partitions: partitions.max(1), retention, topics: RwLock::default() }
    }

    /// Appends a record, to `partition` if given, else to its key's. Returns the partition and the offset.
    pub(crate) fn publish(
        &self,
        name: &TopicName,
        record: Record,
        partition: Option<u32>,
    ) -> Result<(u32, u64), Full> {
        let shared = self.topic(name);
        let mut topic = shared.lock();
        let (partition, offset) = topic.append(record, partition).map_err(|()| Full {
            topic: shared.name.clone(),
            records: topic.records(),
            bytes: topic.bytes(),
        })?;
        shared.appended[partition as usize].send_replace(());
        Ok((partition, offset))
    }

    /// How many partitions a topic has.
    pub(crate) fn partitions(&self) -> u32 {
        self.partitions
    }

    /// Joins a consumer group; dropping the membership leaves it. A group that is new to the topic begins at
    /// `start`, and keeps its place from then on.
    pub(crate) fn join(&self, name: &TopicName, group: &str, start: Start) -> Membership {
        let shared = self.topic(name);
        let (member, assignment) = shared.lock().join(group, start);
        Membership { shared, group: group.to_owned(), member, assignment }
    }

    /// Forgets a group with its offsets, so that it holds no records back.
    pub(crate) fn forget(&self, group: &str) {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        for shared in topics.values() {
            shared.lock().forget(group);
        }
    }

    /// Every record that a topic still holds, with partition and offset.
    pub(crate) fn records(&self, name: &TopicName) -> Vec<Fetched> {
        self.topic(name).lock().snapshot()
    }

    fn topic(&self, name: &TopicName) -> Arc<Shared> {
        if let Some(shared) = self.topics.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Arc::clone(shared);
        }
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        let shared = topics.entry(name.clone()).or_insert_with(|| {
            Arc::new(Shared {
                name: name.topic.clone(),
                topic: Mutex::new(Topic::new(self.partitions, self.retention)),
                appended: (0..self.partitions).map(|_| watch::Sender::new(())).collect(),
            })
        });
        Arc::clone(shared)
    }
}

/// A record on its way to a consumer.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) partition: u32,
    pub(crate) offset: u64,
    pub(crate) record: Arc<Record>,
}

/// The partitions that a member of a group is to read.
pub(crate) type Assignment = std::ops::Range<u32>;

/// A place in a consumer group.
#[derive(Debug)]
pub(crate) struct Membership {
    shared: Arc<Shared>,
    group: String,
    member: u64,
    assignment: watch::Receiver<Assignment>,
}

impl Membership {
    /// The partitions of this member now.
    pub(crate) fn assignment(&mut self) -> Assignment {
        self.assignment.borrow_and_update().clone()
    }

    /// Waits until the partitions are others.
    pub(crate) async fn changed(&mut self) {
        if self.assignment.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Begins to read a partition, once whoever read it for the group before has stopped.
    pub(crate) fn claim(&self, partition: u32) -> impl Future<Output = Claim> + Send + 'static {
        let (shared, group) = (Arc::clone(&self.shared), self.group.clone());
        let lease = shared.lock().lease(&group, partition);
        let appended = shared.appended[partition as usize].subscribe();
        async move {
            let lease = lease.lock_owned().await;
            let position = shared.lock().committed(&group, partition);
            Claim { shared, group, partition, position, appended, _lease: lease }
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.shared.lock().leave(&self.group, self.member);
    }
}

/// The exclusive right of a group's member to read one partition.
#[derive(Debug)]
pub(crate) struct Claim {
    shared: Arc<Shared>,
    group: String,
    partition: u32,
    /// The next offset to read.
    position: u64,
    appended: watch::Receiver<()>,
    _lease: OwnedMutexGuard<()>,
}

impl Claim {
    /// The next record, when there is one. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Fetched {
        loop {
            self.appended.borrow_and_update();
            if let Some(fetched) = self.shared.lock().fetch(self.partition, self.position) {
                self.position = fetched.offset + 1;
                return fetched;
            }
            if self.appended.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Everything before `offset` is done.
    pub(crate) fn commit(&self, offset: u64) {
        self.shared.lock().commit(&self.group, self.partition, offset);
    }
}

/// Milliseconds since 1970, as Kafka stamps records.
pub(crate) fn millis(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis()
}
