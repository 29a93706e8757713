//! The body of a request: JSON, of bounded size, in bounded time.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value as Json;
use tokio::time::Instant;

use crate::refusal::Refusal;

/// Reads the whole body. Refuses by the headers, if they tell, before a byte is read.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    until: Instant,
) -> Result<Bytes, Refusal> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Refusal::too_large(limit));
    }
    let collected = tokio::time::timeout_at(until, Limited::new(body, limit).collect()).await;
    match collected.map_err(|_| Refusal::slow_body())? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::too_large(limit)),
        Err(error) => {
            tracing::debug!(error = %error, "body broke off");
            Err(Refusal::unreadable("the body broke off"))
        }
    }
}

/// Parses a body that a rule asks for. An empty body is an empty object, for calls whose path says it all.
///
/// The content type must be named: a browser lets any page send other types, or none, without asking first.
pub(crate) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Json, Refusal> {
    if body.is_empty() {
        return Ok(Json::Object(serde_json::Map::new()));
    }
    if !headers.get(CONTENT_TYPE).is_some_and(is_json) {
        return Err(Refusal::media_type());
    }
    serde_json::from_slice(body).map_err(|error| {
        let problem = if error.is_eof() { "ends too early" } else { "is not JSON" };
        Refusal::unreadable(format!("the body {problem} (line {}, column {})", error.line(), error.column()))
    })
}

/// `application/json` or `application/*+json`, in UTF-8.
fn is_json(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let json =
        essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"));
    json && parts.all(|part| match part.split_once('=') {
        Some(("charset", charset)) => matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_by_its_names() {
        for fine in ["application/json", "Application/JSON; charset=UTF-8", "application/problem+json"] {
            assert!(is_json(&HeaderValue::from_static(fine)), "{fine}");
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""]
        {
            assert!(!is_json(&HeaderValue::from_static(bad)), "{bad}");
        }
    }
}
