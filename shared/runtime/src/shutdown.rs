//! The end of a process: the first signal drains, the second aborts.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Tells every part of the process to stop: softly (take nothing new, finish what is in hand), then hard.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Shutdown {
    /// Not asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops softly on SIGTERM or SIGINT, hard on the second. Fails when the handlers cannot be installed.
    pub fn on_signals() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = Self::new();
        let tokens = shutdown.clone();
        tokio::spawn(async move {
            for token in [&tokens.soft, &tokens.hard] {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                tracing::info!(hard = tokens.soft.is_cancelled(), "asked to stop");
                token.cancel();
            }
        });
        Ok(shutdown)
    }

    /// Asks to stop softly.
    pub fn start(&self) {
        self.soft.cancel();
    }

    /// Asks to stop at once.
    pub fn abort(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// Whether a stop was asked for.
    pub fn is_started(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Resolves when asked to stop.
    pub async fn started(&self) {
        self.soft.cancelled().await;
    }

    /// The token of the soft stop, for parts that take one.
    pub fn token(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Waits for `work` for at most `grace` from now, or until the hard stop. Returns whether it finished.
    pub async fn within<F: Future>(&self, grace: Duration, work: F) -> Option<F::Output> {
        tokio::select! {
            output = tokio::time::timeout(grace, work) => output.ok(),
            () = self.hard.cancelled() => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_in_hand_finishes() {
        assert_eq!(Shutdown::new().within(Duration::from_secs(1), async { 7 }).await, Some(7));
    }

    #[tokio::test]
    async fn the_second_signal_does_not_wait() {
        let shutdown = Shutdown::new();
        shutdown.abort();
        assert_eq!(shutdown.within(Duration::from_mins(1), std::future::pending::<()>()).await, None);
    }
}
