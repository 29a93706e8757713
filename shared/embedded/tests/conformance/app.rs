//! An app under test: the echo service, and callbacks that do what an event's bytes say.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dapr::dapr::proto::common::v1 as common;
use dapr::dapr::proto::runtime::v1 as pb;
use pb::app_callback_alpha_server::{AppCallbackAlpha, AppCallbackAlphaServer};
use pb::app_callback_health_check_server::{AppCallbackHealthCheck, AppCallbackHealthCheckServer};
use pb::app_callback_server::{AppCallback, AppCallbackServer};
use pb::topic_event_bulk_request_entry::Event;
use pb::topic_event_response::TopicEventResponseStatus as Reply;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::metadata::KeyAndValueRef;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status};

use crate::echo::{Counts, Echo};

/// An event as an app saw it.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) request: pb::TopicEventRequest,
    /// Of the call, by name; several values of one name are several entries.
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) at: Instant,
    /// Events of its partition that the app had in hand, this one included.
    pub(crate) in_hand: usize,
}

impl Delivery {
    pub(crate) fn meta(&self, name: &str) -> Option<&str> {
        self.metadata.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.request.data).into_owned()
    }
}

#[derive(Debug, Default)]
struct State {
    deliveries: Vec<Delivery>,
    batches: Vec<pb::TopicEventBulkRequest>,
    /// How often some bytes have come.
    seen: HashMap<Vec<u8>, u32>,
    /// By topic and partition.
    in_hand: HashMap<String, usize>,
}

/// A running app.
#[derive(Debug, Clone)]
pub(crate) struct TestApp {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    pub(crate) counts: Arc<Counts>,
    pub(crate) healthy: Arc<AtomicBool>,
    state: Arc<Mutex<State>>,
    wishes: Vec<pb::TopicSubscription>,
    stop: CancellationToken,
}

impl TestApp {
    /// Starts an app on a free port; `wishes` are its answer to ListTopicSubscriptions.
    pub(crate) async fn start(name: &str, wishes: Vec<pb::TopicSubscription>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app = Self {
            name: name.to_owned(),
            address: listener.local_addr().unwrap(),
            counts: Arc::default(),
            healthy: Arc::new(AtomicBool::new(true)),
            state: Arc::default(),
            wishes,
            stop: CancellationToken::new(),
        };
        let (health, service) = tonic_health::server::health_reporter();
        health.set_service_status("", tonic_health::ServingStatus::Serving).await;
        let callback = AppCallbackServer::new(app.clone()).max_decoding_message_size(16 * 1024 * 1024);
        let serving = Server::builder()
            .add_service(Echo { app: name.to_owned(), counts: Arc::clone(&app.counts) })
            .add_service(callback)
            .add_service(AppCallbackAlphaServer::new(app.clone()))
            .add_service(AppCallbackHealthCheckServer::new(app.clone()))
            .add_service(service);
        let (incoming, stop) = (TcpIncoming::from(listener).with_nodelay(Some(true)), app.stop.clone());
        tokio::spawn(async move {
            // Ends at once, with its connections: an app that is down.
            tokio::select! {
                result = serving.serve_with_incoming_shutdown(incoming, stop.cancelled()) => result.unwrap(),
                () = async { stop.cancelled().await; tokio::time::sleep(Duration::from_millis(200)).await } => {}
            }
        });
        app
    }

    /// Listens no more.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// What came of a topic.
    pub(crate) fn deliveries(&self, topic: &str) -> Vec<Delivery> {
        let state = self.state.lock().unwrap();
        state.deliveries.iter().filter(|delivery| delivery.request.topic == topic).cloned().collect()
    }

    /// The batches of a topic.
    pub(crate) fn batches(&self, topic: &str) -> Vec<pb::TopicEventBulkRequest> {
        let state = self.state.lock().unwrap();
        state.batches.iter().filter(|batch| batch.topic == topic).cloned().collect()
    }

    /// Waits for deliveries of a topic until `enough`, and panics after a while.
    pub(crate) async fn wait(&self, topic: &str, enough: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let deliveries = self.deliveries(topic);
            if enough(&deliveries) {
                return deliveries;
            }
            let texts: Vec<_> = deliveries.iter().map(Delivery::text).collect();
            assert!(
                Instant::now() < deadline,
                "{}: {topic}: only {} came: {texts:?}",
                self.name,
                texts.len()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for `count` deliveries.
    pub(crate) async fn wait_for(&self, topic: &str, count: usize) -> Vec<Delivery> {
        self.wait(topic, |deliveries| deliveries.len() >= count).await
    }

    fn take_batch(
        &self,
        request: pb::TopicEventBulkRequest,
    ) -> Result<Response<pb::TopicEventBulkResponse>, Status> {
        self.state.lock().unwrap().batches.push(request.clone());
        let status = |entry: pb::TopicEventBulkRequestEntry| {
            let Some(Event::Bytes(data)) = entry.event else { panic!("not bytes: {entry:?}") };
            let status = self.reply(&data).map(Into::into);
            status.map(|status| pb::TopicEventBulkResponseEntry { entry_id: entry.entry_id, status })
        };
        let statuses = request.entries.into_iter().map(status).collect::<Result<_, _>>()?;
        Ok(Response::new(pb::TopicEventBulkResponse { statuses }))
    }

    /// What the bytes of an event ask for: `verb:times:label`, of which the first attempts get the verb.
    fn reply(&self, data: &[u8]) -> Result<Reply, Status> {
        let times_seen = {
            let mut state = self.state.lock().unwrap();
            let seen = state.seen.entry(data.to_vec()).or_default();
            *seen += 1;
            *seen
        };
        let text = String::from_utf8_lossy(data);
        let mut words = text.split(':');
        let verb = words.next().unwrap_or_default();
        let times: u32 = words.next().and_then(|times| times.parse().ok()).unwrap_or_default();
        if times != 0 && times_seen > times {
            return Ok(Reply::Success);
        }
        match verb {
            "retry" => Ok(Reply::Retry),
            "drop" => Ok(Reply::Drop),
            "error" => Err(Status::internal("asked for an error")),
            "unimplemented" => Err(Status::unimplemented("asked for")),
            _ => Ok(Reply::Success),
        }
    }
}

/// A topic for which the app plays one of before 1.17.
fn knows_only_the_older(request: &pb::TopicEventBulkRequest) -> bool {
    request.path == "/batch.old"
}

/// How long a case waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(25);

#[async_trait::async_trait]
impl AppCallback for TestApp {
    async fn on_topic_event(
        &self,
        request: Request<pb::TopicEventRequest>,
    ) -> Result<Response<pb::TopicEventResponse>, Status> {
        let metadata = request.metadata().iter().filter_map(|entry| match entry {
            KeyAndValueRef::Ascii(name, value) => {
                Some((name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            }
            KeyAndValueRef::Binary(..) => None,
        });
        let metadata: Vec<_> = metadata.collect();
        let request = request.into_inner();
        let data = request.data.clone();
        let partition = metadata.iter().find(|(name, _)| name == "__partition").map(|(_, value)| value);
        let place = format!("{} {}", request.topic, partition.cloned().unwrap_or_default());
        {
            let mut state = self.state.lock().unwrap();
            let in_hand = state.in_hand.entry(place.clone()).or_default();
            *in_hand += 1;
            let in_hand = *in_hand;
            state.deliveries.push(Delivery { request, metadata, at: Instant::now(), in_hand });
        }
        if data.starts_with(b"slow:") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let reply = self.reply(&data);
        *self.state.lock().unwrap().in_hand.entry(place).or_default() -= 1;
        Ok(Response::new(pb::TopicEventResponse { status: reply?.into() }))
    }

    async fn on_bulk_topic_event(
        &self,
        request: Request<pb::TopicEventBulkRequest>,
    ) -> Result<Response<pb::TopicEventBulkResponse>, Status> {
        if knows_only_the_older(request.get_ref()) {
            return Err(Status::unimplemented("this app knows the older method"));
        }
        self.take_batch(request.into_inner())
    }

    async fn list_topic_subscriptions(
        &self,
        _: Request<()>,
    ) -> Result<Response<pb::ListTopicSubscriptionsResponse>, Status> {
        Ok(Response::new(pb::ListTopicSubscriptionsResponse { subscriptions: self.wishes.clone() }))
    }

    async fn on_invoke(
        &self,
        _: Request<common::InvokeRequest>,
    ) -> Result<Response<common::InvokeResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }

    async fn list_input_bindings(
        &self,
        _: Request<()>,
    ) -> Result<Response<pb::ListInputBindingsResponse>, Status> {
        Ok(Response::new(pb::ListInputBindingsResponse::default()))
    }

    async fn on_binding_event(
        &self,
        _: Request<pb::BindingEventRequest>,
    ) -> Result<Response<pb::BindingEventResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }

    async fn on_job_event(
        &self,
        _: Request<pb::JobEventRequest>,
    ) -> Result<Response<pb::JobEventResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }
}

#[async_trait::async_trait]
impl AppCallbackAlpha for TestApp {
    async fn on_bulk_topic_event_alpha1(
        &self,
        request: Request<pb::TopicEventBulkRequest>,
    ) -> Result<Response<pb::TopicEventBulkResponse>, Status> {
        assert!(knows_only_the_older(request.get_ref()), "the newer method was there");
        self.take_batch(request.into_inner())
    }

    async fn on_job_event_alpha1(
        &self,
        _: Request<pb::JobEventRequest>,
    ) -> Result<Response<pb::JobEventResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }
}

#[async_trait::async_trait]
impl AppCallbackHealthCheck for TestApp {
    async fn health_check(&self, _: Request<()>) -> Result<Response<pb::HealthCheckResponse>, Status> {
        if self.healthy.load(Ordering::Relaxed) {
            Ok(Response::new(pb::HealthCheckResponse {}))
        } else {
            Err(Status::unavailable("asked to be unwell"))
        }
    }
}
