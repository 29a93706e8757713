//! Server streams: a line of JSON for each message, or server-sent events if the client accepts them.
//!
//! A stream that fails midway ends with the error's body as its last line, or as an event named `error`; the status
//! line was sent long before.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use prost_reflect::DynamicMessage;
use tonic::Streaming;

use super::Contracts;
use super::binding::Binding;
use super::casing::Case;
use super::encode::Style;
use crate::refusal::Refusal;

/// Proxies close connections that are silent for longer, often after 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How the messages of a stream are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Lines,
    Events,
}

impl Framing {
    fn accepted(headers: &HeaderMap) -> Self {
        let accepts =
            |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains("text/event-stream"));
        if headers.get_all(ACCEPT).iter().any(accepts) { Self::Events } else { Self::Lines }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Lines => "application/x-ndjson",
            Self::Events => "text/event-stream",
        })
    }

    /// JSON as serde_json writes it holds no line break, so it needs no escaping in either form.
    fn frame(self, json: &[u8], failed: bool) -> Bytes {
        let (before, after): (&[u8], &[u8]) = match (self, failed) {
            (Self::Lines, _) => (b"", b"\n"),
            (Self::Events, false) => (b"data: ", b"\n\n"),
            (Self::Events, true) => (b"event: error\ndata: ", b"\n\n"),
        };
        [before, json, after].concat().into()
    }

    fn keep_alive(self) -> Bytes {
        Bytes::from_static(match self {
            Self::Lines => b"\n",
            Self::Events => b":\n\n",
        })
    }
}

struct State {
    messages: Streaming<DynamicMessage>,
    contracts: Arc<Contracts>,
    binding: Binding,
    case: Case,
    framing: Framing,
    request_id: String,
}

/// The response that writes messages as they come. When the client goes away, the call is cancelled.
pub(crate) fn response(
    messages: Streaming<DynamicMessage>,
    contracts: Arc<Contracts>,
    binding: Binding,
    case: Case,
    headers: &HeaderMap,
) -> Response {
    let framing = Framing::accepted(headers);
    let request_id = crate::edge::request_id::of(headers).to_owned();
    let state = State { messages, contracts, binding, case, framing, request_id };
    let frames = stream::unfold(Some(state), |state| async move {
        let mut state = state?;
        let (frame, goes_on) = state.next().await?;
        Some((Ok::<_, Infallible>(frame), goes_on.then_some(state)))
    });
    let mut response = Response::new(Body::from_stream(frames));
    response.headers_mut().insert(CONTENT_TYPE, framing.content_type());
    response
}

impl State {
    /// The next frame, and whether the stream goes on after it; `None` at its end.
    async fn next(&mut self) -> Option<(Bytes, bool)> {
        let Ok(message) = tokio::time::timeout(KEEP_ALIVE, self.messages.message()).await else {
            return Some((self.framing.keep_alive(), true));
        };
        let written = match message {
            Ok(None) => return None,
            Ok(Some(message)) => {
                let style = Style { words: &self.contracts.words, case: self.case };
                style.write(&message, self.binding.response_field.as_ref()).map_err(|_| Refusal::internal())
            }
            Err(status) => Err(Refusal::from(status)),
        };
        Some(match written {
            Ok(json) => (self.framing.frame(&json, false), true),
            Err(refusal) => (self.framing.frame(&refusal.body(&self.request_id), true), false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames() {
        assert_eq!(Framing::Lines.frame(b"{}", false), "{}\n");
        assert_eq!(Framing::Events.frame(b"{}", false), "data: {}\n\n");
        assert_eq!(Framing::Events.frame(b"{}", true), "event: error\ndata: {}\n\n");
    }
}
