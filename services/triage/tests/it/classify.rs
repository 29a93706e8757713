//! `Classify` says who would answer, and leaves no trace.

use learnflow_testkit::World;
use learnflow_triage::SERVICE;
use learnflow_triage_client::pb::ClassifyRequest;
use learnflow_wire::learnflow::common::v1::AgentType;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::start;

fn request(query: &str) -> ClassifyRequest {
    ClassifyRequest { student_id: "maya".to_owned(), query: query.to_owned(), ..ClassifyRequest::default() }
}

#[tokio::test]
async fn a_question_is_classified_and_not_asked() {
    let world = World::new().await;
    let _triage = start(&world).await;
    let mut triage = learnflow_triage_client::client(&world.sidecar("gateway").await);
    let response = triage.classify(request("Give me an exercise on for loops")).await.unwrap().into_inner();
    let route = response.route.unwrap();
    assert_eq!((route.agent_type(), route.topic_id), (AgentType::Exercise, 202));
    let explicit = ClassifyRequest { query_type: AgentType::Debug.into(), ..request("What is a tuple?") };
    let route = triage.classify(explicit).await.unwrap().into_inner().route.unwrap();
    assert!(
        route.agent_type() == AgentType::Debug && (route.confidence - 1.0).abs() < f64::EPSILON,
        "{route:?}"
    );

    let pool = world.database.pool(SERVICE).await;
    let rows: i64 =
        sqlx::query_scalar("SELECT (SELECT count(*) FROM decisions) + (SELECT count(*) FROM outbox)")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let world = World::new().await;
    let _triage = start(&world).await;
    let mut triage = learnflow_triage_client::client(&world.sidecar("gateway").await);
    let wrong =
        ClassifyRequest { student_id: "a b".to_owned(), query_type: 99, ..request(&"x".repeat(5_001)) };
    let refused = triage.classify(wrong).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = refused.get_details_bad_request().unwrap();
    let fields: Vec<&str> =
        details.field_violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["student_id", "query", "query_type"]);
}
