//! Fields at their limits and beyond.

use learnflow_chat_client::pb;
use learnflow_testkit::World;
use learnflow_wire::learnflow::common::v1::QuestionContext;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{client, impatient, query, start_with};

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().expect("the wrong fields are named");
    details.field_violations.into_iter().map(|violation| violation.field).collect()
}

#[tokio::test]
async fn five_thousand_characters_are_a_question_and_one_more_are_not() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut chat = client(&world).await;
    // Characters, not bytes: this one has four bytes in UTF-8.
    for character in ["x", "🐍"] {
        chat.query(query("maya", &character.repeat(5_000))).await.unwrap();
        let refused = chat.query(query("maya", &character.repeat(5_001))).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["query".to_owned()]));
        assert!(refused.message().contains("5000 characters"), "{}", refused.message());
    }
    for empty in ["", " \n\t "] {
        let refused = chat.query(query("maya", empty)).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["query".to_owned()]));
    }
}

#[tokio::test]
async fn ten_thousand_characters_of_code_are_looked_at_and_one_more_are_not() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut chat = client(&world).await;
    let with = |length: usize| pb::QueryRequest {
        context: Some(QuestionContext {
            code: "#".repeat(length),
            error: "é".repeat(length),
            exercise_id: String::new(),
        }),
        ..query("maya", "What is wrong here?")
    };
    chat.query(with(10_000)).await.unwrap();
    let refused = chat.query(with(10_001)).await.unwrap_err();
    assert_eq!(fields(&refused), ["context.code", "context.error"]);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let context = QuestionContext {
        code: "x".repeat(10_001),
        error: "a\0b".to_owned(),
        exercise_id: "an exercise".to_owned(),
    };
    let wrong = [
        "student_id",
        "query",
        "context.code",
        "context.error",
        "context.exercise_id",
        "query_type",
        "conversation_id",
    ];
    let request = pb::QueryRequest {
        student_id: "zoë".to_owned(),
        query: String::new(),
        context: Some(context.clone()),
        query_type: 99,
        conversation_id: "mine".to_owned(),
    };
    let mut chat = client(&world).await;
    let refused = chat.query(request.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), fields(&refused)),
        (Code::InvalidArgument, wrong.map(ToOwned::to_owned).to_vec())
    );
    for field in wrong {
        assert!(refused.message().contains(field), "{field} is not in {:?}", refused.message());
    }
    // `Ask` has the same fields and the same limits.
    let pb::QueryRequest { student_id, query, query_type, conversation_id, .. } = request;
    let request = pb::AskRequest { student_id, query, context: Some(context), query_type, conversation_id };
    assert_eq!(fields(&chat.ask(request).await.unwrap_err()), wrong);
}

#[tokio::test]
async fn a_listener_says_for_whom() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    for student_id in [String::new(), "x".repeat(65), "a b".to_owned()] {
        let refused = client(&world).await.subscribe(pb::SubscribeRequest { student_id }).await.unwrap_err();
        assert_eq!(
            (refused.code(), fields(&refused)),
            (Code::InvalidArgument, vec!["student_id".to_owned()])
        );
    }
}
