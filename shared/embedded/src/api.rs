//! Dapr's own gRPC API, by method: what the platform uses. The rest answers UNIMPLEMENTED and says so.

mod error;
mod metadata;
mod publish;
mod secret;
mod state;

use std::sync::Arc;

use http::{Request, Response};
use prost::Message;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Extensions, Status};
use tonic_prost::ProstCodec;

use crate::proxy::{self, MAX_MESSAGE_BYTES};
use crate::sidecar::Sidecar;

/// The path of every method of the API begins so.
pub(crate) const SERVICE: &str = "/dapr.proto.runtime.v1.Dapr/";

/// Answers one call of the API.
pub(crate) async fn serve(sidecar: Arc<Sidecar>, method: &str, request: Request<Body>) -> Response<Body> {
    match method {
        "PublishEvent" => unary(sidecar, request, publish::event).await,
        "BulkPublishEvent" | "BulkPublishEventAlpha1" => unary(sidecar, request, publish::bulk).await,
        "GetState" => unary(sidecar, request, state::get).await,
        "GetBulkState" => unary(sidecar, request, state::get_bulk).await,
        "SaveState" => unary(sidecar, request, state::save).await,
        "DeleteState" => unary(sidecar, request, state::delete).await,
        "DeleteBulkState" => unary(sidecar, request, state::delete_bulk).await,
        "ExecuteStateTransaction" => unary(sidecar, request, state::transact).await,
        "GetSecret" => unary(sidecar, request, secret::get).await,
        "GetMetadata" => unary(sidecar, request, metadata::get).await,
        "SetMetadata" => unary(sidecar, request, metadata::set).await,
        other => proxy::status_reply(&Status::unimplemented(format!(
            "the embedded runtime does not imitate {other}: use daprd"
        ))),
    }
}

/// What a method is given: its sidecar, its request, and the headers around it.
struct Call<Q> {
    sidecar: Arc<Sidecar>,
    request: Q,
    headers: http::HeaderMap,
}

async fn unary<Q, A, H, R>(sidecar: Arc<Sidecar>, request: Request<Body>, handler: H) -> Response<Body>
where
    Q: Message + Default + Send + 'static,
    A: Message + Default + Send + 'static,
    H: Fn(Call<Q>) -> R + Clone + Send + 'static,
    R: Future<Output = Result<A, Status>> + Send + 'static,
{
    let service = tower::service_fn(move |request: tonic::Request<Q>| {
        let (metadata, _, request): (_, Extensions, _) = request.into_parts();
        let call = Call { sidecar: Arc::clone(&sidecar), request, headers: metadata.into_headers() };
        let answer = handler(call);
        async move { answer.await.map(tonic::Response::new) }
    });
    let codec = ProstCodec::<A, Q>::default();
    let mut grpc = Grpc::new(codec)
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    grpc.unary(service, request).await
}
