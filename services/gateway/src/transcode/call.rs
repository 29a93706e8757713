//! The gRPC call: metadata, deadline, and what comes back.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use prost_reflect::DynamicMessage;
use tokio::time::Instant;
use tonic::client::Grpc;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::{Response, Status, Streaming};

use super::Target;
use super::binding::Rpc;
use super::codec::DynamicCodec;

/// Headers of the client that become metadata; no others do, so that nobody can pose as a sidecar.
const FORWARDED: [&str; 4] = ["authorization", "x-request-id", "traceparent", "tracestate"];

/// By this metadata a service chooses another success than 200, such as 202.
const HTTP_CODE: &str = "x-http-code";

/// Both sidecars and tonic's decoder refuse larger messages.
const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// A call that is ready to be made.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) rpc: &'a Rpc,
    pub(crate) target: Target,
    pub(crate) headers: &'a HeaderMap,
    /// When the answer, or the head of a stream, is no longer waited for.
    pub(crate) until: Instant,
}

impl Call<'_> {
    /// One message, one answer, and the status that it goes out with.
    pub(crate) async fn unary(self, message: DynamicMessage) -> Result<(DynamicMessage, StatusCode), Status> {
        let until = self.until;
        let timeout = until.saturating_duration_since(Instant::now());
        let mut request = self.request(message)?;
        request.set_timeout(timeout);
        let (mut grpc, path, codec) = self.client();
        let call = async {
            grpc.ready().await?;
            grpc.unary(request, path, codec).await
        };
        let response = tokio::time::timeout_at(until, call).await.map_err(|_| late(timeout))??;
        let status = http_code(&response);
        Ok((response.into_inner(), status))
    }

    /// One message, a stream of answers. The deadline is that of the stream's head; the stream itself may be long.
    pub(crate) async fn stream(self, message: DynamicMessage) -> Result<Streaming<DynamicMessage>, Status> {
        let until = self.until;
        let request = self.request(message)?;
        let (mut grpc, path, codec) = self.client();
        let call = async {
            grpc.ready().await?;
            grpc.server_streaming(request, path, codec).await
        };
        let timeout = until.saturating_duration_since(Instant::now());
        let response = tokio::time::timeout_at(until, call).await.map_err(|_| late(timeout))??;
        Ok(response.into_inner())
    }

    fn client(self) -> (Grpc<Target>, http::uri::PathAndQuery, DynamicCodec) {
        let grpc = Grpc::new(self.target).max_decoding_message_size(MAX_MESSAGE_BYTES);
        (grpc, self.rpc.path.clone(), DynamicCodec::new(self.rpc.method.output()))
    }

    fn request(&self, message: DynamicMessage) -> Result<tonic::Request<DynamicMessage>, Status> {
        let mut request = tonic::Request::new(message);
        for name in FORWARDED {
            let Some(value) = self.headers.get(name) else { continue };
            let value = MetadataValue::<Ascii>::try_from(value.as_bytes());
            match value {
                Ok(value) => drop(request.metadata_mut().insert(name, value)),
                Err(_) if name == "authorization" => {
                    return Err(Status::unauthenticated("the token cannot be read"));
                }
                Err(_) => {}
            }
        }
        Ok(request)
    }
}

fn late(timeout: Duration) -> Status {
    tracing::debug!(timeout_ms = timeout.as_millis() as u64, "no answer in time");
    Status::deadline_exceeded("no answer in time")
}

fn http_code(response: &Response<DynamicMessage>) -> StatusCode {
    let chosen = |metadata: &MetadataMap| StatusCode::from_bytes(metadata.get(HTTP_CODE)?.as_bytes()).ok();
    chosen(response.metadata()).filter(StatusCode::is_success).unwrap_or(StatusCode::OK)
}
