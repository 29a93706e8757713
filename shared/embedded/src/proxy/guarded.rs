//! A call under policies: attempts are made by a task of the call's own, which passes frames to the caller.
//!
//! As in daprd, an attempt that fails after some messages is made again if the policy says so, and the caller sees
//! both attempts' messages; trailers of failed attempts pile up in front of the last one's.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::{Code, Status};

use super::frames::Scanner;
use super::replay::Replay;
use super::{Callee, MAX_MESSAGE_BYTES, reply, status_of};
use crate::resiliency::{self, Failure, Policy, Rejection};

/// Why an attempt failed.
#[derive(Debug)]
struct Failed {
    status: Status,
    /// Did the callee (or the network) give the code? A timeout's is daprd's own.
    coded: bool,
    permanent: bool,
}

impl Failed {
    fn of(status: Status) -> Self {
        Self { status, coded: true, permanent: false }
    }
}

impl Failure for Failed {
    fn code(&self) -> Option<i32> {
        self.coded.then_some(self.status.code() as i32)
    }

    fn permanent(&self) -> bool {
        self.permanent
    }

    fn timed_out() -> Self {
        let status = Status::deadline_exceeded("context deadline exceeded");
        Self { status, coded: false, permanent: false }
    }

    fn rejected(rejection: Rejection) -> Self {
        Self { status: Status::unknown(rejection.message()), coded: false, permanent: true }
    }
}

type FrameSender = mpsc::Sender<Result<Frame<Bytes>, Status>>;

/// Where attempts put the response.
#[derive(Debug)]
struct Sink {
    /// Taken by the first message: headers go out once.
    head: Option<oneshot::Sender<Response<()>>>,
    frames: FrameSender,
    /// Metadata of the trailers so far.
    trailers: HeaderMap,
}

/// Runs a call under `policy`.
pub(super) async fn forward(callee: Callee, policy: Policy, request: Request<Body>) -> Response<Body> {
    let (head, first) = oneshot::channel();
    let (frames, receiver) = mpsc::channel(16);
    let sink = Sink { head: Some(head), frames, trailers: HeaderMap::new() };
    tokio::spawn(async move { drive(&callee, &policy, request, sink).await });
    let body = Body::new(StreamBody::new(ReceiverStream::new(receiver)));
    match first.await {
        Ok(head) => head.map(|()| body),
        // Not one message: the trailers are all there is.
        Err(_) => match body.collect().await.map(|body| body.trailers().cloned()) {
            Ok(Some(trailers)) => reply::trailers_only(trailers),
            Ok(None) => reply::status(&Status::unavailable("the sidecar is shutting down")),
            Err(status) => reply::status(&status),
        },
    }
}

/// Makes attempts until one succeeds or the policy gives up, or until nobody waits any more.
async fn drive(callee: &Callee, policy: &Policy, request: Request<Body>, sink: Sink) {
    let (parts, body) = request.into_parts();
    let replay = Replay::new(body, policy.has_retries());
    let gone = sink.frames.clone();
    let sink = Mutex::new(sink);
    let attempts = resiliency::run(policy, || async {
        let mut request = Request::new(replay.body());
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = parts.uri.clone();
        *request.version_mut() = parts.version;
        *request.headers_mut() = parts.headers.clone();
        let mut sink = sink.lock().await;
        tokio::select! {
            biased;
            status = replay.fault() => Err(Failed { status, coded: true, permanent: true }),
            result = attempt(callee, request, &mut sink) => result,
        }
    });
    let result = tokio::select! {
        () = gone.closed() => return,
        result = attempts => result,
    };
    let Sink { head, frames, mut trailers } = sink.into_inner();
    let status = result.err().map_or_else(|| Status::new(Code::Ok, ""), |failed| failed.status);
    append(&mut trailers, reply::trailers(&status));
    // Without a head, the response is these trailers alone.
    drop(head);
    let _ = frames.send(Ok(Frame::trailers(trailers))).await;
}

/// One attempt: messages go out as they come, the end is the result.
async fn attempt(callee: &Callee, request: Request<Body>, sink: &mut Sink) -> Result<(), Failed> {
    let (parts, mut body) = callee.call(request).await.map_err(Failed::of)?.into_parts();
    if parts.headers.contains_key(Status::GRPC_STATUS) {
        return sink.settle(&parts.headers);
    }
    let mut scanner = Scanner::new(MAX_MESSAGE_BYTES);
    let mut head = Some(Response::from_parts(parts, ()));
    loop {
        let frame = match body.frame().await {
            Some(frame) => frame.map_err(Failed::of)?,
            None => return sink.settle(&HeaderMap::new()),
        };
        match frame.into_data() {
            Ok(data) if data.is_empty() => {}
            Ok(data) => {
                scanner.scan(&data).map_err(|too_large| Failed::of(too_large.into()))?;
                if let Some((head, sender)) = head.take().zip(sink.head.take()) {
                    let _ = sender.send(head);
                }
                let _ = sink.frames.send(Ok(Frame::data(data))).await;
            }
            Err(frame) => return sink.settle(&frame.into_trailers().unwrap_or_default()),
        }
    }
}

impl Sink {
    /// Takes an attempt's trailers: their metadata is kept, their status is the attempt's result.
    fn settle(&mut self, headers: &HeaderMap) -> Result<(), Failed> {
        let mut status = status_of(headers);
        let metadata = std::mem::take(status.metadata_mut()).into_headers();
        append(&mut self.trailers, metadata);
        if status.code() == Code::Ok { Ok(()) } else { Err(Failed::of(status)) }
    }
}

fn append(to: &mut HeaderMap, from: HeaderMap) {
    let mut last = None;
    for (name, value) in from {
        last = name.or(last);
        if let Some(name) = &last
            && name != http::header::CONTENT_TYPE
        {
            to.append(name.clone(), value);
        }
    }
}

/// The guarded beginning of a stream: is anyone there to talk to?
pub(super) async fn handshake(callee: &Callee, policy: &Policy) -> Result<(), Status> {
    let policy = Policy { timeout: policy.timeout.or(Some(Duration::from_mins(1))), ..policy.clone() };
    resiliency::run(&policy, || async { callee.reachable().await.map_err(Failed::of) })
        .await
        .map_err(|failed: Failed| failed.status)
}
