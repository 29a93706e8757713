//! The trace context that a sidecar hands on: W3C `traceparent`, and gRPC's older `grpc-trace-bin`.
//!
//! With tracing off, which is daprd's default, metadata passes as it is. With tracing on, each sidecar is a span of
//! its own between caller and callee: same trace, new span id, appended after what the caller sent.

use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::metadata::{BinaryMetadataValue, MetadataMap};

/// W3C trace context.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// The binary form, which daprd prefers when both are there.
const TRACE_BIN: &str = "grpc-trace-bin";

/// A span's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SpanContext {
    trace: u128,
    span: u64,
    sampled: bool,
}

impl SpanContext {
    /// From incoming metadata.
    fn incoming(headers: &HeaderMap) -> Option<Self> {
        if let Some(binary) = headers.get(TRACE_BIN) {
            let mut metadata = HeaderMap::new();
            metadata.insert(TRACE_BIN, binary.clone());
            let bytes = MetadataMap::from_headers(metadata).get_bin(TRACE_BIN)?.to_bytes().ok()?;
            return Self::from_binary(&bytes);
        }
        Self::parse(headers.get(TRACEPARENT)?.to_str().ok()?)
    }

    /// Reads a `traceparent`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let lengths = [version.len(), trace.len(), span.len(), flags.len()];
        if lengths != [2, 32, 16, 2] || version == "ff" {
            return None;
        }
        let this = Self {
            trace: u128::from_str_radix(trace, 16).ok()?,
            span: u64::from_str_radix(span, 16).ok()?,
            sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        };
        (this.trace != 0 && this.span != 0).then_some(this)
    }

    fn from_binary(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < 29 || [bytes[0], bytes[1], bytes[18], bytes[27]] != [0, 0, 1, 2] {
            return None;
        }
        Some(Self {
            trace: u128::from_be_bytes(bytes[2..18].try_into().ok()?),
            span: u64::from_be_bytes(bytes[19..27].try_into().ok()?),
            sampled: bytes[28] & 1 == 1,
        })
    }

    /// Version, then each field behind its number.
    fn to_binary(self) -> Vec<u8> {
        let mut bytes = vec![0, 0];
        bytes.extend(self.trace.to_be_bytes());
        bytes.push(1);
        bytes.extend(self.span.to_be_bytes());
        bytes.extend([2, u8::from(self.sampled)]);
        bytes
    }

    /// A child of `parent`, or a new trace of which a share of `rate` is sampled.
    pub(crate) fn child(parent: Option<Self>, rate: f64) -> Self {
        let span = rand::random::<u64>() | 1;
        match parent {
            Some(parent) => Self { span, ..parent },
            None => Self { trace: rand::random::<u128>() | 1, span, sampled: rand::random::<f64>() < rate },
        }
    }
}

impl std::fmt::Display for SpanContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// The sidecar's own span for a request with these headers; `None` with tracing off.
pub(crate) fn sidecar_span(headers: &HeaderMap, rate: f64) -> Option<SpanContext> {
    (rate > 0.0).then(|| SpanContext::child(SpanContext::incoming(headers), rate))
}

/// Appends a span in both forms, after those that are there.
pub(crate) fn append(headers: &mut HeaderMap, span: SpanContext) {
    let binary = BinaryMetadataValue::from_bytes(&span.to_binary());
    for (name, value) in [(TRACEPARENT, span.to_string().as_bytes()), (TRACE_BIN, binary.as_encoded_bytes())]
    {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn text_and_binary_are_two_ways_to_say_the_same() {
        let context = SpanContext::parse(PARENT).unwrap();
        assert_eq!(context.to_string(), PARENT);
        assert_eq!(SpanContext::from_binary(&context.to_binary()), Some(context));
    }

    #[test]
    fn refuses_what_is_no_trace() {
        for text in ["", "00-1-2-3", &PARENT.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32))] {
            assert_eq!(SpanContext::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_child_stays_in_its_trace() {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_static(PARENT));
        let parent = SpanContext::parse(PARENT).unwrap();
        let child = sidecar_span(&headers, 1.0).unwrap();
        assert!(child.trace == parent.trace && child.span != parent.span && child.sampled);
        append(&mut headers, child);
        let values: Vec<_> = headers.get_all(TRACEPARENT).iter().collect();
        assert_eq!(values, [PARENT, &child.to_string()]);
    }

    #[test]
    fn with_tracing_off_there_is_no_span() {
        assert_eq!(sidecar_span(&HeaderMap::new(), 0.0), None);
    }
}
