//! Questions and their answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use learnflow_chat_client::pb;
use learnflow_chat_client::pb::ask_response::Event;
use learnflow_dapr::Record;
use learnflow_events::{Context, Outgoing};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::target::Target;

/// A student of one case alone.
pub(crate) fn student(name: &str) -> String {
    format!("{name}-{}", Uuid::now_v7().simple())
}

/// Asks at the edge and waits for the answer. On a busy machine the edge may answer 202 first: no case asserts a time.
pub(crate) async fn ask(target: &Target, student: &str, query: &str) -> anyhow::Result<Value> {
    let request = json!({"student_id": student, "query": query});
    let mut answer = target.http.post("/api/v1/query", &request).await?;
    // A busy machine may shed load: 503 says that nothing was accepted, so asking again is right.
    for _ in 0..20 {
        if answer.status != 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        answer = target.http.post("/api/v1/query", &request).await?;
    }
    if answer.status == 202 {
        return later(target, student, answer.body["message_id"].as_str().unwrap_or_default()).await;
    }
    ensure!(answer.status == 200, "{}: {}", answer.status, answer.body);
    Ok(answer.body)
}

async fn later(target: &Target, student: &str, message_id: &str) -> anyhow::Result<Value> {
    for _ in 0..300 {
        let body = target.http.get(&format!("/api/v1/students/{student}/messages/{message_id}")).await?.body;
        if body["message"]["status"] == "answered" {
            let mut answer = body["message"]["answer"].clone();
            answer["status"] = json!("answered");
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("question {message_id} has no answer after a minute")
}

pub(crate) async fn a_question_is_answered(target: Arc<Target>) -> anyhow::Result<()> {
    let body = ask(&target, &student("maya"), "How do for loops work in Python?").await?;
    ensure!(
        body["agent_type"] == "concepts" && body["source"] == "embedded" && body["status"] == "answered",
        "{body}"
    );
    ensure!(body["confidence"].as_f64().is_some_and(|sure| sure > 0.5), "{body}");
    let text = body["response"].as_str().unwrap_or_default();
    ensure!(text.contains("for ") && text.contains("```python"), "no code in the answer: {text}");
    ensure!(body["examples"][0]["code"].as_str().is_some_and(|code| code.contains("for ")), "{body}");
    ensure!(!body["related_concepts"].as_array().is_none_or(Vec::is_empty), "{body}");
    Uuid::try_parse(body["message_id"].as_str().unwrap_or_default()).context("message_id")?;
    Ok(())
}

pub(crate) async fn a_question_is_answered_through_the_stream(target: Arc<Target>) -> anyhow::Result<()> {
    let mut chat = learnflow_chat_client::client(&target.sidecar("gateway")?);
    let request = pb::AskRequest {
        student_id: student("maya"),
        query: "What is a tuple?".to_owned(),
        ..pb::AskRequest::default()
    };
    let mut stream = chat.ask(request).await?.into_inner();
    let first = stream.message().await?.and_then(|response| response.event);
    let Some(Event::Accepted(accepted)) = first else { anyhow::bail!("first came {first:?}") };
    let second = tokio::time::timeout(Duration::from_secs(5), stream.message()).await??;
    let Some(Event::Answer(answer)) = second.and_then(|response| response.event) else {
        anyhow::bail!("no answer came");
    };
    ensure!(answer.message_id == accepted.message_id && answer.response.contains("uple"), "{answer:?}");
    ensure!(stream.message().await?.is_none(), "the stream goes on after the answer");
    Ok(())
}

pub(crate) async fn every_listener_hears_the_answer(target: Arc<Target>) -> anyhow::Result<()> {
    let student_id = student("maya");
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut chat = learnflow_chat_client::client(&target.sidecar("gateway")?);
        let request = pb::SubscribeRequest { student_id: student_id.clone() };
        // The answer's first byte comes with the first event, so the call is made in the background.
        streams.push(tokio::spawn(async move {
            let mut stream = chat.subscribe(request).await?.into_inner();
            let response = stream.message().await?.context("the stream ended")?;
            anyhow::Ok(response)
        }));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = ask(&target, &student_id, "What is a dictionary?").await?;
    for stream in streams {
        let response = tokio::time::timeout(Duration::from_secs(5), stream).await???;
        let Some(pb::subscribe_response::Event::Answer(answer)) = response.event else {
            anyhow::bail!("no answer")
        };
        ensure!(asked["message_id"] == answer.message_id.as_str(), "another answer came: {answer:?}");
    }
    Ok(())
}

pub(crate) async fn a_redelivered_event_does_nothing(target: Arc<Target>) -> anyhow::Result<()> {
    let student_id = student("maya");
    let body = ask(&target, &student_id, "What is a set?").await?;
    let message_id = body["message_id"].as_str().context("message_id")?.to_owned();
    // The question's own event, once more, and a second event about the same question.
    let asked =
        target.records("learning.requests").await?.into_iter().find(|record| record.key == student_id);
    let asked = asked.context("the question is not on its topic")?;
    let again = Record {
        id: "again".to_owned(),
        topic: "learning.requests".to_owned(),
        key: student_id.clone(),
        content_type: learnflow_events::CONTENT_TYPE,
        value: asked.value.into(),
    };
    target.sidecar("chat")?.publish(&again).await?;
    // A question after it, on the same key, shows that the repetition has been handled.
    ask(&target, &student_id, "What is a list?").await?;
    let answers: Vec<_> = answers_of(&target, &student_id, &message_id).await?;
    ensure!(answers.len() == 1, "the question was answered {} times", answers.len());
    Ok(())
}

/// The answers to one question, on their topic.
async fn answers_of(target: &Target, student_id: &str, message_id: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let records = target.records("learning.responses").await?;
    let needle = message_id.as_bytes();
    Ok(records
        .into_iter()
        .filter(|record| record.key == student_id)
        .map(|record| record.value)
        .filter(|value| value.windows(needle.len()).any(|window| window == needle))
        .collect())
}

pub(crate) async fn the_history_has_pages(target: Arc<Target>) -> anyhow::Result<()> {
    let student_id = student("maya");
    for query in ["What is a list?", "What is a tuple?", "What is a set?"] {
        ask(&target, &student_id, query).await?;
    }
    let mut seen = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let path = format!("/api/v1/students/{student_id}/messages?page_size=2&page_token={token}");
        let page = target.http.get(&path).await?.body;
        let messages = page["messages"].as_array().context("no messages")?;
        seen.extend(messages.iter().filter_map(|message| message["query"].as_str().map(ToOwned::to_owned)));
        token = page["next_page_token"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            break;
        }
    }
    ensure!(seen == ["What is a set?", "What is a tuple?", "What is a list?"], "{seen:?}");
    Ok(())
}

pub(crate) async fn many_students_at_once_are_all_answered(target: Arc<Target>) -> anyhow::Result<()> {
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..50 {
        let target = Arc::clone(&target);
        asked.spawn(async move {
            let body = ask(&target, &student(&format!("s{number}")), "How do while loops work?").await?;
            anyhow::Ok(body["message_id"].as_str().unwrap_or_default().to_owned())
        });
    }
    let mut ids = BTreeSet::new();
    while let Some(answered) = asked.join_next().await {
        ids.insert(answered??);
    }
    ensure!(ids.len() == 50, "{} different answers for 50 questions", ids.len());
    Ok(())
}

/// An event of chat's, for cases that bring their own.
pub(crate) fn question_event(student_id: &str, message_id: &str, query: &str) -> Outgoing {
    let event = pb::QueryAsked {
        message_id: message_id.to_owned(),
        conversation_id: Uuid::now_v7().to_string(),
        student_id: student_id.to_owned(),
        query: query.to_owned(),
        ..pb::QueryAsked::default()
    };
    Outgoing::new(&event, "chat", Uuid::now_v7(), OffsetDateTime::now_utc(), &Context::default())
}
