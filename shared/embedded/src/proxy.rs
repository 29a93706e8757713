//! Calls from app to app: whatever is not Dapr's own API goes to the app that the metadata names.
//!
//! Bodies are not read, only counted as they pass. Two ways lead through: [`direct`] streams, for calls without a
//! policy and for those marked `dapr-stream`; [`guarded`] runs a call under its app's timeouts, retries and
//! breakers, and may run it several times.

mod direct;
mod frames;
mod guarded;
mod metered;
mod replay;
mod reply;
mod route;

use std::sync::Arc;

use http::{HeaderMap, Request, Response};
use tonic::Status;
use tonic::body::Body;

pub(crate) use self::reply::status as status_reply;
use crate::directory::AppConnection;
use crate::sidecar::Sidecar;

/// The largest message that a sidecar passes, in bytes: daprd's `--max-body-size`.
pub(crate) const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// daprd's header for a call that is a stream: policies only guard its beginning.
const STREAM: &str = "dapr-stream";

/// Proxies one call.
pub(crate) async fn forward(sidecar: &Arc<Sidecar>, mut request: Request<Body>) -> Response<Body> {
    let Some(target) = route::target(request.headers()) else {
        return reply::status(&Status::unknown(
            "failed to proxy request: required metadata dapr-callee-app-id or dapr-app-id not found",
        ));
    };
    let remote = target != sidecar.app_id;
    // daprd looks the policy up by dapr-app-id alone, and has none for a call to itself.
    let policy = match route::policy_target(request.headers()) {
        Some(app) if remote => sidecar.policies.call(app, request.uri().path()),
        _ => crate::resiliency::Policy::default(),
    };
    let is_stream = route::is_stream(request.headers());
    let span = crate::trace::sidecar_span(request.headers(), sidecar.sampling_rate);
    let caller = remote.then_some(sidecar.app_id.as_str());
    route::outgoing(request.headers_mut(), caller, &target, span);
    let target = Callee { sidecar: Arc::clone(sidecar), app_id: target };
    if policy.is_empty() {
        return direct::forward(&target, request).await;
    }
    if is_stream {
        return match guarded::handshake(&target, &policy).await {
            Ok(()) => direct::forward(&target, request).await,
            Err(status) => reply::status(&status),
        };
    }
    guarded::forward(target, policy, request).await
}

/// The app that is called.
#[derive(Debug)]
struct Callee {
    sidecar: Arc<Sidecar>,
    app_id: String,
}

impl Callee {
    /// One of the app's replicas; for a call to itself, the caller.
    fn connection(&self) -> Result<AppConnection, Status> {
        if self.app_id == self.sidecar.app_id {
            return self.sidecar.app.clone().ok_or_else(|| Status::unknown("app channel is not initialized"));
        }
        self.sidecar.directory.pick(&self.app_id)
    }

    /// Sends a request.
    async fn call(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        self.connection()?.call(request).await
    }

    /// Is anything listening?
    async fn reachable(&self) -> Result<(), Status> {
        self.connection()?.reachable().await
    }
}

/// The status in trailers or in the headers of a trailers-only response; a missing one is a broken callee.
fn status_of(headers: &HeaderMap) -> Status {
    Status::from_header_map(headers)
        .unwrap_or_else(|| Status::internal("server closed the stream without sending trailers"))
}
