//! A topic and its consumer groups, without waiting: the part whose rules can be stated and tested.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::watch;

use super::log::Log;
use super::{Assignment, Fetched, Record, Retention};
use crate::resources::Start;

/// A topic's partitions and groups.
#[derive(Debug)]
pub(super) struct Topic {
    partitions: Vec<Log>,
    retention: Retention,
    groups: HashMap<String, Group>,
    /// The partition of the next record without a key.
    next: u32,
    members: u64,
}

#[derive(Debug)]
struct Group {
    /// By partition, the first offset that is not done.
    committed: Vec<u64>,
    members: BTreeMap<u64, watch::Sender<Assignment>>,
    /// By partition, held by whoever reads it, so that two members never do at once.
    leases: Vec<Arc<tokio::sync::Mutex<()>>>,
}

impl Topic {
    pub(super) fn new(partitions: u32, retention: Retention) -> Self {
        let partitions = (0..partitions).map(|_| Log::default()).collect();
        Self { partitions, retention, groups: HashMap::new(), next: 0, members: 0 }
    }

    pub(super) fn records(&self) -> usize {
        self.partitions.iter().map(Log::len).sum()
    }

    pub(super) fn bytes(&self) -> usize {
        self.partitions.iter().map(Log::bytes).sum()
    }

    /// Appends a record, or fails when the topic is full of what some group has not read.
    pub(super) fn append(&mut self, record: Record, partition: Option<u32>) -> Result<(u32, u64), ()> {
        self.make_room(record.size())?;
        let count = self.partitions.len() as u32;
        let partition = match (partition, &record.key) {
            (Some(partition), _) => partition % count,
            (None, Some(key)) => Record::partition(key, count),
            (None, None) => {
                self.next = (self.next + 1) % count;
                self.next
            }
        };
        Ok((partition, self.partitions[partition as usize].append(record)))
    }

    /// Drops what every group has done, oldest first in the fullest partition, until `size` more bytes fit.
    fn make_room(&mut self, size: usize) -> Result<(), ()> {
        while self.records() + 1 > self.retention.records || self.bytes() + size > self.retention.bytes {
            let mut order: Vec<usize> = (0..self.partitions.len()).collect();
            order.sort_by_key(|index| std::cmp::Reverse(self.partitions[*index].len()));
            let limits: Vec<u64> = order.iter().map(|index| self.done(*index)).collect();
            let dropped =
                order.iter().zip(limits).any(|(index, limit)| self.partitions[*index].drop_oldest(limit));
            if !dropped {
                return Err(());
            }
        }
        Ok(())
    }

    /// The first offset of a partition that some group has not done; its end when there is no group.
    fn done(&self, partition: usize) -> u64 {
        let committed = self.groups.values().map(|group| group.committed[partition]);
        committed.min().unwrap_or_else(|| self.partitions[partition].end())
    }

    /// Adds a member to a group and shares the partitions out again.
    pub(super) fn join(&mut self, name: &str, start: Start) -> (u64, watch::Receiver<Assignment>) {
        self.members += 1;
        let member = self.members;
        let (sender, receiver) = watch::channel(0..0);
        let count = self.partitions.len();
        let partitions = &self.partitions;
        let group = self.groups.entry(name.to_owned()).or_insert_with(|| Group {
            committed: partitions
                .iter()
                .map(|log| if start == Start::Oldest { log.base() } else { log.end() })
                .collect(),
            members: BTreeMap::new(),
            leases: (0..count).map(|_| Arc::default()).collect(),
        });
        group.members.insert(member, sender);
        group.share(count as u32);
        (member, receiver)
    }

    /// Removes a member from a group, which stays with its offsets.
    pub(super) fn leave(&mut self, name: &str, member: u64) {
        let count = self.partitions.len() as u32;
        if let Some(group) = self.groups.get_mut(name) {
            group.members.remove(&member);
            group.share(count);
        }
    }

    /// Removes a group, unless it still has members.
    pub(super) fn forget(&mut self, name: &str) {
        if self.groups.get(name).is_some_and(|group| group.members.is_empty()) {
            self.groups.remove(name);
        }
    }

    /// The right to read a partition for a group.
    pub(super) fn lease(&self, name: &str, partition: u32) -> Arc<tokio::sync::Mutex<()>> {
        let lease = self.groups.get(name).and_then(|group| group.leases.get(partition as usize));
        lease.map(Arc::clone).unwrap_or_default()
    }

    /// Where a group is to go on in a partition.
    pub(super) fn committed(&self, name: &str, partition: u32) -> u64 {
        let committed = self.groups.get(name).and_then(|group| group.committed.get(partition as usize));
        committed.copied().unwrap_or_default()
    }

    /// Notes that a group has done everything before `offset`.
    pub(super) fn commit(&mut self, name: &str, partition: u32, offset: u64) {
        if let Some(committed) =
            self.groups.get_mut(name).and_then(|group| group.committed.get_mut(partition as usize))
        {
            *committed = offset.max(*committed);
        }
    }

    /// The record at `position` of a partition, if it is there yet.
    pub(super) fn fetch(&self, partition: u32, position: u64) -> Option<Fetched> {
        let (offset, record) = self.partitions.get(partition as usize)?.get(position)?;
        Some(Fetched { partition, offset, record })
    }

    /// Everything that is held.
    pub(super) fn snapshot(&self) -> Vec<Fetched> {
        let mut all = Vec::with_capacity(self.records());
        for (partition, log) in self.partitions.iter().enumerate() {
            let offsets = log.base()..log.end();
            all.extend(offsets.filter_map(|offset| self.fetch(partition as u32, offset)));
        }
        all
    }
}

impl Group {
    /// Shares `count` partitions out in ranges, one a member, as evenly as it goes.
    fn share(&mut self, count: u32) {
        let members = self.members.len() as u32;
        for (index, sender) in self.members.values().enumerate() {
            let bound = |index: u32| count * index / members;
            let range = bound(index as u32)..bound(index as u32 + 1);
            sender.send_if_modified(|current| {
                let changed = *current != range;
                *current = range;
                changed
            });
        }
    }
}
