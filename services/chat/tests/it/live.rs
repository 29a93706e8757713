//! Answers reach every listener, whichever replica holds the stream.

use std::sync::{Arc, Mutex};

use learnflow_chat_client::pb;
use learnflow_chat_client::pb::chat_service_client::ChatServiceClient;
use learnflow_chat_client::pb::subscribe_response::Event;
use learnflow_testkit::{Replica, World, eventually};

use crate::{answer_to, answered, asked, client, impatient, query, start, start_with};

/// What a listener has heard: message ids, in order.
type Heard = Arc<Mutex<Vec<String>>>;

/// Listens at this very replica until the end of the test.
async fn listen(replica: &Replica, student_id: &str) -> Heard {
    let mut chat = ChatServiceClient::new(replica.channel().await);
    let request = pb::SubscribeRequest { student_id: student_id.to_owned() };
    let mut stream = chat.subscribe(request).await.expect("a stream").into_inner();
    let heard = Heard::default();
    let note = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok(Some(pb::SubscribeResponse { event: Some(Event::Answer(answer)) })) =
            stream.message().await
        {
            note.lock().expect("no poison").push(answer.message_id);
        }
    });
    heard
}

fn all(heard: &Heard) -> Vec<String> {
    heard.lock().expect("no poison").clone()
}

/// Asks and answers: the message's id.
async fn talk(world: &World, student_id: &str, count: usize) -> String {
    client(world).await.query(query(student_id, "What is a list?")).await.expect("the question is accepted");
    let question = asked(world, student_id, count).await;
    world.publish("concepts", &answer_to(&question, "A row of things.")).await;
    question.message_id
}

#[tokio::test]
async fn all_devices_of_a_student_hear_each_answer_once_and_nobody_elses() {
    let world = World::new().await;
    let chat = start_with(&world, impatient).await;
    let (phone, laptop) = (listen(&chat, "maya").await, listen(&chat, "maya").await);
    let other = listen(&chat, "james").await;
    let mut answers = Vec::new();
    for number in 1..=3 {
        answers.push(talk(&world, "maya", number).await);
        // Each before the next: the two ways of an answer keep its order only once both are open.
        for device in [&phone, &laptop] {
            eventually("the answer is heard", async || (all(device) == answers).then_some(())).await;
        }
    }
    let his = talk(&world, "james", 1).await;
    eventually("the other student hears", async || all(&other).contains(&his).then_some(())).await;
    assert_eq!(all(&other), [his]);
    assert_eq!(all(&phone), answers);
}

/// pubsub-live begins with what comes after it, so there is no telling when a replica has joined but to try.
async fn until_live(world: &World, student_id: &str, listeners: &[&Heard]) -> usize {
    let mut count = 0;
    eventually("every replica reads the live topic", async || {
        count += 1;
        let message_id = talk(world, student_id, count).await;
        answered(world, student_id, &message_id).await;
        listeners.iter().all(|heard| all(heard).contains(&message_id)).then_some(count)
    })
    .await
}

#[tokio::test]
async fn an_answer_reaches_a_stream_that_another_replica_holds() {
    let world = World::new().await;
    let (one, other) = (start_with(&world, impatient).await, start_with(&world, impatient).await);
    let (here, there) = (listen(&one, "maya").await, listen(&other, "maya").await);
    let before = until_live(&world, "maya", &[&here, &there]).await;

    // All answers of a student go through one partition, which one replica reads for the history. The other one can
    // know of them by pubsub-live only.
    let mut messages = Vec::new();
    for number in 1..=5 {
        messages.push(talk(&world, "maya", before + number).await);
    }
    for heard in [&here, &there] {
        eventually("every answer is heard", async || all(heard).ends_with(&messages).then_some(())).await;
        for message in &messages {
            assert_eq!(all(heard).iter().filter(|heard| *heard == message).count(), 1, "once each");
        }
    }
}

#[tokio::test]
async fn a_question_at_one_replica_is_answered_when_the_other_takes_the_event() {
    let world = World::new().await;
    let replicas = [start(&world).await, start(&world).await];
    // Eight students, so that both replicas read for the history.
    let mut waiting = Vec::new();
    for number in 0..8 {
        for (index, replica) in replicas.iter().enumerate() {
            let mut chat = ChatServiceClient::new(replica.channel().await);
            let student_id = format!("student-{number}-{index}");
            let request = query(&student_id, "What is a list?");
            waiting.push((student_id, tokio::spawn(async move { chat.query(request).await })));
        }
    }
    for (student_id, _) in &waiting {
        let question = asked(&world, student_id, 1).await;
        world.publish("concepts", &answer_to(&question, student_id)).await;
    }
    for (student_id, response) in waiting {
        let response = response.await.unwrap().unwrap().into_inner();
        assert_eq!((response.status(), response.response), (pb::MessageStatus::Answered, student_id));
    }
}
