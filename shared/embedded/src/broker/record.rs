//! What a topic holds.

use std::time::SystemTime;

use bytes::Bytes;

/// A record: exact bytes, a key, headers. Keys and headers are text, since Dapr's API only takes text.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) key: Option<String>,
    pub(crate) value: Bytes,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timestamp: SystemTime,
}

impl Record {
    /// The size that counts against limits, in bytes; the constant stands for what Kafka adds to a record.
    pub(crate) fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
        self.key.as_ref().map_or(0, String::len) + self.value.len() + headers + 36
    }

    /// The partition of `key` among `count`: FNV-1a, as the producer in daprd hashes.
    pub(super) fn partition(key: &str, count: u32) -> u32 {
        let hash = key
            .bytes()
            .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
        // Sarama takes the hash as a signed number, and its distance from zero.
        (hash as i32 % count as i32).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_always_has_the_same_partition_and_keys_spread() {
        let mut used = [false; 3];
        for index in 0..100 {
            let key = format!("student-{index}");
            let partition = Record::partition(&key, 3);
            assert_eq!(partition, Record::partition(&key, 3));
            used[partition as usize] = true;
        }
        assert_eq!(used, [true; 3]);
    }
}
