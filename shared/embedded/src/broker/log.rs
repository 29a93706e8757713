//! One partition: records by offset, the oldest of which can be dropped.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Record;

/// A partition's records.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The offset of the first record that is still here.
    base: u64,
    records: VecDeque<Arc<Record>>,
    bytes: usize,
}

impl Log {
    /// The offset of the oldest record, or of the next one when there is none.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// The offset that the next record gets.
    pub(super) fn end(&self) -> u64 {
        self.base + self.records.len() as u64
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn append(&mut self, record: Record) -> u64 {
        let offset = self.end();
        self.bytes += record.size();
        self.records.push_back(Arc::new(record));
        offset
    }

    /// The record at `offset`, or the oldest one when that is gone.
    pub(super) fn get(&self, offset: u64) -> Option<(u64, Arc<Record>)> {
        let offset = offset.max(self.base);
        let record = self.records.get(usize::try_from(offset - self.base).ok()?)?;
        Some((offset, Arc::clone(record)))
    }

    /// Drops the oldest record if its offset is below `limit`.
    pub(super) fn drop_oldest(&mut self, limit: u64) -> bool {
        if self.base >= limit {
            return false;
        }
        let Some(record) = self.records.pop_front() else { return false };
        self.base += 1;
        self.bytes -= record.size();
        true
    }
}
