//! Asking, and getting an answer or the promise of one.

use std::time::Duration;

use learnflow_chat_client::pb;
use learnflow_chat_client::pb::ask_response::Event;
use learnflow_testkit::World;
use learnflow_wire::learnflow::common::v1::{AgentType, AnswerSource, QuestionContext};
use tonic::Code;
use uuid::Uuid;

use crate::{answer_to, asked, client, impatient, message, query, start, start_with};

#[tokio::test]
async fn a_question_gets_the_answer_that_an_agent_gives() {
    let world = World::new().await;
    let _chat = start(&world).await;
    let mut chat = client(&world).await;
    let request = pb::QueryRequest {
        context: Some(QuestionContext { code: "x = 1".to_owned(), ..QuestionContext::default() }),
        query_type: AgentType::Concepts.into(),
        ..query("maya", "How do for loops work?")
    };
    let wanted = request.clone();
    let waiting = tokio::spawn(async move { chat.query(request).await });

    let question = asked(&world, "maya", 1).await;
    assert_eq!((question.query, question.context), (wanted.query, wanted.context));
    assert_eq!(question.query_type, wanted.query_type);
    let question = asked(&world, "maya", 1).await;
    let given = answer_to(&question, "Like this.");
    world.publish("concepts", &given).await;

    let response = waiting.await.unwrap().unwrap();
    assert!(response.metadata().get("x-http-code").is_none());
    let response = response.into_inner();
    assert_eq!(response.status(), pb::MessageStatus::Answered);
    assert_eq!((response.agent_type(), response.source()), (AgentType::Concepts, AnswerSource::Embedded));
    let pb::QueryResponse { message_id, conversation_id, confidence, explanation, .. } = response;
    assert_eq!((message_id, conversation_id), (given.message_id, given.conversation_id));
    assert_eq!((response.response, explanation), (given.response, given.explanation));
    assert_eq!((response.examples, response.related_concepts), (given.examples, given.related_concepts));
    assert_eq!((confidence.to_string().as_str(), response.suggestions), ("0.75", given.suggestions));
    assert_eq!((response.score, response.hint.as_str()), (None, ""));
}

#[tokio::test]
async fn a_question_without_an_answer_is_pending_with_202() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let response = client(&world).await.query(query("maya", "What is a tuple?")).await.unwrap();
    assert_eq!(response.metadata().get("x-http-code").unwrap(), "202");
    let response = response.into_inner();
    assert_eq!(response.status(), pb::MessageStatus::Pending);
    assert_eq!(response.response, "");

    let stored = message(&world, "maya", &response.message_id).await;
    assert_eq!((stored.status(), stored.answer), (pb::MessageStatus::Pending, None));
    assert_eq!(
        (stored.query.as_str(), stored.conversation_id),
        ("What is a tuple?", response.conversation_id)
    );
    assert_eq!(Uuid::try_parse(&stored.message_id).unwrap().get_version_num(), 7);
    assert!(stored.asked_at.is_some());
}

#[tokio::test]
async fn pending_still_reaches_a_caller_with_a_short_deadline() {
    let world = World::new().await;
    let _chat = start(&world).await;
    let mut request = tonic::Request::new(query("maya", "What is a tuple?"));
    request.set_timeout(Duration::from_secs(2));
    let response = client(&world).await.query(request).await.unwrap();
    assert_eq!(response.metadata().get("x-http-code").unwrap(), "202");
}

#[tokio::test]
async fn a_stream_says_accepted_when_the_question_is_stored_and_ends_with_the_answer() {
    let world = World::new().await;
    let _chat = start(&world).await;
    let request = pb::AskRequest {
        student_id: "maya".to_owned(),
        query: "What is a list?".to_owned(),
        ..pb::AskRequest::default()
    };
    let mut stream = client(&world).await.ask(request).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap().event;
    let Some(Event::Accepted(accepted)) = first else { panic!("first came {first:?}") };
    // From here on it cannot be lost.
    let stored = message(&world, "maya", &accepted.message_id).await;
    assert_eq!(
        (stored.status(), stored.conversation_id),
        (pb::MessageStatus::Pending, accepted.conversation_id)
    );

    let question = asked(&world, "maya", 1).await;
    world.publish("concepts", &answer_to(&question, "A row of things.")).await;
    let second = stream.message().await.unwrap().unwrap().event;
    let Some(Event::Answer(answer)) = second else { panic!("second came {second:?}") };
    assert_eq!((answer.message_id, answer.response.as_str()), (accepted.message_id, "A row of things."));
    assert!(answer.answered_at.is_some());
    assert!(stream.message().await.unwrap().is_none(), "the stream goes on after the answer");
}

#[tokio::test]
async fn a_conversation_goes_on_for_its_student_only() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut chat = client(&world).await;
    let first = chat.query(query("maya", "What is a list?")).await.unwrap().into_inner();
    let conversation_id = first.conversation_id;
    let next = pb::QueryRequest { conversation_id: conversation_id.clone(), ..query("maya", "And a tuple?") };
    let next = chat.query(next).await.unwrap().into_inner();
    assert_eq!(next.conversation_id, conversation_id);
    assert_ne!(next.message_id, first.message_id);

    let strange = pb::QueryRequest { conversation_id: conversation_id.clone(), ..query("james", "And me?") };
    let refused = chat.query(strange).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
    assert!(refused.message().contains(&conversation_id), "{refused:?}");
    // Refused whole: neither a row nor an event. A question after it shows that its event would be there by now.
    chat.query(query("james", "What is a set?")).await.unwrap();
    assert_eq!(asked(&world, "james", 1).await.query, "What is a set?");
    let request = pb::ListMessagesRequest { student_id: "james".to_owned(), ..Default::default() };
    assert_eq!(chat.list_messages(request).await.unwrap().into_inner().messages.len(), 1);
}

#[tokio::test]
async fn the_request_id_travels_in_the_event() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let mut request = tonic::Request::new(query("maya", "What is a list?"));
    request.metadata_mut().insert("x-request-id", "r-42".parse().unwrap());
    client(&world).await.query(request).await.unwrap();
    asked(&world, "maya", 1).await;
    let events = world.events::<pb::QueryAsked>();
    assert_eq!(
        (events[0].context.correlation_id.as_str(), events[0].source.as_str()),
        ("r-42", "/learnflow/chat")
    );
}
