//! triage against a real PostgreSQL and the embedded runtime. chat is played by the tests.

mod classify;
mod configuration;
mod order;
mod redelivery;
mod refused;
mod routing;

use learnflow_chat_client::pb::QueryAsked;
use learnflow_runtime::Vars;
use learnflow_testkit::{Replica, Said, World, eventually};
use learnflow_triage::{Config, SERVICE, build};
use learnflow_triage_client::pb::{ExplanationRequested, RoutedQuestion};
use uuid::Uuid;

/// Starts a replica of triage with every agent in service.
async fn start(world: &World) -> Replica {
    start_with(world, |env| env.with("LEARNFLOW_AGENTS", "concepts,code-review,debug,exercise,progress"))
        .await
}

/// Starts a replica of triage with other keys.
async fn start_with(world: &World, keys: impl FnOnce(Vars) -> Vars) -> Replica {
    let build = async |env, shutdown| build(Config::from_env(&keys(env))?, &shutdown).await;
    world.start(SERVICE, build).await
}

/// A question as chat publishes it.
fn question(student_id: &str, query: &str) -> QueryAsked {
    QueryAsked {
        message_id: Uuid::now_v7().to_string(),
        conversation_id: Uuid::now_v7().to_string(),
        student_id: student_id.to_owned(),
        query: query.to_owned(),
        ..QueryAsked::default()
    }
}

/// What went to the concepts agent, once `count` questions of the student did.
async fn to_concepts(world: &World, student_id: &str, count: usize) -> Vec<Said<ExplanationRequested>> {
    eventually("the question is routed to concepts", async || {
        let events = world.events::<ExplanationRequested>().into_iter();
        let of_student: Vec<_> = events.filter(|said| said.key == student_id).collect();
        (of_student.len() >= count).then_some(of_student)
    })
    .await
}

/// The question within an event.
fn routed(question: Option<RoutedQuestion>) -> RoutedQuestion {
    question.expect("the event has a question")
}

/// A stored decision: student, agent, confidence, topic, evidence.
type Decision = (String, i16, f64, Option<i32>, Vec<String>);

/// The decisions about a message.
async fn decisions(world: &World, message_id: &str) -> Vec<Decision> {
    let pool = world.database.pool(SERVICE).await;
    sqlx::query_as(
        "SELECT student_id, agent_type, confidence, topic_id, evidence FROM decisions WHERE message_id = $1",
    )
    .bind(Uuid::try_parse(message_id).expect("a UUID"))
    .fetch_all(&pool)
    .await
    .expect("the table can be read")
}
