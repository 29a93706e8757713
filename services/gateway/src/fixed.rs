//! The gateway's own routes: `/health`, `/ready`, `/services`, `/openapi.json`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use learnflow_runtime::{Health, Shutdown};
use serde_json::{Value as Json, json};

use crate::refusal::Refusal;
use crate::transcode::Contracts;
use crate::{openapi, services};

/// How often the needs of `/ready` are asked.
const PERIOD: Duration = Duration::from_secs(1);

const JSON: [(HeaderName, HeaderValue); 1] = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];

/// The routes; what the contracts say of themselves is written once, here.
pub(crate) fn routes(contracts: &Arc<Contracts>, health: Health) -> Router {
    Router::new()
        .route("/health", document(&json!({"status": "ok"})))
        .route("/ready", get(ready).with_state(health).fallback(only_get))
        .route("/services", document(&services::document(contracts)))
        .route("/openapi.json", document(&openapi::document(contracts)))
}

/// Asks the needs again and again until asked to stop; from then on `/ready` says no.
pub(crate) async fn watch(health: Health, shutdown: Shutdown) {
    while !shutdown.is_started() {
        health.ask().await;
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = shutdown.started() => {}
        }
    }
    health.drain();
}

async fn ready(State(health): State<Health>) -> Response {
    match health.ready() {
        Ok(()) => (JSON, json!({"status": "ready"}).to_string()).into_response(),
        Err(reason) => Refusal::not_ready(reason).into_response(),
    }
}

fn document<S: Clone + Send + Sync + 'static>(json: &Json) -> MethodRouter<S> {
    let text = Bytes::from(json.to_string());
    get(async move || (JSON, text.clone())).fallback(only_get)
}

async fn only_get() -> Response {
    Refusal::method(vec![Method::GET, Method::HEAD]).into_response()
}
