//! A service that goes and comes again.

use std::time::Duration;

use learnflow_chat_client::pb;
use learnflow_chat_client::pb::ask_response::Event;
use learnflow_chat_client::pb::chat_service_client::ChatServiceClient;
use learnflow_testkit::{World, eventually};
use tonic::Code;

use crate::{answer_to, answered, asked, client, impatient, message, query, start, start_with};

#[tokio::test]
async fn a_pending_question_is_answered_after_a_restart() {
    let world = World::new().await;
    let chat = start_with(&world, impatient).await;
    let pending = client(&world).await.query(query("maya", "What is a list?")).await.unwrap().into_inner();
    let question = asked(&world, "maya", 1).await;
    world.stop(chat).await;
    // Nobody is there to take it.
    world.publish("concepts", &answer_to(&question, "A row of things.")).await;

    let _chat = start_with(&world, impatient).await;
    let answer = answered(&world, "maya", &pending.message_id).await;
    assert_eq!(answer.response, "A row of things.");
    let stored = message(&world, "maya", &pending.message_id).await;
    assert_eq!((stored.query.as_str(), stored.status()), ("What is a list?", pb::MessageStatus::Answered));
}

#[tokio::test]
async fn whoever_waits_is_told_of_the_stop_and_finds_the_answer_later() {
    let world = World::new().await;
    let chat = start(&world).await;
    let mut direct = ChatServiceClient::new(chat.channel().await);
    let request = pb::AskRequest {
        student_id: "maya".to_owned(),
        query: "What is a list?".to_owned(),
        ..pb::AskRequest::default()
    };
    let mut asking = direct.ask(request).await.unwrap().into_inner();
    let first = asking.message().await.unwrap().unwrap().event;
    assert!(matches!(first, Some(Event::Accepted(_))), "{first:?}");
    let listening = pb::SubscribeRequest { student_id: "maya".to_owned() };
    let mut listening = direct.subscribe(listening).await.unwrap().into_inner();
    let mut querying = direct.clone();
    let querying = tokio::spawn(async move { querying.query(query("james", "And a tuple?")).await });
    let (question, other) = (asked(&world, "maya", 1).await, asked(&world, "james", 1).await);

    let stopped = tokio::time::timeout(Duration::from_secs(8), world.stop(chat));
    stopped.await.expect("nobody's waiting holds up the stop");
    assert_eq!(asking.message().await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(listening.message().await.unwrap_err().code(), Code::Unavailable);
    let response = querying.await.unwrap().expect("a call in hand is finished");
    assert_eq!(response.metadata().get("x-http-code").unwrap(), "202");
    assert_eq!(response.into_inner().message_id, other.message_id);

    let _chat = start(&world).await;
    for question in [question, other] {
        world.publish("concepts", &answer_to(&question, "Here you are.")).await;
        answered(&world, &question.student_id, &question.message_id).await;
    }
}

#[tokio::test]
async fn no_question_is_lost_while_replicas_come_and_go() {
    let world = World::new().await;
    let mut chat = start_with(&world, impatient).await;
    let mut accepted = Vec::new();
    for _ in 0..3 {
        let next = start_with(&world, impatient).await;
        let mut direct = ChatServiceClient::new(chat.channel().await);
        for number in 0..20 {
            let request = query(&format!("student-{}", number % 4), "What is a list?");
            accepted.push(direct.query(request).await.unwrap().into_inner().message_id);
        }
        // With the last questions just committed.
        world.stop(chat).await;
        chat = next;
    }
    eventually("every question is published", async || {
        let events = world.events::<pb::QueryAsked>();
        (events.len() >= accepted.len()).then_some(())
    })
    .await;
    let mut published: Vec<String> =
        world.events::<pb::QueryAsked>().into_iter().map(|said| said.event.message_id).collect();
    published.sort();
    accepted.sort();
    assert_eq!(published, accepted, "each once");
}
