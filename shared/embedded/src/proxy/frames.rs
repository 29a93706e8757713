//! gRPC's framing, followed without keeping anything: one byte of flags, four of length, then the message.

/// Follows the frames of one direction of a call.
#[derive(Debug)]
pub(super) struct Scanner {
    /// The largest message, in bytes.
    limit: usize,
    prefix: [u8; 5],
    filled: usize,
    /// Bytes of the current message that are still to come.
    remaining: usize,
    /// Messages that have begun.
    messages: u64,
}

/// A message is longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge {
    pub(super) size: usize,
    pub(super) limit: usize,
}

impl From<TooLarge> for tonic::Status {
    fn from(TooLarge { size, limit }: TooLarge) -> Self {
        Self::resource_exhausted(format!("grpc: received message larger than max ({size} vs. {limit})"))
    }
}

impl Scanner {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, prefix: [0; 5], filled: 0, remaining: 0, messages: 0 }
    }

    /// Messages that have begun so far.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// Follows the next bytes.
    pub(super) fn scan(&mut self, mut bytes: &[u8]) -> Result<(), TooLarge> {
        while !bytes.is_empty() {
            if self.remaining > 0 {
                let taken = self.remaining.min(bytes.len());
                self.remaining -= taken;
                bytes = &bytes[taken..];
                continue;
            }
            let taken = (5 - self.filled).min(bytes.len());
            self.prefix[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled == 5 {
                let [_, a, b, c, d] = self.prefix;
                self.remaining = u32::from_be_bytes([a, b, c, d]) as usize;
                self.filled = 0;
                self.messages += 1;
                if self.remaining > self.limit {
                    return Err(TooLarge { size: self.remaining, limit: self.limit });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0];
        frame.extend((length as u32).to_be_bytes());
        frame.resize(5 + length, 7);
        frame
    }

    #[test]
    fn counts_messages_however_they_are_cut() {
        let bytes = [frame(3), frame(0), frame(10)].concat();
        for size in 1..bytes.len() {
            let mut scanner = Scanner::new(10);
            for piece in bytes.chunks(size) {
                scanner.scan(piece).unwrap();
            }
            assert_eq!(scanner.messages(), 3, "pieces of {size}");
        }
    }

    #[test]
    fn finds_a_message_over_the_limit() {
        let mut scanner = Scanner::new(10);
        scanner.scan(&frame(10)).unwrap();
        assert_eq!(scanner.scan(&frame(11)), Err(TooLarge { size: 11, limit: 10 }));
    }
}
