//! Answers that come when they should not.

use learnflow_chat_client::pb;
use learnflow_testkit::{World, eventually};
use uuid::Uuid;

use crate::{answer_to, answered, asked, client, impatient, message, query, start_with};

const TOPIC: &str = "learning.responses";

/// Asks, and gives the question's event.
async fn ask(world: &World, student_id: &str, text: &str, count: usize) -> pb::QueryAsked {
    client(world).await.query(query(student_id, text)).await.expect("the question is accepted");
    asked(world, student_id, count).await
}

#[tokio::test]
async fn an_answer_to_a_foreign_message_is_a_dead_letter_and_the_next_one_counts() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let question = ask(&world, "maya", "What is a list?", 1).await;
    let answer = answer_to(&question, "A row of things.");
    let foreign = [
        (
            "no such message",
            answer_to(&pb::QueryAsked { message_id: Uuid::now_v7().to_string(), ..question.clone() }, "x"),
        ),
        (
            "a message id that is no UUID",
            answer_to(&pb::QueryAsked { message_id: "7".to_owned(), ..question.clone() }, "x"),
        ),
        (
            "another student's message",
            answer_to(&pb::QueryAsked { student_id: "james".to_owned(), ..question.clone() }, "x"),
        ),
    ];
    for (what, event) in &foreign {
        let sent = world.publish("concepts", event).await;
        eventually(what, async || world.dead_letters(TOPIC, "chat").contains(&sent.value).then_some(()))
            .await;
    }
    assert_eq!(message(&world, "maya", &question.message_id).await.answer, None);
    world.publish("concepts", &answer).await;
    assert_eq!(answered(&world, "maya", &question.message_id).await.response, "A row of things.");
    assert_eq!(world.dead_letters(TOPIC, "chat").len(), foreign.len());
}

#[tokio::test]
async fn the_first_answer_stays() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let question = ask(&world, "maya", "What is a list?", 1).await;
    for text in ["the first", "the second"] {
        world.publish("concepts", &answer_to(&question, text)).await;
    }
    // The same key, so this one comes after both.
    let next = ask(&world, "maya", "What is a tuple?", 2).await;
    world.publish("concepts", &answer_to(&next, "the third")).await;
    assert_eq!(answered(&world, "maya", &next.message_id).await.response, "the third");
    assert_eq!(answered(&world, "maya", &question.message_id).await.response, "the first");
    assert!(world.dead_letters(TOPIC, "chat").is_empty(), "a second answer is no defect of the event");
}

#[tokio::test]
async fn a_redelivered_answer_is_one_row_in_the_inbox() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let question = ask(&world, "maya", "What is a list?", 1).await;
    let sent = world.publish("concepts", &answer_to(&question, "once")).await;
    for _ in 0..3 {
        world.publish_again("concepts", &sent).await;
    }
    let next = ask(&world, "maya", "What is a tuple?", 2).await;
    world.publish("concepts", &answer_to(&next, "after it")).await;
    answered(&world, "maya", &next.message_id).await;
    let pool = world.database.pool("chat").await;
    let (source, consumer, count): (String, String, i64) =
        sqlx::query_as("SELECT min(source), min(consumer), count(*) FROM inbox WHERE event_id = $1")
            .bind(sent.id.to_string())
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!((source.as_str(), consumer.as_str(), count), ("/learnflow/concepts", "chat", 1));
}

#[tokio::test]
async fn bytes_that_are_no_event_are_dead_letters_and_hold_nobody_up() {
    let world = World::new().await;
    let _chat = start_with(&world, impatient).await;
    let question = ask(&world, "maya", "What is a list?", 1).await;
    for junk in [&b"\xff\xff\xff"[..], b"{\"specversion\":\"1.0\"}", b""] {
        world.publish_value("concepts", TOPIC, "maya", junk.to_vec()).await;
    }
    world.publish("concepts", &answer_to(&question, "behind the junk")).await;
    assert_eq!(answered(&world, "maya", &question.message_id).await.response, "behind the junk");
    assert_eq!(world.dead_letters(TOPIC, "chat").len(), 3);
}
