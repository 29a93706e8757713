//! How often and how soon to try again.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// A retry policy; the default is daprd's: every five seconds, for ever.
#[derive(Debug, Clone)]
pub(crate) struct Retry {
    /// Off: constant pauses of `duration`.
    pub(crate) exponential: bool,
    /// The pause of a constant policy.
    pub(crate) duration: Duration,
    /// The first pause of an exponential policy.
    pub(crate) initial_interval: Duration,
    /// The longest pause of an exponential policy.
    pub(crate) max_interval: Duration,
    /// When an exponential policy gives up; zero for never.
    pub(crate) max_elapsed: Duration,
    /// Attempts after the first; `None` for ever.
    pub(crate) max_retries: Option<u32>,
    /// The gRPC codes worth another attempt; `None` for all.
    pub(crate) codes: Option<Vec<RangeInclusive<i32>>>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            exponential: false,
            duration: Duration::from_secs(5),
            initial_interval: Duration::from_millis(500),
            max_interval: Duration::from_mins(1),
            max_elapsed: Duration::from_mins(15),
            max_retries: None,
            codes: None,
        }
    }
}

impl Retry {
    /// Reads `matching.gRPCStatusCodes`: codes and ranges, as in `4,8-10,14`. `None` when a part is not 0 to 16.
    pub(crate) fn codes(text: &str) -> Option<Vec<RangeInclusive<i32>>> {
        let mut ranges = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range = first.parse().ok()?..=last.parse().ok()?;
            if *range.start() < 0 || *range.end() > 16 || range.is_empty() {
                return None;
            }
            ranges.push(range);
        }
        Some(ranges)
    }

    /// Is `code` worth another attempt?
    pub(crate) fn matches(&self, code: i32) -> bool {
        self.codes.as_ref().is_none_or(|ranges| ranges.iter().any(|range| range.contains(&code)))
    }

    /// The pauses of one operation.
    pub(crate) fn backoff(&self) -> Backoff<'_> {
        Backoff { retry: self, made: 0, interval: self.initial_interval, started: Instant::now() }
    }
}

/// The pauses between the attempts of one operation.
#[derive(Debug)]
pub(crate) struct Backoff<'a> {
    retry: &'a Retry,
    made: u32,
    interval: Duration,
    started: Instant,
}

/// An exponential pause grows by this factor …
const MULTIPLIER: f64 = 1.5;
/// … and is spread by this share to either side.
const RANDOMIZATION: f64 = 0.5;

impl Backoff<'_> {
    /// The pause before the next attempt; `None` when there is none.
    pub(crate) fn next_pause(&mut self) -> Option<Duration> {
        if self.retry.max_retries.is_some_and(|max| self.made >= max) {
            return None;
        }
        self.made += 1;
        if !self.retry.exponential {
            return Some(self.retry.duration);
        }
        let spread = 1.0 + RANDOMIZATION * (rand::random::<f64>() * 2.0 - 1.0);
        let pause = self.interval.mul_f64(spread);
        self.interval = self.interval.mul_f64(MULTIPLIER).min(self.retry.max_interval);
        let limit = self.retry.max_elapsed;
        (limit.is_zero() || self.started.elapsed() + pause <= limit).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_single_or_ranges() {
        let retry = Retry { codes: Retry::codes("4,8-10"), ..Retry::default() };
        assert!([4, 8, 9, 10].into_iter().all(|code| retry.matches(code)));
        assert!([0, 5, 14].into_iter().all(|code| !retry.matches(code)));
        for wrong in ["17", "x", "9-8", "1-2-3"] {
            assert!(Retry::codes(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn constant_pauses_stay_and_end() {
        let retry = Retry { max_retries: Some(2), ..Retry::default() };
        let mut backoff = retry.backoff();
        assert_eq!(backoff.next_pause(), Some(Duration::from_secs(5)));
        assert_eq!(backoff.next_pause(), Some(Duration::from_secs(5)));
        assert_eq!(backoff.next_pause(), None);
    }

    #[test]
    fn exponential_pauses_grow_to_their_limit() {
        let retry = Retry { exponential: true, max_interval: Duration::from_secs(2), ..Retry::default() };
        let mut backoff = retry.backoff();
        let pauses: Vec<_> = (0..20).filter_map(|_| backoff.next_pause()).collect();
        assert!(pauses[0] >= Duration::from_millis(250) && pauses[0] <= Duration::from_millis(750));
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(3)));
        assert!(pauses[19] >= Duration::from_secs(1));
    }
}
