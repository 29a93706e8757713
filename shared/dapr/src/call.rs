//! What one inbound call hands on to the calls that it causes.

use std::future::Future;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

tokio::task_local! {
    static CURRENT: CallContext;
}

/// The parts of an inbound call that travel on: who is asking, under which request id, until when.
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    /// `authorization`, as it came.
    pub authorization: Option<HeaderValue>,
    /// `x-request-id`, as it came.
    pub request_id: Option<HeaderValue>,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
}

impl CallContext {
    /// Reads the context off a call's metadata.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let timeout =
            headers.get("grpc-timeout").and_then(|value| value.to_str().ok()).and_then(parse_timeout);
        Self {
            authorization: headers.get(http::header::AUTHORIZATION).cloned(),
            request_id: headers.get("x-request-id").cloned(),
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        }
    }

    /// The request id as text; empty for none.
    pub fn request_id_str(&self) -> &str {
        self.request_id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default()
    }

    /// Runs `future` with this context as the current one.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }
}

/// The context of the call being served; empty outside of one.
pub fn current() -> CallContext {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// `grpc-timeout`: up to eight digits and a unit (gRPC over HTTP/2, "Timeout").
pub(crate) fn parse_timeout(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    Some(match unit {
        'H' => Duration::from_secs(value * 3600),
        'M' => Duration::from_secs(value * 60),
        'S' => Duration::from_secs(value),
        'm' => Duration::from_millis(value),
        'u' => Duration::from_micros(value),
        'n' => Duration::from_nanos(value),
        _ => return None,
    })
}

/// The other way; rounded up to a whole millisecond, so that a short deadline does not become none.
pub(crate) fn format_timeout(timeout: Duration) -> String {
    let millis = timeout.as_micros().div_ceil(1000);
    if millis <= 99_999_999 { format!("{millis}m") } else { format!("{}S", (millis / 1000).min(99_999_999)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_read_and_write() {
        assert_eq!(parse_timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse_timeout("1H"), Some(Duration::from_hours(1)));
        for bad in ["", "m", "123456789S", "-1S", "1x", "1é"] {
            assert_eq!(parse_timeout(bad), None, "{bad}");
        }
        assert_eq!(format_timeout(Duration::from_micros(1)), "1m");
        assert_eq!(parse_timeout(&format_timeout(Duration::from_hours(8760))).unwrap().as_secs(), 31_536_000);
    }

    #[tokio::test]
    async fn the_context_is_that_of_the_call() {
        assert_eq!(current().request_id_str(), "");
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", HeaderValue::from_static("r-1"));
        CallContext::from_headers(&headers)
            .scope(async { assert_eq!(current().request_id_str(), "r-1") })
            .await;
    }
}
