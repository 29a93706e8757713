//! Taking events: each once, whatever the sidecar delivers.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use learnflow_dapr::{CallContext, Delivery, Outcome, Subscriber};
use learnflow_events::{Event, Incoming, Malformed};
use tracing::Instrument as _;

use crate::outbox::{Mailbox, Tx};
use crate::trace;

/// An event that was never handled here before.
#[derive(Clone, Debug, PartialEq)]
pub struct Received<E> {
    /// What happened.
    pub event: E,
    /// Its CloudEvents id.
    pub id: String,
    /// Its CloudEvents source.
    pub source: String,
}

/// Why an event was not handled.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It cannot ever be: to the dead-letter topic at once.
    #[error("event refused: {0}")]
    Refused(String),
    /// Not now: the sidecar tries again.
    #[error("event not handled yet")]
    Later(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Later(Box::new(error))
    }
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        match error {
            // Key and size follow from the event that is being handled: they will not get better.
            crate::Error::Key(_) | crate::Error::TooLarge(_) => Self::Refused(error.to_string()),
            crate::Error::Database(_) => Self::Later(Box::new(error)),
        }
    }
}

/// What a service does with one type of event. Rows and events go through `tx`, which is committed by the caller.
pub trait Handle<E: Event>: Send + Sync + 'static {
    /// Handles one event.
    fn handle(&self, tx: &mut Tx, received: Received<E>) -> impl Future<Output = Result<(), Failure>> + Send;
}

type HandleFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// A [`Handle`] whose type of event is forgotten.
trait Erased: Send + Sync {
    fn handle<'a>(&'a self, tx: &'a mut Tx, event: &'a Incoming) -> HandleFuture<'a>;
}

struct Typed<E, H> {
    handler: H,
    event: PhantomData<fn() -> E>,
}

impl<E: Event, H: Handle<E>> Erased for Typed<E, H> {
    fn handle<'a>(&'a self, tx: &'a mut Tx, event: &'a Incoming) -> HandleFuture<'a> {
        Box::pin(async move {
            let data = event.data::<E>().map_err(|error| Failure::Refused(describe(&error)))?;
            let received = Received { event: data, id: event.id.clone(), source: event.source.clone() };
            self.handler.handle(tx, received).await
        })
    }
}

/// A service as a consumer of events.
#[derive(Clone)]
pub struct Consumer {
    mailbox: Mailbox,
    name: Arc<str>,
    handlers: Arc<HashMap<&'static str, Arc<dyn Erased>>>,
}

impl fmt::Debug for Consumer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Consumer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Consumer {
    /// `name` is the service's; it stands in the inbox.
    pub fn new(mailbox: Mailbox, name: &str) -> Self {
        Self { mailbox, name: name.into(), handlers: Arc::default() }
    }

    /// Handles events of type `E` with `handler`. Types that a topic accepts and nobody handles are acknowledged.
    #[must_use]
    pub fn on<E: Event>(mut self, handler: impl Handle<E>) -> Self {
        let typed: Arc<dyn Erased> = Arc::new(Typed { handler, event: PhantomData::<fn() -> E> });
        let mut handlers = (*self.handlers).clone();
        handlers.insert(E::TYPE, typed);
        self.handlers = Arc::new(handlers);
        self
    }

    async fn take(&self, topic: &str, event: &Incoming) -> Result<bool, Failure> {
        let Some(handler) = self.handlers.get(event.kind.as_str()) else { return Ok(false) };
        let mut tx = self.mailbox.begin().await?;
        let first = sqlx::query!(
            "INSERT INTO inbox (source, event_id, consumer) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            event.source,
            event.id,
            &*self.name,
        )
        .execute(tx.connection())
        .await?
        .rows_affected()
            == 1;
        if first {
            handler.handle(&mut tx, event).await?;
            tx.commit().await?;
        } else {
            tracing::debug!(messaging.destination.name = topic, "event seen before");
        }
        Ok(first)
    }
}

impl Subscriber for Consumer {
    fn deliver(&self, delivery: Delivery) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>> {
        Box::pin(async move {
            let topic = delivery.topic;
            let event = match Incoming::parse(&topic, &delivery.value) {
                Ok(event) => event,
                Err(error) => {
                    let reason = describe(&error);
                    tracing::warn!(messaging.destination.name = %topic, %reason, "event to the dead-letter topic");
                    return Outcome::Drop;
                }
            };
            let span = trace::process_span(&self.name, &topic, &event.kind, &event.id, &event.context);
            let call = CallContext {
                request_id: event.context.correlation_id.parse().ok(),
                ..CallContext::default()
            };
            let taken = call.scope(self.take(&topic, &event).instrument(span.clone())).await;
            let _entered = span.entered();
            match taken {
                Ok(_) => Outcome::Success,
                Err(Failure::Refused(reason)) => {
                    tracing::warn!(messaging.destination.name = %topic, event.id, %reason, "event to the dead-letter topic");
                    Outcome::Drop
                }
                Err(Failure::Later(error)) => {
                    tracing::warn!(messaging.destination.name = %topic, event.id, error = %error, "event not handled yet");
                    Outcome::Retry
                }
            }
        })
    }
}

fn describe(error: &Malformed) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
