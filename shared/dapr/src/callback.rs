//! What the sidecar delivers: one event, many, and the question whether the app is well.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use dapr::dapr::proto::common::v1::{InvokeRequest, InvokeResponse};
use dapr::dapr::proto::runtime::v1::app_callback_alpha_server::{AppCallbackAlpha, AppCallbackAlphaServer};
use dapr::dapr::proto::runtime::v1::app_callback_health_check_server::{
    AppCallbackHealthCheck, AppCallbackHealthCheckServer,
};
use dapr::dapr::proto::runtime::v1::app_callback_server::{AppCallback, AppCallbackServer};
use dapr::dapr::proto::runtime::v1::topic_event_bulk_request_entry::Event as BulkEvent;
use dapr::dapr::proto::runtime::v1::topic_event_response::TopicEventResponseStatus;
use dapr::dapr::proto::runtime::v1::{
    BindingEventRequest, BindingEventResponse, HealthCheckResponse, JobEventRequest, JobEventResponse,
    ListInputBindingsResponse, ListTopicSubscriptionsResponse, TopicEventBulkRequest,
    TopicEventBulkRequestEntry, TopicEventBulkResponse, TopicEventBulkResponseEntry, TopicEventRequest,
    TopicEventResponse,
};
use tonic::{Request, Response, Status};

use crate::MAX_MESSAGE_BYTES;

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or done before.
    Success,
    /// Not now: the sidecar tries again as its resiliency policy says, then uses the dead-letter topic.
    Retry,
    /// Never: to the dead-letter topic at once.
    Drop,
}

impl Outcome {
    fn status(self) -> i32 {
        match self {
            Self::Success => TopicEventResponseStatus::Success as i32,
            Self::Retry => TopicEventResponseStatus::Retry as i32,
            Self::Drop => TopicEventResponseStatus::Drop as i32,
        }
    }
}

/// One record, as the sidecar hands it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The route of the subscription, such as `/events/learning.requests`.
    pub path: String,
    /// The Kafka topic.
    pub topic: String,
    /// The pub/sub component.
    pub pubsub: String,
    /// The record's value, exactly. (Dapr's own event id is new at every redelivery and is left out on purpose.)
    pub value: Vec<u8>,
    /// The record's headers and Kafka's `__key`, `__offset`, `__partition`, `__topic`, `__timestamp`, in lower case.
    pub headers: HashMap<String, String>,
}

/// Takes deliveries. Must not panic; a panic is caught by the server and seen by the sidecar as an error.
pub trait Subscriber: Send + Sync + 'static {
    /// Handles one delivery.
    fn deliver(&self, delivery: Delivery) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>>;
}

/// Whether the app can take events, with the reason if it cannot. Asked by the sidecar every few seconds; a `Err`
/// suspends the app's subscriptions.
pub type Ready = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The services that the sidecar calls on the app, over one [`Subscriber`].
#[derive(Clone)]
pub struct Callback {
    subscriber: Arc<dyn Subscriber>,
    ready: Ready,
}

impl fmt::Debug for Callback {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Callback").finish_non_exhaustive()
    }
}

impl Callback {
    /// Deliveries go to `subscriber`, health questions to `ready`.
    pub fn new(subscriber: Arc<dyn Subscriber>, ready: Ready) -> Self {
        Self { subscriber, ready }
    }

    /// `AppCallback`: events one by one, and in bulk as Dapr ≥ 1.17 delivers them.
    pub fn server(&self) -> AppCallbackServer<Self> {
        AppCallbackServer::new(self.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// `AppCallbackAlpha`: bulk as Dapr 1.16 delivers it.
    pub fn alpha_server(&self) -> AppCallbackAlphaServer<Self> {
        AppCallbackAlphaServer::new(self.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// `AppCallbackHealthCheck`.
    pub fn health_server(&self) -> AppCallbackHealthCheckServer<Self> {
        AppCallbackHealthCheckServer::new(self.clone())
    }

    async fn bulk(&self, request: TopicEventBulkRequest) -> TopicEventBulkResponse {
        let TopicEventBulkRequest { entries, topic, pubsub_name, path, .. } = request;
        let mut statuses = Vec::with_capacity(entries.len());
        // In order: entries of one key may stand behind one another. After the first entry that has to be tried
        // again, later ones would overtake it, so they wait too.
        let mut blocked = false;
        for entry in entries {
            let entry_id = entry.entry_id.clone();
            let outcome = if blocked {
                Outcome::Retry
            } else {
                match bulk_delivery(entry, &topic, &pubsub_name, &path) {
                    Some(delivery) => self.subscriber.deliver(delivery).await,
                    None => Outcome::Drop,
                }
            };
            blocked |= outcome == Outcome::Retry;
            statuses.push(TopicEventBulkResponseEntry { entry_id, status: outcome.status() });
        }
        TopicEventBulkResponse { statuses }
    }
}

fn bulk_delivery(
    entry: TopicEventBulkRequestEntry,
    topic: &str,
    pubsub: &str,
    path: &str,
) -> Option<Delivery> {
    // Only raw subscriptions are ours; a wrapped entry has lost its binary payload already.
    let Some(BulkEvent::Bytes(value)) = entry.event else { return None };
    let headers =
        entry.metadata.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    Some(Delivery {
        path: path.to_owned(),
        topic: topic.to_owned(),
        pubsub: pubsub.to_owned(),
        value,
        headers,
    })
}

#[tonic::async_trait]
impl AppCallback for Callback {
    async fn on_topic_event(
        &self,
        request: Request<TopicEventRequest>,
    ) -> Result<Response<TopicEventResponse>, Status> {
        let headers = request
            .metadata()
            .iter()
            .filter_map(|pair| match pair {
                tonic::metadata::KeyAndValueRef::Ascii(name, value) => {
                    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
                }
                tonic::metadata::KeyAndValueRef::Binary(..) => None,
            })
            .collect();
        let TopicEventRequest { data, topic, pubsub_name, path, .. } = request.into_inner();
        let delivery = Delivery { path, topic, pubsub: pubsub_name, value: data, headers };
        let outcome = self.subscriber.deliver(delivery).await;
        Ok(Response::new(TopicEventResponse { status: outcome.status() }))
    }

    async fn on_bulk_topic_event(
        &self,
        request: Request<TopicEventBulkRequest>,
    ) -> Result<Response<TopicEventBulkResponse>, Status> {
        Ok(Response::new(self.bulk(request.into_inner()).await))
    }

    async fn list_topic_subscriptions(
        &self,
        _: Request<()>,
    ) -> Result<Response<ListTopicSubscriptionsResponse>, Status> {
        // Subscriptions are declared in components/; the app adds none.
        Ok(Response::new(ListTopicSubscriptionsResponse::default()))
    }

    async fn list_input_bindings(
        &self,
        _: Request<()>,
    ) -> Result<Response<ListInputBindingsResponse>, Status> {
        Ok(Response::new(ListInputBindingsResponse::default()))
    }

    async fn on_invoke(&self, _: Request<InvokeRequest>) -> Result<Response<InvokeResponse>, Status> {
        Err(Status::unimplemented("call the typed service through the sidecar's gRPC proxying"))
    }

    async fn on_binding_event(
        &self,
        _: Request<BindingEventRequest>,
    ) -> Result<Response<BindingEventResponse>, Status> {
        Err(Status::unimplemented("no input bindings"))
    }

    async fn on_job_event(&self, _: Request<JobEventRequest>) -> Result<Response<JobEventResponse>, Status> {
        Err(Status::unimplemented("no jobs"))
    }
}

#[tonic::async_trait]
impl AppCallbackAlpha for Callback {
    async fn on_bulk_topic_event_alpha1(
        &self,
        request: Request<TopicEventBulkRequest>,
    ) -> Result<Response<TopicEventBulkResponse>, Status> {
        Ok(Response::new(self.bulk(request.into_inner()).await))
    }

    async fn on_job_event_alpha1(
        &self,
        _: Request<JobEventRequest>,
    ) -> Result<Response<JobEventResponse>, Status> {
        Err(Status::unimplemented("no jobs"))
    }
}

#[tonic::async_trait]
impl AppCallbackHealthCheck for Callback {
    async fn health_check(&self, _: Request<()>) -> Result<Response<HealthCheckResponse>, Status> {
        (self.ready)().map_err(Status::unavailable)?;
        Ok(Response::new(HealthCheckResponse {}))
    }
}

#[cfg(test)]
mod tests;
