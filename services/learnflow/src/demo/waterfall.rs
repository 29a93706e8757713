//! The way of a question, hop by hop, from its spans.

use std::time::Duration;

use crate::collector::{Collector, Span};

/// The last thing that happens: the answer is stored.
const LAST_HOP: &str = "process learning.responses";

/// Shows the spans of a trace; waits a little for those that are still on their way here.
pub(super) async fn show(collector: &Collector, trace_id: &str, root: &str) {
    for _ in 0..40 {
        let spans = collector.trace(trace_id);
        let complete =
            spans.iter().any(|span| span.name == LAST_HOP) && spans.iter().any(|span| span.parent_id == root);
        if complete {
            // Spans of one batch come together; those of other processes are half a second behind at most.
            tokio::time::sleep(Duration::from_millis(600)).await;
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    print(&collector.trace(trace_id));
}

fn print(spans: &[Span]) {
    // Hops only: what crosses from one process to another. Steps inside a service are for its own log.
    let hops: Vec<&Span> = spans.iter().filter(|span| is_hop(span)).collect();
    let Some(first) = hops.iter().map(|span| span.start).min() else {
        println!("   (no spans arrived)");
        return;
    };
    for span in hops {
        let at = millis(span.start.saturating_sub(first));
        let took = millis(span.end.saturating_sub(span.start));
        // A sidecar calls itself by its app's name; the path that it proxies tells it from the app.
        let place = if span.name.starts_with('/') { "  daprd" } else { span.service.as_str() };
        println!("   {at:>8.1} ms  {place:<9} {:<52} {took:>8.1} ms", span.name);
    }
}

fn is_hop(span: &Span) -> bool {
    // 2 server, 3 client, 4 producer, 5 consumer (OpenTelemetry's SpanKind).
    matches!(span.kind, 2..=5)
}

fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}
