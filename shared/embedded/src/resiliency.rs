//! Timeouts, retries and breakers, as daprd's policy runner applies them.
//!
//! One attempt is `breaker(timeout(operation))`; the retry goes around it. A timeout is retried whatever `matching`
//! says, since daprd matches codes and its timeout has none.

mod breaker;
mod policies;
mod retry;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use breaker::{Breaker, BreakerSettings, Rejection, Trip};
pub(crate) use policies::{Policies, Target};
pub(crate) use retry::Retry;

/// The policies of one target; the default has none, and runs an operation once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    /// Of one attempt.
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<Retry>,
    pub(crate) breaker: Option<Arc<Breaker>>,
}

impl Policy {
    /// Is there nothing to apply?
    pub(crate) fn is_empty(&self) -> bool {
        self.timeout.is_none() && self.retry.is_none() && self.breaker.is_none()
    }

    /// Could an operation be run more than once?
    pub(crate) fn has_retries(&self) -> bool {
        self.retry.as_ref().is_some_and(|retry| retry.max_retries != Some(0))
    }
}

/// What a policy needs to know of a failed attempt.
pub(crate) trait Failure {
    /// The gRPC code to match against `matching`; without one the attempt is retried whatever it says.
    fn code(&self) -> Option<i32>;
    /// Is trying again pointless?
    fn permanent(&self) -> bool;
    /// The attempt took longer than the timeout.
    fn timed_out() -> Self;
    /// The breaker let nothing through.
    fn rejected(rejection: Rejection) -> Self;
}

/// Runs `operation` under `policy`.
pub(crate) async fn run<T, E, F, A>(policy: &Policy, mut operation: F) -> Result<T, E>
where
    E: Failure,
    F: FnMut() -> A,
    A: Future<Output = Result<T, E>>,
{
    let mut backoff = policy.retry.as_ref().map(Retry::backoff);
    loop {
        let failure = match attempt(policy, &mut operation).await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let (Some(retry), Some(backoff)) = (&policy.retry, &mut backoff) else { return Err(failure) };
        if failure.permanent() || failure.code().is_some_and(|code| !retry.matches(code)) {
            return Err(failure);
        }
        let Some(pause) = backoff.next_pause() else { return Err(failure) };
        tokio::time::sleep(pause).await;
    }
}

async fn attempt<T, E, F, A>(policy: &Policy, operation: &mut F) -> Result<T, E>
where
    E: Failure,
    F: FnMut() -> A,
    A: Future<Output = Result<T, E>>,
{
    let ticket = match policy.breaker.as_ref().map(|breaker| breaker.admit()).transpose() {
        Ok(ticket) => ticket,
        Err(rejection) => return Err(E::rejected(rejection)),
    };
    let result = match policy.timeout {
        Some(timeout) => {
            tokio::time::timeout(timeout, operation()).await.unwrap_or_else(|_| Err(E::timed_out()))
        }
        None => operation().await,
    };
    if let Some(ticket) = ticket {
        ticket.report(result.is_ok());
    }
    result
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Debug, PartialEq)]
    enum Oops {
        Code(i32),
        Plain,
        Permanent,
        Timeout,
        Rejected,
    }

    impl Failure for Oops {
        fn code(&self) -> Option<i32> {
            if let Self::Code(code) = self { Some(*code) } else { None }
        }
        fn permanent(&self) -> bool {
            matches!(self, Self::Permanent | Self::Rejected)
        }
        fn timed_out() -> Self {
            Self::Timeout
        }
        fn rejected(_: Rejection) -> Self {
            Self::Rejected
        }
    }

    fn policy(max_retries: u32, codes: Option<&str>) -> Policy {
        let codes = codes.map(|codes| Retry::codes(codes).unwrap());
        let retry = Retry {
            duration: Duration::from_millis(1),
            max_retries: Some(max_retries),
            codes,
            ..Retry::default()
        };
        Policy { retry: Some(retry), ..Policy::default() }
    }

    async fn attempts(policy: &Policy, failure: fn() -> Oops) -> u32 {
        let calls = Cell::new(0);
        let result: Result<(), Oops> = run(policy, || {
            calls.set(calls.get() + 1);
            async move { Err(failure()) }
        })
        .await;
        assert!(result.is_err());
        calls.get()
    }

    #[tokio::test]
    async fn without_a_policy_there_is_one_attempt() {
        assert_eq!(attempts(&Policy::default(), || Oops::Code(14)).await, 1);
    }

    #[tokio::test]
    async fn retries_count_beyond_the_first_attempt() {
        assert_eq!(attempts(&policy(2, None), || Oops::Code(5)).await, 3);
    }

    #[tokio::test]
    async fn matching_spares_other_codes_but_not_failures_without_a_code() {
        let policy = policy(2, Some("14,4"));
        assert_eq!(attempts(&policy, || Oops::Code(14)).await, 3);
        assert_eq!(attempts(&policy, || Oops::Code(5)).await, 1);
        assert_eq!(attempts(&policy, || Oops::Plain).await, 3);
    }

    #[tokio::test]
    async fn a_permanent_failure_is_not_retried() {
        assert_eq!(attempts(&policy(5, None), || Oops::Permanent).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn each_attempt_has_its_own_timeout() {
        let policy = Policy { timeout: Some(Duration::from_millis(50)), ..policy(1, Some("14")) };
        let calls = Cell::new(0);
        let result: Result<(), Oops> = run(&policy, || {
            calls.set(calls.get() + 1);
            std::future::pending()
        })
        .await;
        assert_eq!((result, calls.get()), (Err(Oops::Timeout), 2));
    }

    #[tokio::test]
    async fn an_open_breaker_ends_the_retries() {
        let settings =
            BreakerSettings { trip: Trip::parse("consecutiveFailures >= 2").unwrap(), ..Default::default() };
        let policy = Policy { breaker: Some(Arc::new(Breaker::new(settings))), ..policy(10, None) };
        assert_eq!(attempts(&policy, || Oops::Code(5)).await, 2);
    }
}
