//! chat against a real PostgreSQL and the embedded runtime. The agents are played by the tests.

mod answers;
mod configuration;
mod history;
mod limits;
mod live;
mod questions;
mod restarts;

use learnflow_chat::{Config, SERVICE, build};
use learnflow_chat_client::pb;
use learnflow_concepts_client::pb::ExplanationGiven;
use learnflow_runtime::Vars;
use learnflow_testkit::{Replica, World, eventually};
use learnflow_wire::learnflow::common::v1::{AnswerSource, CodeExample, MasteryLevel};

/// Starts a replica of chat.
async fn start(world: &World) -> Replica {
    start_with(world, |env| env).await
}

/// Starts a replica of chat with other keys.
async fn start_with(world: &World, keys: impl FnOnce(Vars) -> Vars) -> Replica {
    let build = async |env, shutdown| build(Config::from_env(&keys(env))?, &shutdown).await;
    world.start(SERVICE, build).await
}

/// Does not wait for answers: each `Query` is pending at once.
fn impatient(env: Vars) -> Vars {
    env.with("LEARNFLOW_ANSWER_WAIT_MS", "1")
}

/// The typed client, as the edge has it.
async fn client(world: &World) -> learnflow_chat_client::Client {
    learnflow_chat_client::client(&world.sidecar("gateway").await)
}

fn query(student_id: &str, query: &str) -> pb::QueryRequest {
    pb::QueryRequest {
        student_id: student_id.to_owned(),
        query: query.to_owned(),
        ..pb::QueryRequest::default()
    }
}

/// The event of a student's latest question, once `count` of them are there.
async fn asked(world: &World, student_id: &str, count: usize) -> pb::QueryAsked {
    eventually("the question is published", async || {
        let events = world.events::<pb::QueryAsked>();
        let of_student: Vec<_> = events.into_iter().filter(|said| said.key == student_id).collect();
        (of_student.len() == count)
            .then(|| of_student.into_iter().next_back().expect("as many as were counted").event)
    })
    .await
}

/// What the concepts agent says to a question.
fn answer_to(question: &pb::QueryAsked, response: &str) -> ExplanationGiven {
    ExplanationGiven {
        message_id: question.message_id.clone(),
        conversation_id: question.conversation_id.clone(),
        student_id: question.student_id.clone(),
        confidence: 0.75,
        topic_id: 202,
        response: response.to_owned(),
        explanation: "A for loop takes each item in turn.".to_owned(),
        level: MasteryLevel::Beginner.into(),
        examples: vec![CodeExample {
            title: "Three".to_owned(),
            code: "for n in range(3):\n    print(n)".to_owned(),
            output: "0\n1\n2\n".to_owned(),
        }],
        related_concepts: vec!["While loops".to_owned()],
        suggestions: vec!["What does range do?".to_owned()],
        source: AnswerSource::Embedded.into(),
    }
}

/// A stored message.
async fn message(world: &World, student_id: &str, message_id: &str) -> pb::Message {
    let request =
        pb::GetMessageRequest { student_id: student_id.to_owned(), message_id: message_id.to_owned() };
    let response = client(world).await.get_message(request).await.expect("the message is there").into_inner();
    response.message.expect("a message")
}

/// The answer to a message, once it is stored.
async fn answered(world: &World, student_id: &str, message_id: &str) -> pb::Answer {
    eventually("the answer is stored", async || message(world, student_id, message_id).await.answer).await
}
