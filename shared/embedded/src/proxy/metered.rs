//! A request body on its way to the callee: passed on as it comes, and stopped at the first message that is too
//! large.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::oneshot;
use tonic::Status;
use tonic::body::Body;

use super::frames::Scanner;

/// A body that tells a fault to whoever waits for the response.
#[derive(Debug)]
pub(super) struct Metered {
    inner: Body,
    scanner: Scanner,
    fault: Option<oneshot::Sender<Status>>,
}

/// Resolves when the request is at fault; never, otherwise.
pub(super) type Fault = oneshot::Receiver<Status>;

impl Metered {
    pub(super) fn new(inner: Body, limit: usize) -> (Self, Fault) {
        let (fault, receiver) = oneshot::channel();
        (Self { inner, scanner: Scanner::new(limit), fault: Some(fault) }, receiver)
    }
}

impl http_body::Body for Metered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
            && let Err(too_large) = this.scanner.scan(data)
        {
            let status = Status::from(too_large);
            if let Some(fault) = this.fault.take() {
                // Nobody waits any more when the call has already ended.
                let _ = fault.send(status.clone());
            }
            return Poll::Ready(Some(Err(status)));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Waits for a fault that may never come.
pub(super) async fn fault_of(fault: &mut Fault) -> Status {
    // Over once and for all: a receiver must not be polled again.
    if fault.is_terminated() {
        return std::future::pending().await;
    }
    match fault.await {
        Ok(status) => status,
        Err(_) => std::future::pending().await,
    }
}
