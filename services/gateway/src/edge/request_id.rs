//! `X-Request-ID`: the client's if it is sound, else a new one; on every answer, in every refusal, and in the metadata
//! of the call.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use crate::refusal;

/// The header's name.
pub(crate) const NAME: &str = "x-request-id";

/// Longer ids are replaced: they travel in every log line, event and span.
const LONGEST: usize = 128;

/// The layer.
pub(crate) async fn apply(mut request: Request, next: Next) -> Response {
    let sound = request.headers().get(NAME).filter(|value| is_sound(value)).cloned();
    let id = sound.unwrap_or_else(generate);
    request.headers_mut().insert(NAME, id.clone());
    let response = next.run(request).await;
    let mut response = refusal::finish(response, id.to_str().unwrap_or_default());
    response.headers_mut().insert(NAME, id);
    response
}

/// The id of a request below the layer.
pub(crate) fn of(headers: &HeaderMap) -> &str {
    headers.get(NAME).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Letters, digits and `-_.:/+=~`: safe in logs, metadata and addresses.
fn is_sound(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=~".contains(byte);
    (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(fine)
}

fn generate() -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let text = Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_ids_are_kept() {
        let is_sound = |text: &str| is_sound(&HeaderValue::from_str(text).unwrap());
        assert!(is_sound("0199d3a2-1c2b-7e70-a1b2-c3d4e5f60718"));
        assert!(is_sound("Root=1-67891233-abcdef012345678912345678"));
        assert!(is_sound(&"x".repeat(128)));
        for bad in ["", "a b", "a\"b", "a;b", "a,b", "{}", "é"] {
            assert!(!is_sound(bad), "{bad}");
        }
        assert!(!is_sound(&"x".repeat(129)));
    }
}
