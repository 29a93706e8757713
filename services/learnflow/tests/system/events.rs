//! Events on the wire: their form, and what becomes of those that are none.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use learnflow_dapr::Record;
use learnflow_events::{CloudEvent, Incoming, dead_letter_topic};
use prost::Message as _;
use uuid::Uuid;

use crate::answers::{ask, question_event, student};
use crate::target::Target;

pub(crate) async fn a_record_is_a_cloudevent_of_the_binding(target: Arc<Target>) -> anyhow::Result<()> {
    let student_id = student("maya");
    ask(&target, &student_id, "What is a list?").await?;
    let records = target.records("learning.requests").await?;
    let record =
        records.into_iter().find(|record| record.key == student_id).context("no record of the student")?;
    ensure!(
        record.headers.get("content-type").is_some_and(|value| value == learnflow_events::CONTENT_TYPE),
        "{record:?}"
    );
    let event = Incoming::parse("learning.requests", &record.value)?;
    ensure!(event.source == "/learnflow/chat", "{event:?}");
    ensure!(event.context.traceparent.len() == 55, "no traceparent: {event:?}");
    let asked: learnflow_chat_client::pb::QueryAsked = event.data()?;
    ensure!(asked.student_id == student_id && asked.query == "What is a list?", "{asked:?}");
    Ok(())
}

pub(crate) async fn poison_goes_to_the_dead_letters_and_the_next_event_goes_through(
    target: Arc<Target>,
) -> anyhow::Result<()> {
    let student_id = student("poison");
    let message_id = Uuid::now_v7().to_string();
    let good = question_event(&student_id, &message_id, "What is a list?");
    let changed = |change: fn(&mut CloudEvent)| {
        let mut event = CloudEvent::decode(good.value.clone()).expect("own event decodes");
        change(&mut event);
        event.encode_to_vec()
    };
    let poison: [(&str, Vec<u8>); 6] = [
        ("random bytes", vec![0xff, 0x00, 0x13, 0x37]),
        ("a truncated event", good.value[..good.value.len() / 2].to_vec()),
        ("a foreign type", changed(|event| event.r#type = "com.example.other.v1".to_owned())),
        ("no id", changed(|event| event.id.clear())),
        ("no source", changed(|event| event.source.clear())),
        ("another message", changed(|event| event.data = None)),
    ];
    let chat = target.sidecar("chat")?;
    let publish = async |id: &str, value: Vec<u8>| {
        let record = Record {
            id: id.to_owned(),
            topic: "learning.requests".to_owned(),
            key: student_id.clone(),
            content_type: learnflow_events::CONTENT_TYPE,
            value: value.into(),
        };
        chat.publish(&record).await
    };
    for (name, value) in &poison {
        publish(name, value.clone()).await?;
    }
    // The same key, so the same partition: this one stands behind all the poison.
    let body = ask(&target, &student_id, "What is a tuple?").await?;
    ensure!(body["status"] == "answered", "{body}");

    let dead = dead_letter_topic("learning.requests", "triage");
    for (name, value) in &poison {
        eventually(&target, &dead, name, |record| record.key == student_id && record.value == *value).await?;
    }
    Ok(())
}

pub(crate) async fn a_foreign_question_is_dead_lettered(target: Arc<Target>) -> anyhow::Result<()> {
    // Well formed, routed, answered; but chat never stored such a question.
    let (student_id, message_id) = (student("stranger"), Uuid::now_v7().to_string());
    let event = question_event(&student_id, &message_id, "What is a list?");
    let record = Record {
        id: event.id.to_string(),
        topic: event.topic.to_owned(),
        key: event.key.clone(),
        content_type: learnflow_events::CONTENT_TYPE,
        value: event.value,
    };
    target.sidecar("chat")?.publish(&record).await?;
    let dead = dead_letter_topic("learning.responses", "chat");
    eventually(&target, &dead, "the answer to a question nobody asked", |record| record.key == student_id)
        .await
}

/// Waits for a record on a topic.
async fn eventually(
    target: &Target,
    topic: &str,
    what: &str,
    wanted: impl Fn(&crate::target::Record) -> bool,
) -> anyhow::Result<()> {
    for _ in 0..100 {
        if target.records(topic).await.is_ok_and(|records| records.iter().any(&wanted)) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("{what} is not on {topic}")
}

pub(crate) async fn a_topic_is_closed_to_strangers(target: Arc<Target>) -> anyhow::Result<()> {
    let event = question_event(&student("maya"), &Uuid::now_v7().to_string(), "What is a list?");
    let record = Record {
        id: event.id.to_string(),
        topic: event.topic.to_owned(),
        key: event.key.clone(),
        content_type: learnflow_events::CONTENT_TYPE,
        value: event.value,
    };
    let refused =
        target.sidecar("concepts")?.publish(&record).await.err().context("concepts may publish questions")?;
    let learnflow_dapr::Error::Sidecar { source, .. } = &refused else { anyhow::bail!("{refused}") };
    ensure!(source.code() == tonic::Code::PermissionDenied, "{source:?}");
    Ok(())
}

pub(crate) async fn another_language_reads_the_record(target: Arc<Target>) -> anyhow::Result<()> {
    let student_id = student("maya");
    let body = ask(&target, &student_id, "What is a list?").await?;
    let consumer = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/consumer/run");
    let output = tokio::process::Command::new(consumer)
        .args([
            "--brokers",
            target.brokers()?,
            "--topic",
            "learning.requests",
            "--key",
            &student_id,
            "--timeout",
            "60",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("the Python consumer cannot be run")?;
    let text = String::from_utf8(output.stdout).context("the consumer's output")?;
    let records = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let record = records.into_iter().find(|record| record["key"] == student_id.as_str());
    let record = record.with_context(|| format!("the record is not among what Python read: {text}"))?;
    ensure!(record["headers"]["content-type"] == learnflow_events::CONTENT_TYPE, "{record}");
    ensure!(record["attributes"]["type"] == "learnflow.chat.query_asked.v1", "{record}");
    ensure!(record["attributes"]["source"] == "/learnflow/chat", "{record}");
    ensure!(record["attributes"]["subject"] == body["message_id"], "{record}");
    ensure!(record["data"]["query"] == "What is a list?", "{record}");
    Ok(())
}
