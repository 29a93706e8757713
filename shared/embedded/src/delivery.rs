//! Deliveries: what is on the topics goes to the app, as long as it is healthy.

mod batch;
mod callback;
mod consumer;
mod event;
mod single;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::health;
use crate::resiliency::{self, Failure, Rejection, Retry};
use crate::resources::Subscription;
use crate::sidecar::Sidecar;

/// Why an event was not taken.
#[derive(Debug, Clone, thiserror::Error)]
enum Undelivered {
    /// The call failed.
    #[error("error returned from app: {0}")]
    Call(tonic::Status),
    /// The app asked for another attempt.
    #[error("the app asked for a retry")]
    Retry,
    /// It was to become a dead letter, and could not.
    #[error("no dead letter: {0}")]
    DeadLetter(crate::publisher::Error),
    /// The policy's timeout or breaker.
    #[error("{0}")]
    Policy(&'static str),
}

impl Failure for Undelivered {
    fn code(&self) -> Option<i32> {
        if let Self::Call(status) = self { Some(status.code() as i32) } else { None }
    }

    fn permanent(&self) -> bool {
        matches!(self, Self::Policy(message) if *message != TIMED_OUT)
    }

    fn timed_out() -> Self {
        Self::Policy(TIMED_OUT)
    }

    fn rejected(rejection: Rejection) -> Self {
        Self::Policy(rejection.message())
    }
}

const TIMED_OUT: &str = "context deadline exceeded";

/// Delivers to the sidecar's app until `stop`; events in hand are finished first, if that is soon.
pub(crate) async fn run(sidecar: Arc<Sidecar>, stop: CancellationToken) {
    let Some(app) = sidecar.app.clone() else { return };
    let mut healthy = health::watch(app, sidecar.probe_interval, stop.clone());
    let mut asked = false;
    while healthy.wait_for(|healthy| *healthy).await.is_ok() && !stop.is_cancelled() {
        if !asked {
            asked = tokio::select! {
                asked = ask_app(&sidecar) => asked,
                () = stop.cancelled() => return,
            };
        }
        let (round, consumers) = (stop.child_token(), TaskTracker::new());
        for subscription in sidecar.subscriptions() {
            if let Some(consumer) = consumer::Consumer::new(&sidecar, subscription) {
                consumers.spawn(consumer.run(round.clone()));
            }
        }
        tracing::debug!(app.id = sidecar.app_id, subscriptions = consumers.len(), "app is healthy");
        // The sender goes away at the stop.
        let _ = healthy.wait_for(|healthy| !healthy).await;
        round.cancel();
        consumers.close();
        consumers.wait().await;
        tracing::debug!(app.id = sidecar.app_id, "deliveries stopped");
    }
}

/// Asks the app which topics it wants, as daprd does when the app is healthy for the first time. False: no answer.
async fn ask_app(sidecar: &Sidecar) -> bool {
    let retry = Retry {
        exponential: true,
        max_interval: Duration::from_secs(1),
        max_retries: Some(3),
        ..Retry::default()
    };
    let policy = resiliency::Policy { retry: Some(retry), ..resiliency::Policy::default() };
    match resiliency::run(&policy, || callback::subscriptions(sidecar)).await {
        Ok(wished) => {
            let wished =
                wished.into_iter().filter_map(|subscription| match Subscription::from_app(subscription) {
                    Ok(subscription) => Some(subscription),
                    Err(message) => {
                        tracing::error!(app.id = sidecar.app_id, message, "subscription of the app ignored");
                        None
                    }
                });
            sidecar.subscribe(wished.collect());
            true
        }
        Err(error) => {
            tracing::warn!(app.id = sidecar.app_id, %error, "app does not say its subscriptions");
            false
        }
    }
}
