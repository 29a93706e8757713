//! Waiting for what other tasks do.

use std::time::Duration;

use tokio::time::Instant;

/// Long enough for a busy machine; nobody waits so long for what happens.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// Looks again and again until there is something; fails the test when `what` has not come true in 30 seconds.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not true after {PATIENCE:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Looks again and again for `period`; fails the test when there is something. For what must not happen and has no
/// event after it to wait for.
pub async fn never<T: std::fmt::Debug>(
    what: &str,
    period: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) {
    let deadline = Instant::now() + period;
    while Instant::now() < deadline {
        let found = look().await;
        assert!(found.is_none(), "{what}: {found:?}");
        tokio::time::sleep(PAUSE).await;
    }
}
