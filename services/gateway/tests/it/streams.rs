//! Server streams over HTTP.

use http::Method;
use http_body_util::Full;
use serde_json::Value as Json;

use crate::edge::Edge;

#[tokio::test]
async fn a_line_for_each_message() {
    let edge = Edge::lab().await;
    let answer = edge.get("/lab/count/3?case=camel").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/x-ndjson"));
    assert_eq!(answer.body, "{\"currentNumber\":1}\n{\"currentNumber\":2}\n{\"currentNumber\":3}\n");
}

#[tokio::test]
async fn events_for_who_accepts_them() {
    let edge = Edge::lab().await;
    let request = edge.request(&Method::GET, "/lab/count/2").header("accept", "text/event-stream");
    let answer = edge.send(request.body(Full::default()).unwrap()).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.body, "data: {\"current_number\":1}\n\ndata: {\"current_number\":2}\n\n");
}

#[tokio::test]
async fn a_failure_before_the_stream_is_a_refusal() {
    let edge = Edge::lab().await;
    let answer = edge.get("/lab/count/-1").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.refusal()["message"], "cannot count down");
}

#[tokio::test]
async fn a_failure_midway_is_the_last_line() {
    let edge = Edge::lab().await;
    let answer = edge.get("/lab/count/5?fail_after=2").await;
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[2]["error"], &lines[2]["code"]), (&Json::Bool(true), &Json::from("INTERNAL")));
    assert_eq!(lines[2]["request_id"], answer.header("x-request-id"));
    assert!(!text.contains("hunter2"));
}
