//! A bound on requests in flight: beyond it the edge says so at once, instead of queueing what it cannot serve in time.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;

use crate::refusal::Refusal;

/// When to come back.
const RETRY: Duration = Duration::from_secs(1);

/// The free slots.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Semaphore>);

impl InFlight {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))))
    }
}

/// The layer. A slot is for the time until the head of the answer, so that long streams do not starve calls.
pub(crate) async fn apply(State(InFlight(slots)): State<InFlight>, request: Request, next: Next) -> Response {
    let Ok(_slot) = slots.try_acquire() else {
        tracing::warn!("too many requests in flight");
        return Refusal::overloaded(RETRY).into_response();
    };
    next.run(request).await
}
