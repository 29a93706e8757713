//! The order of one student's questions, and the work of many students.

use std::collections::BTreeMap;

use learnflow_testkit::World;

use crate::{question, routed, start, start_with, to_concepts};

const STUDENTS: usize = 5;
const QUESTIONS: usize = 200;

/// Publishes questions of the students in turn: for each, the message ids in order.
async fn publish(world: &World, count: usize) -> BTreeMap<String, Vec<String>> {
    let mut published: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for number in 0..count {
        let student_id = format!("student-{}", number % STUDENTS);
        let asked = question(&student_id, "How do for loops work in Python?");
        world.publish("chat", &asked).await;
        published.entry(student_id).or_default().push(asked.message_id);
    }
    published
}

async fn check(world: &World, published: BTreeMap<String, Vec<String>>) {
    for (student_id, message_ids) in published {
        let said = to_concepts(world, &student_id, message_ids.len()).await;
        let routed: Vec<String> =
            said.into_iter().map(|said| routed(said.event.question).message_id).collect();
        assert_eq!(routed, message_ids, "the order of {student_id}");
    }
}

#[tokio::test]
async fn the_order_of_each_student_is_kept_for_200_questions_of_5() {
    let world = World::new().await;
    let _triage = start(&world).await;
    let published = publish(&world, QUESTIONS).await;
    check(&world, published).await;
}

#[tokio::test]
async fn the_order_is_kept_by_two_replicas_of_which_one_goes() {
    let world = World::new().await;
    let (one, _other) = (start(&world).await, start(&world).await);
    let (published, ()) = tokio::join!(publish(&world, QUESTIONS), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        world.stop(one).await;
    });
    check(&world, published).await;
}

#[tokio::test]
async fn one_connection_suffices() {
    let world = World::new().await;
    let _triage = start_with(&world, |env| env.with("LEARNFLOW_DB_CONNECTIONS", "1")).await;
    let published = publish(&world, 50).await;
    check(&world, published).await;
}
