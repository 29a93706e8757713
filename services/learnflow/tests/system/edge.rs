//! The edge: casings, errors, what one may see.

use std::sync::Arc;

use anyhow::ensure;
use serde_json::json;

use crate::answers::{ask, student};
use crate::target::Target;

pub(crate) async fn both_casings_are_read_and_written(target: Arc<Target>) -> anyhow::Result<()> {
    let body = json!({"concept": "for loops", "masteryLevel": 95, "studentId": student("maya")});
    let camel = target.http.post("/api/v1/concepts/explain?case=camel", &body).await?;
    ensure!(camel.status == 200 && camel.body["level"] == "mastered", "{}", camel.body);
    ensure!(camel.body["topicId"] == 202 && camel.body["relatedConcepts"].is_array(), "{}", camel.body);
    let snake = target.http.post("/api/v1/concepts/explain", &body).await?;
    ensure!(snake.body["topic_id"] == 202, "{}", snake.body);
    Ok(())
}

pub(crate) async fn a_wrong_field_is_named(target: Arc<Target>) -> anyhow::Result<()> {
    let wrong = [
        (json!({"student_id": "maya", "query": 7}), "query"),
        (json!({"student_id": "maya", "query": "x", "context": {"code": []}}), "context.code"),
        (json!({"student_id": "maya", "query": "x", "query_type": "astrology"}), "query_type"),
        (json!({"student_id": "maya", "query": ""}), "query"),
        (json!({"student_id": "no spaces allowed", "query": "x"}), "student_id"),
    ];
    for (body, field) in wrong {
        let answer = target.http.post("/api/v1/query", &body).await?;
        ensure!(answer.status.is_client_error(), "{body} got {}", answer.status);
        ensure!(answer.body["error"] == true && answer.body["request_id"].is_string(), "{}", answer.body);
        ensure!(answer.body.to_string().contains(field), "{field} is not named: {}", answer.body);
    }
    Ok(())
}

pub(crate) async fn what_does_not_exist_is_not_found(target: Arc<Target>) -> anyhow::Result<()> {
    for path in [
        "/api/v1/modules/9",
        "/api/v1/concepts/999",
        "/api/v1/no-such-thing",
        "/api/v1/students/maya/messages/x",
    ] {
        let answer = target.http.get(path).await?;
        ensure!(answer.status == 404, "{path} got {}", answer.status);
        ensure!(answer.body["error"] == true && answer.body["code"].is_string(), "{}", answer.body);
    }
    let near = target.http.post("/api/v1/concepts/explain", &json!({"concept": "tupels"})).await?;
    ensure!(near.status == 404 && near.body["message"].to_string().contains("Tuples"), "{}", near.body);
    Ok(())
}

pub(crate) async fn a_student_cannot_read_anothers_messages(target: Arc<Target>) -> anyhow::Result<()> {
    let (maya, james) = (student("maya"), student("james"));
    let body = ask(&target, &maya, "What is a list?").await?;
    let id = body["message_id"].as_str().unwrap_or_default();
    let answer = target.http.get(&format!("/api/v1/students/{james}/messages/{id}")).await?;
    ensure!(answer.status == 404, "{}", answer.status);
    let conversation = body["conversation_id"].clone();
    let follow_up = json!({"student_id": james, "query": "What is a list?", "conversation_id": conversation});
    let answer = target.http.post("/api/v1/query", &follow_up).await?;
    ensure!(answer.status == 404, "{}", answer.status);
    Ok(())
}

pub(crate) async fn the_curriculum_has_31_topics(target: Arc<Target>) -> anyhow::Result<()> {
    let modules = target.http.get("/api/v1/modules").await?.body;
    ensure!(modules["modules"].as_array().map(Vec::len) == Some(8), "{modules}");
    let topics = target.http.get("/api/v1/concepts").await?.body;
    ensure!(topics["topics"].as_array().map(Vec::len) == Some(31), "{topics}");
    let files = target.http.get("/api/v1/modules/6/topics").await?.body;
    ensure!(files["topics"][0]["topic_id"] == 601, "{files}");
    Ok(())
}

pub(crate) async fn openapi_lists_the_calls(target: Arc<Target>) -> anyhow::Result<()> {
    let document = target.http.get("/openapi.json").await?.body;
    ensure!(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    for path in ["/api/v1/query", "/api/v1/concepts/explain", "/api/v1/teacher/alerts"] {
        ensure!(document["paths"][path].is_object(), "{path} is missing");
    }
    Ok(())
}
