//! The way from a typed client through the sidecar to another service.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use prost::Message as _;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::call::{format_timeout, parse_timeout};

/// A `tower` service for generated clients. One layer does all that a call needs: the app-id, the mark of streaming
/// methods, a deadline, the trace, the caller's token and request id; and it gives the sidecar's own failures the code
/// that they deserve.
#[derive(Clone, Debug)]
pub struct AppChannel {
    channel: Channel,
    app_id: HeaderValue,
    streaming: Arc<HashSet<String>>,
    api_token: Option<AsciiMetadataValue>,
    default_deadline: Duration,
}

impl AppChannel {
    pub(crate) fn new(
        channel: Channel,
        app_id: &'static str,
        descriptors: &[u8],
        api_token: Option<AsciiMetadataValue>,
        default_deadline: Duration,
    ) -> Self {
        Self {
            channel,
            app_id: HeaderValue::from_static(app_id),
            streaming: Arc::new(streaming_methods(descriptors)),
            api_token,
            default_deadline,
        }
    }

    fn prepare(&self, path: &str, headers: &mut HeaderMap) {
        strip_dapr(headers);
        headers.insert("dapr-app-id", self.app_id.clone());
        let streams = self.streaming.contains(path);
        if streams {
            headers.insert("dapr-stream", HeaderValue::from_static("true"));
        }
        if let Some(token) = self.api_token.as_ref().and_then(|token| token.as_bytes().try_into().ok()) {
            headers.insert("dapr-api-token", token);
        }

        let call = crate::current_call();
        let own = headers.get("grpc-timeout").and_then(|value| value.to_str().ok()).and_then(parse_timeout);
        let inherited = call.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let fallback = (!streams).then_some(self.default_deadline);
        if let Some(timeout) = [own.or(fallback), inherited].into_iter().flatten().min()
            && let Ok(value) = HeaderValue::try_from(format_timeout(timeout))
        {
            headers.insert("grpc-timeout", value);
        }
        for (name, value) in [("authorization", call.authorization), ("x-request-id", call.request_id)] {
            if let Some(value) = value
                && !headers.contains_key(name)
            {
                headers.insert(name, value);
            }
        }
        let context = tracing::Span::current().context();
        opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&context, &mut HeaderInjector(headers));
        });
    }
}

impl tower::Service<Request<Body>> for AppChannel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context).map_err(|error| unreachable_sidecar(&error))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        self.prepare(&path, request.headers_mut());
        let response = self.channel.call(request);
        Box::pin(async move {
            match response.await {
                Ok(mut response) => {
                    translate(response.headers_mut());
                    Ok(response)
                }
                Err(error) => Err(unreachable_sidecar(&error)),
            }
        })
    }
}

/// The transport's failure as a status. tonic reports its own time-out here too.
fn unreachable_sidecar(error: &tonic::transport::Error) -> Status {
    let text = chain(error);
    if text.contains("Timeout expired") || text.contains("deadline") {
        return Status::deadline_exceeded("no answer in time");
    }
    tracing::debug!(error = %text, "sidecar unreachable");
    Status::unavailable("sidecar unreachable")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// daprd answers UNKNOWN where a caller wants UNAVAILABLE: an app that it cannot find or reach, an open breaker.
/// Such answers consist of headers alone, so they can be told apart from an application's.
fn translate(headers: &mut HeaderMap) {
    const SIGNS: [&str; 7] = [
        "name resolution",
        "timeout waiting for address",
        "failed to resolve",
        "couldn't find service",
        "circuit breaker is open",
        "error invoking service",
        "failed to invoke",
    ];
    if headers.get("grpc-status").is_none_or(|status| status != "2") {
        return;
    }
    let message = headers.get("grpc-message").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let decoded = message.replace("%20", " ").replace("%27", "'");
    if SIGNS.iter().any(|sign| decoded.contains(sign)) {
        tracing::debug!(sidecar.message = %decoded, "sidecar could not reach the service");
        headers.insert("grpc-status", HeaderValue::from(Code::Unavailable as i32));
        headers.insert("grpc-message", HeaderValue::from_static("service unreachable"));
    }
}

/// Inbound `dapr-*` metadata that is passed on would send the call back to where it came from.
fn strip_dapr(headers: &mut HeaderMap) {
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("dapr-")).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// `/package.Service/Method` of every method that streams either way.
fn streaming_methods(descriptors: &[u8]) -> HashSet<String> {
    let Ok(set) = prost_types::FileDescriptorSet::decode(descriptors) else { return HashSet::new() };
    let mut paths = HashSet::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                if method.client_streaming() || method.server_streaming() {
                    paths.insert(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
                }
            }
        }
    }
    paths
}

struct HeaderInjector<'a>(&'a mut HeaderMap);

impl opentelemetry::propagation::Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_what_would_loop() {
        let mut headers = HeaderMap::new();
        headers.insert("dapr-app-id", HeaderValue::from_static("chat"));
        headers.insert("dapr-callee-app-id", HeaderValue::from_static("chat"));
        headers.insert("x-request-id", HeaderValue::from_static("r"));
        strip_dapr(&mut headers);
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn the_sidecars_unknown_becomes_unavailable() {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from_static("2"));
        headers.insert(
            "grpc-message",
            HeaderValue::from_static("timeout%20waiting%20for%20address%20for%20app%20id%20nobody"),
        );
        translate(&mut headers);
        assert_eq!(headers["grpc-status"], "14");
    }

    #[test]
    fn an_applications_unknown_stays() {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from_static("2"));
        headers.insert("grpc-message", HeaderValue::from_static("odd"));
        translate(&mut headers);
        assert_eq!(headers["grpc-status"], "2");
    }
}
