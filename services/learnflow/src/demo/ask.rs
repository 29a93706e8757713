//! One question: asked, answered, shown.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::collector::Collector;
use crate::demo::waterfall;
use crate::http::Http;

pub(super) async fn ask(
    http: &Http,
    student: &str,
    question: &str,
    collector: Option<&Collector>,
) -> anyhow::Result<()> {
    println!("Q  {question}");
    // The trace begins here, so that all its spans can be found.
    let trace_id = Uuid::now_v7().simple().to_string();
    let span_id = &Uuid::now_v7().simple().to_string()[16..];
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::try_from(format!("00-{trace_id}-{span_id}-01"))?);

    let started = Instant::now();
    let body = json!({"student_id": student, "query": question});
    let mut answer = http.send(Method::POST, "/api/v1/query", headers, Some(&body)).await?;
    ensure!(answer.status.is_success(), "the edge answered {}: {}", answer.status, answer.body);
    if answer.status == http::StatusCode::ACCEPTED {
        answer.body = later(http, student, &answer.body).await?;
    }
    let elapsed = started.elapsed();

    if let Some(collector) = collector {
        waterfall::show(collector, &trace_id, span_id).await;
    }
    let text = answer.body["response"].as_str().unwrap_or_default();
    ensure!(!text.trim().is_empty(), "the answer is empty: {}", answer.body);
    println!(
        "A  {} · {} · confidence {} · {:.1} ms",
        word(&answer.body["agent_type"]),
        word(&answer.body["source"]),
        answer.body["confidence"],
        elapsed.as_secs_f64() * 1000.0,
    );
    for line in text.lines() {
        println!("   {line}");
    }
    println!();
    Ok(())
}

/// An answer that took longer than the edge waits comes with the history.
async fn later(http: &Http, student: &str, pending: &Value) -> anyhow::Result<Value> {
    let message_id = pending["message_id"].as_str().context("no message id")?;
    println!("   accepted as {message_id}; waiting for the answer …");
    for _ in 0..300 {
        let message = http.get(&format!("/api/v1/students/{student}/messages/{message_id}")).await?;
        if message.body["message"]["status"] == "answered" {
            return Ok(message.body["message"]["answer"].clone());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("no answer after a minute")
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
