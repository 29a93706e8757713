//! A small HTTP client for the demo and the tests: one request, its JSON answer.

use std::time::Duration;

use anyhow::Context as _;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A client of a gateway.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client<HttpConnector, Full<tonic::codegen::Bytes>>,
    base: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; text that is none becomes a JSON string.
    pub body: Value,
}

impl Http {
    /// A client of the gateway at `base`, such as `http://127.0.0.1:8180`.
    pub fn new(base: impl Into<String>) -> Self {
        let base = base.into().trim_end_matches('/').to_owned();
        Self { client: Client::builder(TokioExecutor::new()).build_http(), base }
    }

    /// Sends a request; `body` as JSON.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let uri: Uri = format!("{}{path}", self.base).parse().context("not an address")?;
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(target) = request.headers_mut() {
            *target = headers;
            if body.is_some() {
                target.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
            }
        }
        let request = request.body(Full::from(body.map(Value::to_string).unwrap_or_default()))?;
        let response = tokio::time::timeout(Duration::from_secs(15), self.client.request(request))
            .await
            .context("no answer in 15 s")?
            .with_context(|| format!("{} cannot be reached", self.base))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.context("the answer broke off")?.to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Ok(Answer { status, headers, body })
    }

    /// GET.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, HeaderMap::new(), None).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, HeaderMap::new(), Some(body)).await
    }
}
