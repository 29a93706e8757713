//! concepts against a real PostgreSQL and the embedded runtime. triage is played by the tests.

mod catalogue;
mod configuration;
mod explain;
mod records;
mod requests;

use learnflow_concepts::{Config, SERVICE, build};
use learnflow_concepts_client::pb::{ConceptExplained, ExplainRequest};
use learnflow_testkit::{Replica, Said, World, eventually};
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// Starts a replica of concepts.
async fn start(world: &World) -> Replica {
    let build = async |env, shutdown| build(Config::from_env(&env)?, &shutdown).await;
    world.start(SERVICE, build).await
}

/// The typed client, as the edge has it.
async fn client(world: &World) -> learnflow_concepts_client::Client {
    learnflow_concepts_client::client(&world.sidecar("gateway").await)
}

fn concept(name: &str) -> ExplainRequest {
    ExplainRequest { concept: name.to_owned(), ..ExplainRequest::default() }
}

/// The fields that a status names.
fn fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().expect("the wrong fields are named");
    details.field_violations.into_iter().map(|violation| violation.field).collect()
}

/// What progress is told of a student, once there are `count` events.
async fn explained(world: &World, student_id: &str, count: usize) -> Vec<Said<ConceptExplained>> {
    eventually("the explanation counts for progress", async || {
        let events = world.events::<ConceptExplained>().into_iter();
        let of_student: Vec<_> = events.filter(|said| said.key == student_id).collect();
        (of_student.len() >= count).then_some(of_student)
    })
    .await
}

/// A stored explanation: message, student, topic, level, source.
type Row = (Uuid, String, Option<i32>, i16, i16);

/// The explanations of a student, the oldest first.
async fn rows(world: &World, student_id: &str) -> Vec<Row> {
    let pool = world.database.pool(SERVICE).await;
    sqlx::query_as(
        "SELECT message_id, student_id, topic_id, level, source FROM explanations
         WHERE student_id = $1 ORDER BY message_id",
    )
    .bind(student_id)
    .fetch_all(&pool)
    .await
    .expect("the table can be read")
}
