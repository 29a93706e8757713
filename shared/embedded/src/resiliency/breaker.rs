//! A circuit breaker with the states and counts of the one daprd uses.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

mod trip;

pub(crate) use trip::Trip;

/// The settings of a breaker; the default trips after more than five failures in a row and stays open a minute.
#[derive(Debug, Clone)]
pub(crate) struct BreakerSettings {
    /// Attempts let through while half open, and successes needed to close.
    pub(crate) max_requests: u32,
    /// How often the counts of a closed breaker start again; zero for never.
    pub(crate) interval: Duration,
    /// How long it stays open.
    pub(crate) timeout: Duration,
    pub(crate) trip: Trip,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            max_requests: 1,
            interval: Duration::ZERO,
            timeout: Duration::from_mins(1),
            trip: Trip::default(),
        }
    }
}

/// Why a breaker let nothing through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejection {
    Open,
    TooManyRequests,
}

impl Rejection {
    /// daprd's words.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Open => "circuit breaker is open",
            Self::TooManyRequests => "too many requests",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open,
    HalfOpen,
}

/// What a trip rule may look at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) requests: u32,
    pub(crate) total_successes: u32,
    pub(crate) total_failures: u32,
    pub(crate) consecutive_successes: u32,
    pub(crate) consecutive_failures: u32,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// Grows with every change, so that a late report counts for nothing.
    generation: u64,
    counts: Counts,
    /// When a closed breaker's counts, or an open breaker's patience, end.
    expiry: Option<Instant>,
}

/// A breaker: attempts ask to be admitted and report how they ended.
#[derive(Debug)]
pub(crate) struct Breaker {
    settings: BreakerSettings,
    inner: Mutex<Inner>,
}

/// An admitted attempt; dropped without a report, it has failed.
#[derive(Debug)]
pub(crate) struct Ticket<'a> {
    breaker: &'a Breaker,
    generation: u64,
    reported: bool,
}

impl Ticket<'_> {
    /// How the attempt ended.
    pub(crate) fn report(mut self, success: bool) {
        self.reported = true;
        self.breaker.settle(self.generation, success, Instant::now());
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.reported {
            self.breaker.settle(self.generation, false, Instant::now());
        }
    }
}

impl Breaker {
    /// A closed breaker.
    pub(crate) fn new(settings: BreakerSettings) -> Self {
        let inner = Inner { state: State::Closed, generation: 0, counts: Counts::default(), expiry: None };
        let breaker = Self { settings, inner: Mutex::new(inner) };
        breaker.enter(&mut breaker.lock(), State::Closed, Instant::now());
        breaker
    }

    /// Asks to make an attempt.
    pub(crate) fn admit(&self) -> Result<Ticket<'_>, Rejection> {
        let generation = self.admit_at(Instant::now())?;
        Ok(Ticket { breaker: self, generation, reported: false })
    }

    fn admit_at(&self, now: Instant) -> Result<u64, Rejection> {
        let mut inner = self.lock();
        self.advance(&mut inner, now);
        match inner.state {
            State::Open => return Err(Rejection::Open),
            State::HalfOpen if inner.counts.requests >= self.settings.max_requests.max(1) => {
                return Err(Rejection::TooManyRequests);
            }
            State::Closed | State::HalfOpen => {}
        }
        inner.counts.requests += 1;
        Ok(inner.generation)
    }

    fn settle(&self, generation: u64, success: bool, now: Instant) {
        let mut inner = self.lock();
        self.advance(&mut inner, now);
        if inner.generation != generation {
            return;
        }
        let counts = &mut inner.counts;
        if success {
            counts.total_successes += 1;
            counts.consecutive_successes += 1;
            counts.consecutive_failures = 0;
            let enough = counts.consecutive_successes >= self.settings.max_requests.max(1);
            if inner.state == State::HalfOpen && enough {
                self.enter(&mut inner, State::Closed, now);
            }
        } else {
            counts.total_failures += 1;
            counts.consecutive_failures += 1;
            counts.consecutive_successes = 0;
            let trips = self.settings.trip.matches(*counts);
            if inner.state == State::HalfOpen || (inner.state == State::Closed && trips) {
                self.enter(&mut inner, State::Open, now);
            }
        }
    }

    /// What time alone changes.
    fn advance(&self, inner: &mut Inner, now: Instant) {
        if inner.expiry.is_some_and(|expiry| expiry < now) {
            let next = if inner.state == State::Open { State::HalfOpen } else { inner.state };
            self.enter(inner, next, now);
        }
    }

    fn enter(&self, inner: &mut Inner, state: State, now: Instant) {
        inner.state = state;
        inner.generation += 1;
        inner.counts = Counts::default();
        inner.expiry = match state {
            State::Closed => (!self.settings.interval.is_zero()).then(|| now + self.settings.interval),
            State::Open => Some(now + self.settings.timeout),
            State::HalfOpen => None,
        };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        let trip = Trip::parse("consecutiveFailures > 1").unwrap();
        Breaker::new(BreakerSettings { trip, timeout: Duration::from_secs(10), ..BreakerSettings::default() })
    }

    #[test]
    fn opens_after_the_rule_is_met_and_half_opens_after_its_timeout() {
        let (breaker, start) = (breaker(), Instant::now());
        for _ in 0..2 {
            let generation = breaker.admit_at(start).unwrap();
            breaker.settle(generation, false, start);
        }
        assert_eq!(breaker.admit_at(start), Err(Rejection::Open));
        let later = start + Duration::from_secs(11);
        let generation = breaker.admit_at(later).unwrap();
        assert_eq!(breaker.admit_at(later), Err(Rejection::TooManyRequests));
        breaker.settle(generation, true, later);
        assert!(breaker.admit_at(later).is_ok());
    }

    #[test]
    fn a_success_between_keeps_it_closed() {
        let (breaker, now) = (breaker(), Instant::now());
        for success in [false, true, false, true, false] {
            let generation = breaker.admit_at(now).unwrap();
            breaker.settle(generation, success, now);
        }
        assert!(breaker.admit_at(now).is_ok());
    }

    #[test]
    fn an_attempt_that_is_dropped_has_failed() {
        let breaker = breaker();
        for _ in 0..2 {
            drop(breaker.admit().unwrap());
        }
        assert_eq!(breaker.admit().unwrap_err(), Rejection::Open);
    }
}
