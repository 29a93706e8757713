//! Who is called, and what metadata the callee sees.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::trace::{self, SpanContext};

const APP_ID: HeaderName = HeaderName::from_static("dapr-app-id");
const CALLEE: HeaderName = HeaderName::from_static("dapr-callee-app-id");
const CALLER: HeaderName = HeaderName::from_static("dapr-caller-app-id");
const API_TOKEN: HeaderName = HeaderName::from_static("dapr-api-token");

/// The app-id that a call goes to: the callee before the plain one, the first of several.
pub(super) fn target(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CALLEE).or_else(|| headers.get(APP_ID))?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The app-id whose policies apply.
pub(super) fn policy_target(headers: &HeaderMap) -> Option<&str> {
    headers.get(APP_ID)?.to_str().ok()
}

/// Is the call marked as a stream?
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    let value = headers.get(super::STREAM).and_then(|value| value.to_str().ok()).unwrap_or_default();
    matches!(value.to_lowercase().as_str(), "y" | "yes" | "true" | "t" | "on" | "1")
}

/// Turns a caller's metadata into what the callee sees. Without a `caller` the call is to the caller's own app, and
/// says so by naming nobody.
pub(super) fn outgoing(
    headers: &mut HeaderMap,
    caller: Option<&str>,
    target: &str,
    span: Option<SpanContext>,
) {
    headers.remove(APP_ID);
    headers.remove(API_TOKEN);
    headers.remove(CONTENT_LENGTH);
    let Some(caller) = caller else { return };
    if let Some(span) = span {
        trace::append(headers, span);
    }
    for (name, value) in [(CALLER, caller), (CALLEE, target)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_callee_goes_before_the_app_id() {
        assert_eq!(target(&headers(&[("dapr-app-id", "a")])).as_deref(), Some("a"));
        assert_eq!(
            target(&headers(&[("dapr-app-id", "a"), ("dapr-callee-app-id", "b")])).as_deref(),
            Some("b")
        );
        assert_eq!(target(&headers(&[("x", "a")])), None);
    }

    #[test]
    fn the_callee_sees_both_ids_and_what_was_sent() {
        let mut seen = headers(&[("dapr-app-id", "b"), ("x", "1"), ("dapr-api-token", "t")]);
        outgoing(&mut seen, Some("a"), "b", None);
        let expected = headers(&[("x", "1"), ("dapr-caller-app-id", "a"), ("dapr-callee-app-id", "b")]);
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_forged_caller_comes_first() {
        let mut seen = headers(&[("dapr-app-id", "b"), ("dapr-caller-app-id", "forged")]);
        outgoing(&mut seen, Some("a"), "b", None);
        let callers: Vec<_> = seen.get_all(CALLER).iter().collect();
        assert_eq!(callers, ["forged", "a"]);
    }

    #[test]
    fn streams_are_marked_in_several_spellings() {
        for (value, expected) in [("true", true), ("1", true), ("Yes", true), ("false", false), ("", false)] {
            assert_eq!(is_stream(&headers(&[("dapr-stream", value)])), expected, "{value}");
        }
    }
}
