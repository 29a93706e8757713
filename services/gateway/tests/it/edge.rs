//! A gateway on a free port, and a client for it.

use std::net::SocketAddr;
use std::sync::Once;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use learnflow_dapr::{Sidecar, SidecarConfig};
use learnflow_gateway::{App, Config, Deps};
use learnflow_runtime::{Shutdown, Vars};
use opentelemetry::trace::TracerProvider as _;
use prost_reflect::DescriptorPool;
use serde_json::Value as Json;
use tokio::task::JoinHandle;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::standin::{StandIn, lab_pool};

/// The gateway, what stands behind it, and a client.
pub(crate) struct Edge {
    pub(crate) address: SocketAddr,
    pub(crate) behind: StandIn,
    pub(crate) shutdown: Shutdown,
    pub(crate) running: JoinHandle<()>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body of a refusal, checked for its shape.
    pub(crate) fn refusal(&self) -> Json {
        let json = self.json();
        assert_eq!(json["error"], true, "{json}");
        assert!(
            json["code"].is_string() && json["message"].is_string() && json["timestamp"].is_string(),
            "{json}"
        );
        assert_eq!(json["request_id"], self.header("x-request-id"), "{json}");
        assert_eq!(self.header("content-type"), "application/json");
        json
    }

    /// The fields that a refusal names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let json = self.refusal();
        let details = json["details"].as_array().cloned().unwrap_or_default();
        details.iter().map(|detail| detail["field"].as_str().unwrap().to_owned()).collect()
    }
}

impl Edge {
    /// With the real contracts.
    pub(crate) async fn start() -> Self {
        Self::with(learnflow_wire::descriptor_pool(), Vars::default()).await
    }

    /// With the contract of `tests/proto`.
    pub(crate) async fn lab() -> Self {
        Self::with(&lab_pool(), Vars::default()).await
    }

    pub(crate) async fn with(pool: &DescriptorPool, vars: Vars) -> Self {
        let behind = StandIn::start().await;
        Self::before(behind, pool, vars).await
    }

    /// In front of something that may not answer.
    pub(crate) async fn before(behind: StandIn, pool: &DescriptorPool, vars: Vars) -> Self {
        trace();
        let config = Config::from_env(&vars.with("LEARNFLOW_LISTEN", "127.0.0.1:0")).unwrap();
        let sidecar = Sidecar::new(&SidecarConfig::new(format!("http://{}", behind.address))).unwrap();
        let app = App::bind(config, pool, Deps::through(&sidecar)).await.unwrap();
        let address = app.address().unwrap();
        let shutdown = Shutdown::new();
        let running = tokio::spawn(app.run(shutdown.clone()));
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { address, behind, shutdown, running, client }
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let waiting = tokio::time::timeout(Duration::from_secs(20), self.client.request(request));
        let (parts, body) = waiting.await.expect("an answer in 20 s").unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) fn request(&self, method: &Method, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(&Method::GET, path).body(Full::default()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, json: Json) -> Answer {
        self.post_bytes(path, "application/json", json.to_string()).await
    }

    pub(crate) async fn post_bytes(&self, path: &str, content_type: &str, body: impl Into<Bytes>) -> Answer {
        let request = self.request(&Method::POST, path).header("content-type", content_type);
        self.send(request.body(Full::new(body.into())).unwrap()).await
    }
}

/// Spans with ids, as in production, exported nowhere.
fn trace() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        opentelemetry::global::set_text_map_propagator(
            opentelemetry_sdk::propagation::TraceContextPropagator::new(),
        );
        let tracer = opentelemetry_sdk::trace::SdkTracerProvider::builder().build().tracer("it");
        // The transport's own spans would cost more than everything else.
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_filter(LevelFilter::INFO);
        tracing_subscriber::registry().with(layer).init();
    });
}
