//! One trace for one question, with correct parents, from the edge to the last event.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use http::{HeaderMap, HeaderValue, Method};
use learnflow::collector::Span;
use serde_json::json;
use uuid::Uuid;

use crate::answers::student;
use crate::target::Target;

/// Hops in the order in which each must be under the one before.
const HOPS: [(&str, &str); 8] = [
    ("gateway", "POST /api/v1/query"),
    ("chat", "learnflow.chat.v1.ChatService/Query"),
    ("chat", "publish learning.requests"),
    ("triage", "process learning.requests"),
    ("triage", "publish concepts.requests"),
    ("concepts", "process concepts.requests"),
    ("concepts", "publish learning.responses"),
    ("chat", "process learning.responses"),
];

pub(crate) async fn one_trace_from_the_edge_to_the_last_event(target: Arc<Target>) -> anyhow::Result<()> {
    let trace_id = Uuid::now_v7().simple().to_string();
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::try_from(format!("00-{trace_id}-b7ad6b7169203331-01"))?);
    let body = json!({"student_id": student("maya"), "query": "What is a tuple?"});
    let answer = target.http.send(Method::POST, "/api/v1/query", headers, Some(&body)).await?;
    ensure!(answer.status == 200, "{}", answer.body);

    let mut missing = String::new();
    for _ in 0..60 {
        let spans = target.collector.trace(&trace_id);
        match check(&spans) {
            Ok(()) => return Ok(()),
            Err(reason) => missing = format!("{reason:#}; spans: {}", describe(&spans)),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!(missing)
}

fn check(spans: &[Span]) -> anyhow::Result<()> {
    let by_id: BTreeMap<&str, &Span> = spans.iter().map(|span| (span.span_id.as_str(), span)).collect();
    let mut above: Option<&Span> = None;
    for (service, name) in HOPS {
        let found = spans.iter().filter(|span| span.service == service && span.name == name);
        let hop = found.into_iter().next().with_context(|| format!("{service} has no span {name:?}"))?;
        match above {
            // The edge continues the caller's trace.
            None => {
                ensure!(hop.parent_id == "b7ad6b7169203331", "{name:?} has the parent {:?}", hop.parent_id);
            }
            Some(above) => {
                ensure!(descends(hop, above, &by_id), "{service} {name:?} is not under {:?}", above.name);
            }
        }
        above = Some(hop);
    }
    Ok(())
}

/// Whether `span` is below `above`, with every span between them in the same trace: a sidecar's, or a step's.
fn descends(span: &Span, above: &Span, by_id: &BTreeMap<&str, &Span>) -> bool {
    let mut current = span;
    for _ in 0..20 {
        if current.parent_id == above.span_id {
            return true;
        }
        match by_id.get(current.parent_id.as_str()) {
            Some(parent) => current = parent,
            None => return false,
        }
    }
    false
}

fn describe(spans: &[Span]) -> String {
    let lines: Vec<String> = spans
        .iter()
        .map(|span| format!("{} {:?} {} under {}", span.service, span.name, span.span_id, span.parent_id))
        .collect();
    lines.join("\n  ")
}
