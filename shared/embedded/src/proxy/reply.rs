//! Responses that a sidecar makes itself.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::GRPC_CONTENT_TYPE;

/// A response that is only a status.
pub(crate) fn status(status: &Status) -> Response<Body> {
    trailers_only(trailers(status))
}

/// A response of trailers alone. Whatever the callee sent as initial metadata is lost, as it is in daprd.
pub(super) fn trailers_only(trailers: HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = trailers;
    response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
    response
}

/// The trailers that say `status`, with its metadata.
pub(super) fn trailers(status: &Status) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Err(status) = status.add_header(&mut headers) {
        headers.insert(Status::GRPC_STATUS, HeaderValue::from(status.code() as i32));
    }
    headers
}
