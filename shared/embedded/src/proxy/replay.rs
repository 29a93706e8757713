//! A request body that can be sent again: its first message is kept, and there may be no second.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;

use super::MAX_MESSAGE_BYTES;
use super::frames::Scanner;

/// daprd's words when a call with retries turns out to be a stream.
const RETRY_ON_STREAM: &str = "cannot use resiliency policies with retries on streaming RPCs";

/// The request of a guarded call, from which each attempt gets a body.
#[derive(Debug)]
pub(super) struct Replay {
    state: Arc<Mutex<State>>,
    fault: watch::Receiver<Option<Status>>,
}

#[derive(Debug)]
struct State {
    inner: Body,
    scanner: Scanner,
    /// Off: the policy has no retries, so nothing is kept.
    keep: bool,
    kept: Vec<Bytes>,
    ended: bool,
    fault: watch::Sender<Option<Status>>,
}

impl Replay {
    /// `keep` says whether there may be another attempt.
    pub(super) fn new(inner: Body, keep: bool) -> Self {
        let (sender, fault) = watch::channel(None);
        let scanner = Scanner::new(MAX_MESSAGE_BYTES);
        let state = State { inner, scanner, keep, kept: Vec::new(), ended: false, fault: sender };
        Self { state: Arc::new(Mutex::new(state)), fault }
    }

    /// The body of one attempt: what was kept, then what is still to come.
    pub(super) fn body(&self) -> Body {
        Body::new(Attempt { state: Arc::clone(&self.state), sent: 0 })
    }

    /// Resolves when the request itself is at fault, for good.
    pub(super) async fn fault(&self) -> Status {
        let mut fault = self.fault.clone();
        loop {
            if let Some(status) = fault.borrow_and_update().clone() {
                return status;
            }
            if fault.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[derive(Debug)]
struct Attempt {
    state: Arc<Mutex<State>>,
    sent: usize,
}

impl State {
    fn check(&mut self, data: &Bytes) -> Result<(), Status> {
        self.scanner.scan(data).map_err(Status::from)?;
        if self.keep && self.scanner.messages() > 1 {
            return Err(Status::failed_precondition(RETRY_ON_STREAM));
        }
        Ok(())
    }
}

impl http_body::Body for Attempt {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let mut state = this.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = state.kept.get(this.sent) {
            this.sent += 1;
            return Poll::Ready(Some(Ok(Frame::data(data.clone()))));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        let frame = match Pin::new(&mut state.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(None) => {
                state.ended = true;
                return Poll::Ready(None);
            }
            other => return other,
        };
        if let Some(data) = frame.data_ref() {
            if let Err(status) = state.check(data) {
                state.fault.send_replace(Some(status.clone()));
                return Poll::Ready(Some(Err(status)));
            }
            if state.keep {
                let data = data.clone();
                state.kept.push(data);
                this.sent += 1;
            }
        }
        Poll::Ready(Some(Ok(frame)))
    }
}
