//! A call streamed through, once.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tonic::Status;
use tonic::body::Body;

use super::frames::Scanner;
use super::metered::{Fault, Metered, fault_of};
use super::{Callee, MAX_MESSAGE_BYTES, reply, status_of};

/// Sends a request and streams the response back.
pub(super) async fn forward(callee: &Callee, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (body, mut fault) = Metered::new(body, MAX_MESSAGE_BYTES);
    let request = Request::from_parts(parts, Body::new(body));
    let response = tokio::select! {
        biased;
        status = fault_of(&mut fault) => return reply::status(&status),
        response = callee.call(request) => response,
    };
    match response {
        Ok(response) => relay(response, fault).await,
        Err(status) => reply::status(&status),
    }
}

/// Passes a response on. Its headers wait for its first message, as daprd's do: with an error instead of a message,
/// initial metadata is lost.
async fn relay(response: Response<Body>, mut fault: Fault) -> Response<Body> {
    let (parts, mut body) = response.into_parts();
    if parts.headers.contains_key(Status::GRPC_STATUS) {
        return reply::trailers_only(parts.headers);
    }
    let first = loop {
        let frame = tokio::select! {
            biased;
            status = fault_of(&mut fault) => return reply::status(&status),
            frame = body.frame() => frame,
        };
        match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => break data,
                Err(frame) => return reply::trailers_only(frame.into_trailers().unwrap_or_default()),
            },
            Some(Err(status)) => return reply::status(&status),
            None => return reply::status(&status_of(&parts.headers)),
        }
    };
    let mut scanner = Scanner::new(MAX_MESSAGE_BYTES);
    if let Err(too_large) = scanner.scan(&first) {
        return reply::status(&too_large.into());
    }
    let relay = Relay { first: Some(first), inner: Some(body), scanner, fault };
    Response::from_parts(parts, Body::new(relay))
}

/// A response body: passed on as it comes, ended with a status of the sidecar's own when either side is at fault.
#[derive(Debug)]
struct Relay {
    first: Option<Bytes>,
    /// Gone once the trailers have been passed.
    inner: Option<Body>,
    scanner: Scanner,
    fault: Fault,
}

impl Relay {
    fn end(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.inner = None;
        Poll::Ready(Some(Ok(Frame::trailers(reply::trailers(status)))))
    }
}

impl http_body::Body for Relay {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        if !this.fault.is_terminated()
            && let Poll::Ready(Ok(status)) = Pin::new(&mut this.fault).poll(cx)
        {
            return this.end(&status);
        }
        let frame = match Pin::new(inner).poll_frame(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(Some(Err(status))) => return this.end(&status),
            Poll::Ready(None) => return this.end(&status_of(&http::HeaderMap::new())),
        };
        match frame.data_ref().map(|data| this.scanner.scan(data)) {
            Some(Err(too_large)) => this.end(&too_large.into()),
            Some(Ok(())) => Poll::Ready(Some(Ok(frame))),
            None => {
                this.inner = None;
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }
}
