//! snake_case and camelCase, both ways.

use http::Method;
use http_body_util::Full;
use serde_json::json;

use crate::edge::Edge;

#[tokio::test]
async fn bodies_may_be_in_either() {
    let edge = Edge::start().await;
    for body in [
        json!({"studentId": "maya", "query": "why?", "queryType": "code-review", "context": {"exerciseId": "e", "code": "x"}}),
        json!({"student_id": "maya", "query": "why?", "query_type": "review", "context": {"exercise_id": "e", "code": "x"}}),
    ] {
        let answer = edge.post("/api/v1/query", body).await.json();
        assert_eq!(answer["response"], r#"maya asked "why?" about "x""#);
        assert_eq!(answer["agent_type"], "code-review");
    }
}

#[tokio::test]
async fn answers_are_in_the_one_that_was_asked_for() {
    let edge = Edge::start().await;
    let ask = async |path: &str, accept: &str| {
        let request = edge.request(&Method::POST, path).header("content-type", "application/json");
        let body = Full::from(r#"{"studentId": "maya", "query": "why?"}"#);
        let answer = edge.send(request.header("accept", accept).body(body).unwrap()).await.json();
        answer.get("messageId").is_some() && answer.get("message_id").is_none()
    };
    assert!(!ask("/api/v1/query", "*/*").await);
    assert!(ask("/api/v1/query?case=camel", "*/*").await);
    assert!(ask("/api/v1/query", "application/json; case=camel").await);
    assert!(!ask("/api/v1/query?case=snake", "application/json; case=camel").await, "the query string wins");
    assert!(ask("/api/v1/chat", "*/*").await, "this path speaks the frontend's names");
    assert!(!ask("/api/v1/chat?case=snake", "*/*").await);
}
