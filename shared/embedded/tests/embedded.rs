//! What only the embedded runtime promises: replicas, stopping, resuming, and a bound on memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dapr::dapr::proto::runtime::v1 as pb;
use learnflow_embedded::{App, Embedded, Resources, Retention};
use pb::app_callback_health_check_client::AppCallbackHealthCheckClient;
use pb::app_callback_health_check_server::{AppCallbackHealthCheck, AppCallbackHealthCheckServer};
use pb::dapr_client::DaprClient;
use pb::topic_event_response::TopicEventResponseStatus as Reply;
use tonic::transport::Channel;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Code, Request, Response, Status};

#[path = "embedded/callback.rs"]
mod callback;

/// An app that counts: its health checks stand for calls.
#[derive(Debug, Clone, Default)]
struct Counter {
    calls: Arc<AtomicU32>,
    events: Arc<Mutex<Vec<String>>>,
    /// How long an event takes.
    slow: Duration,
}

impl Counter {
    fn events(&self) -> Vec<String> {
        self.events.lock().unwrap().clone()
    }

    async fn wait_for(&self, count: usize) -> Vec<String> {
        let start = Instant::now();
        while self.events().len() < count {
            assert!(start.elapsed() < Duration::from_secs(10), "only {:?}", self.events());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.events()
    }

    async fn take(&self, event: pb::TopicEventRequest) -> Reply {
        self.events.lock().unwrap().push(String::from_utf8(event.data).unwrap());
        tokio::time::sleep(self.slow).await;
        Reply::Success
    }
}

#[async_trait::async_trait]
impl AppCallbackHealthCheck for Counter {
    async fn health_check(&self, request: Request<()>) -> Result<Response<pb::HealthCheckResponse>, Status> {
        // Only those of a caller, not the sidecar's own.
        if request.metadata().contains_key("x-call") {
            self.calls.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Response::new(pb::HealthCheckResponse {}))
    }
}

fn serve(app: &Counter) -> SocketAddr {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap().with_nodelay(Some(true));
    let address = incoming.local_addr().unwrap();
    let serving = Server::builder()
        .add_service(AppCallbackHealthCheckServer::new(app.clone()))
        .add_service(callback::server(app.clone()));
    tokio::spawn(serving.serve_with_incoming(incoming));
    address
}

const RESOURCES: &str = "
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: events }
spec:
  type: pubsub.kafka
  version: v1
  metadata:
  - { name: initialOffset, value: oldest }
---
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: { name: t }
spec:
  pubsubname: events
  topic: t
  routes: { default: /t }
  metadata: { rawPayload: 'true' }
scopes: [reader]
";

fn resources() -> Resources {
    let mut resources = Resources::default();
    resources.add("resources.yaml", RESOURCES).unwrap();
    resources
}

async fn connect(address: Option<SocketAddr>) -> Channel {
    Channel::from_shared(format!("http://{}", address.unwrap())).unwrap().connect().await.unwrap()
}

async fn publish(runtime: &Embedded, data: &str) -> Result<(), Status> {
    let mut client = DaprClient::new(connect(runtime.sidecar("writer")).await);
    let metadata = [("rawPayload", "true"), ("partitionKey", "k")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let request = pb::PublishEventRequest {
        pubsub_name: "events".to_owned(),
        topic: "t".to_owned(),
        data: data.as_bytes().to_vec(),
        metadata: metadata.into(),
        ..Default::default()
    };
    client.publish_event(request).await.map(drop)
}

async fn call(client: &mut AppCallbackHealthCheckClient<Channel>) -> Result<(), Status> {
    let mut request = Request::new(());
    request.metadata_mut().insert("dapr-app-id", "reader".parse().unwrap());
    request.metadata_mut().insert("x-call", "1".parse().unwrap());
    client.health_check(request).await.map(drop)
}

#[tokio::test]
async fn calls_are_shared_among_replicas_and_are_quick() {
    let replicas = [Counter::default(), Counter::default()];
    let mut builder = Embedded::builder(resources()).app(App::new("writer"));
    for replica in &replicas {
        builder = builder.app(App::new("reader").listening_on(serve(replica)));
    }
    let runtime = builder.start().await.unwrap();
    let mut client = AppCallbackHealthCheckClient::new(connect(runtime.sidecar("writer")).await);
    let start = Instant::now();
    for _ in 0..200 {
        call(&mut client).await.unwrap();
    }
    // With Nagle's delay it would be eight seconds.
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    let calls = replicas.map(|replica| replica.calls.load(Ordering::Relaxed));
    assert_eq!(calls, [100, 100]);
}

#[tokio::test]
async fn an_app_that_comes_back_goes_on_where_it_stopped() {
    let app = Counter::default();
    let address = serve(&app);
    let runtime = Embedded::builder(resources()).app(App::new("writer")).start().await.unwrap();
    let replica = runtime.add_app(App::new("reader").listening_on(address)).await.unwrap();
    publish(&runtime, "1").await.unwrap();
    app.wait_for(1).await;
    runtime.stop_app(&replica).await;
    publish(&runtime, "2").await.unwrap();
    let mut client = AppCallbackHealthCheckClient::new(connect(runtime.sidecar("writer")).await);
    assert_eq!(call(&mut client).await.unwrap_err().code(), Code::Unknown);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(app.events(), ["1"]);
    runtime.add_app(App::new("reader").listening_on(address)).await.unwrap();
    assert_eq!(app.wait_for(2).await, ["1", "2"]);
    assert_eq!(runtime.topic("events", "t").len(), 2);
    runtime.shutdown().await;
}

#[tokio::test]
async fn a_stop_lets_the_event_in_hand_finish() {
    let app = Counter { slow: Duration::from_millis(300), ..Counter::default() };
    let address = serve(&app);
    let runtime = Embedded::builder(resources()).app(App::new("writer")).start().await.unwrap();
    let replica = runtime.add_app(App::new("reader").listening_on(address)).await.unwrap();
    for data in ["1", "2"] {
        publish(&runtime, data).await.unwrap();
    }
    app.wait_for(1).await;
    let start = Instant::now();
    runtime.stop_app(&replica).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    runtime.add_app(App::new("reader").listening_on(address)).await.unwrap();
    assert_eq!(app.wait_for(2).await, ["1", "2"], "the first was committed");
}

#[tokio::test]
async fn a_full_topic_refuses_what_would_be_lost() {
    let app = Counter::default();
    let address = serve(&app);
    let retention = Retention { records: 3, ..Retention::default() };
    let runtime =
        Embedded::builder(resources()).app(App::new("writer")).retention(retention).start().await.unwrap();
    let replica = runtime.add_app(App::new("reader").listening_on(address)).await.unwrap();
    publish(&runtime, "0").await.unwrap();
    app.wait_for(1).await;
    runtime.stop_app(&replica).await;
    for data in ["1", "2", "3"] {
        publish(&runtime, data).await.unwrap();
    }
    let refused = publish(&runtime, "4").await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    assert!(refused.message().contains("topic t is full"), "{refused}");
    runtime.add_app(App::new("reader").listening_on(address)).await.unwrap();
    assert_eq!(app.wait_for(4).await, ["0", "1", "2", "3"]);
    publish(&runtime, "5").await.unwrap();
    app.wait_for(5).await;
}

#[tokio::test]
async fn the_in_memory_component_delivers_too() {
    let mut resources = Resources::default();
    let settings = "  - { name: initialOffset, value: oldest }\n";
    let text = RESOURCES
        .replace("pubsub.kafka", "pubsub.in-memory")
        .replace(settings, "")
        .replace("  metadata:\n---", "---");
    resources.add("resources.yaml", &text).unwrap();
    let app = Counter::default();
    let reader = App::new("reader").listening_on(serve(&app));
    let runtime = Embedded::builder(resources).app(App::new("writer")).app(reader).start().await.unwrap();
    // It begins at the newest event, so it may miss those from before it was there.
    while app.events().is_empty() {
        publish(&runtime, "again and again").await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn open_streams_do_not_hold_a_shutdown_up() {
    let runtime = Embedded::builder(resources()).app(App::new("writer")).start().await.unwrap();
    // A connection that nobody closes.
    let _channel = connect(runtime.sidecar("writer")).await;
    let start = Instant::now();
    runtime.shutdown().await;
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let app = App::new("chat").sidecar_on(address);
    let error = Embedded::builder(Resources::default()).app(app).start().await.unwrap_err();
    assert_eq!(error.to_string(), format!("the sidecar of chat cannot listen on {address}"));
}

#[tokio::test]
async fn what_is_not_imitated_says_so() {
    let runtime = Embedded::builder(Resources::default()).app(App::new("writer")).start().await.unwrap();
    let mut client = DaprClient::new(connect(runtime.sidecar("writer")).await);
    let status = client.shutdown(pb::ShutdownRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(status.message(), "the embedded runtime does not imitate Shutdown: use daprd");
}
