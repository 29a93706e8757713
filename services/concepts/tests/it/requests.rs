//! Questions that triage routed here, and their answers.

use learnflow_concepts_client::pb::ExplanationGiven;
use learnflow_testkit::{Said, World, eventually};
use learnflow_triage_client::pb::{ExplanationRequested, Route, RoutedQuestion};
use learnflow_wire::learnflow::common::v1::{AgentType, AnswerSource, MasteryLevel};
use uuid::Uuid;

use crate::{client, explained, rows, start};

const TOPIC: &str = "concepts.requests";

/// A question as triage sends it on.
fn request(student_id: &str, query: &str, topic_id: i32) -> ExplanationRequested {
    let question = RoutedQuestion {
        message_id: Uuid::now_v7().to_string(),
        conversation_id: Uuid::now_v7().to_string(),
        student_id: student_id.to_owned(),
        query: query.to_owned(),
        route: Some(Route {
            agent_type: AgentType::Concepts.into(),
            confidence: 0.85,
            topic_id,
            ..Route::default()
        }),
        ..RoutedQuestion::default()
    };
    with(question)
}

fn with(question: RoutedQuestion) -> ExplanationRequested {
    ExplanationRequested {
        student_id: question.student_id.clone(),
        message_id: question.message_id.clone(),
        question: Some(question),
    }
}

/// Changes the question within.
fn changed(
    mut request: ExplanationRequested,
    change: impl FnOnce(&mut RoutedQuestion),
) -> ExplanationRequested {
    change(request.question.as_mut().expect("a question"));
    with(request.question.expect("a question"))
}

/// The answers to a student, once there are `count`.
async fn given(world: &World, student_id: &str, count: usize) -> Vec<Said<ExplanationGiven>> {
    eventually("the question is answered", async || {
        let events = world.events::<ExplanationGiven>().into_iter();
        let of_student: Vec<_> = events.filter(|said| said.key == student_id).collect();
        (of_student.len() >= count).then_some(of_student)
    })
    .await
}

#[tokio::test]
async fn the_answer_has_all_that_the_student_is_shown() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let asked = request("maya", "How do for loops work?", 202);
    world.publish("triage", &asked).await;
    let said = given(&world, "maya", 1).await.remove(0);
    assert_eq!((said.source.as_str(), said.key.as_str()), ("/learnflow/concepts", "maya"));
    let (answer, question) = (said.event, asked.question.unwrap());
    assert_eq!(
        (&answer.message_id, &answer.conversation_id),
        (&question.message_id, &question.conversation_id)
    );
    assert_eq!((answer.student_id.as_str(), answer.topic_id), ("maya", 202));
    assert!(
        (answer.confidence - 0.85).abs() < f64::EPSILON,
        "the routing's confidence: {}",
        answer.confidence
    );
    assert_eq!((answer.level(), answer.source()), (MasteryLevel::Beginner, AnswerSource::Embedded));
    assert!(
        answer.response.contains(&answer.explanation) && answer.response.contains("```python"),
        "{answer:?}"
    );
    assert!(answer.examples[0].code.contains("for "), "{answer:?}");
    assert!(!answer.related_concepts.is_empty() && !answer.suggestions.is_empty(), "{answer:?}");

    let told = explained(&world, "maya", 1).await.remove(0).event;
    assert_eq!((told.topic_id, told.level(), told.query), (202, MasteryLevel::Beginner, question.query));
    let message_id = Uuid::try_parse(&question.message_id).unwrap();
    let row = (
        message_id,
        "maya".to_owned(),
        Some(202),
        MasteryLevel::Beginner as i16,
        AnswerSource::Embedded as i16,
    );
    assert_eq!(rows(&world, "maya").await, [row]);
}

#[tokio::test]
async fn the_answer_is_for_the_students_level_and_is_that_of_the_rpc() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let levels = [
        (MasteryLevel::Beginner, 12),
        (MasteryLevel::Learning, 55),
        (MasteryLevel::Proficient, 80),
        (MasteryLevel::Mastered, 100),
    ];
    for (_, mastery) in levels {
        let asked =
            changed(request("maya", "What is a tuple?", 302), |question| question.mastery = Some(mastery));
        world.publish("triage", &asked).await;
    }
    let given = given(&world, "maya", 4).await;
    for (said, (level, mastery)) in given.into_iter().zip(levels) {
        let request = learnflow_concepts_client::pb::ExplainRequest {
            topic_id: 302,
            mastery_level: Some(mastery),
            ..Default::default()
        };
        let same = client(&world).await.explain(request).await.unwrap().into_inner();
        assert_eq!((said.event.level(), said.event.explanation), (level, same.explanation));
        assert_eq!(
            (said.event.examples, said.event.related_concepts),
            (same.examples, same.related_concepts)
        );
    }
}

#[tokio::test]
async fn a_question_without_a_topic_is_asked_back() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    world.publish("triage", &request("maya", "What is quantum chromodynamics?", 0)).await;
    let noise = changed(request("maya", "asdfgh", 0), |question| {
        question.route.as_mut().unwrap().clarifying_question = "What would you like to know?".to_owned();
    });
    world.publish("triage", &noise).await;
    let given = given(&world, "maya", 2).await;
    for said in &given {
        let answer = &said.event;
        assert_eq!(
            (answer.topic_id, answer.explanation.as_str(), answer.examples.len()),
            (0, "", 0),
            "{answer:?}"
        );
        assert_eq!(answer.suggestions.len(), 3, "{answer:?}");
    }
    assert!(given[1].event.response.starts_with("What would you like to know?"), "{:?}", given[1].event);
    assert!(rows(&world, "maya").await.iter().all(|(_, _, topic, ..)| topic.is_none()));
    // The student was active all the same.
    assert_eq!(explained(&world, "maya", 2).await[1].event.query, "asdfgh");
}

#[tokio::test]
async fn a_redelivered_question_is_answered_once() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let sent = world.publish("triage", &request("maya", "What is a list?", 301)).await;
    world.publish_again("triage", &sent).await;
    world.publish_again("triage", &sent).await;
    world.publish("triage", &request("maya", "What is a tuple?", 302)).await;
    let topics: Vec<i32> =
        given(&world, "maya", 2).await.into_iter().map(|said| said.event.topic_id).collect();
    assert_eq!(topics, [301, 302]);
    assert_eq!(explained(&world, "maya", 2).await.len(), 2);
    assert_eq!(rows(&world, "maya").await.len(), 2);
}

#[tokio::test]
async fn a_request_that_cannot_be_answered_is_a_dead_letter_and_the_next_one_is_answered() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let good = request("maya", "What is a list?", 301);
    let refused = [
        ("no question", ExplanationRequested { question: None, ..good.clone() }),
        ("no UUID", changed(good.clone(), |question| question.message_id = "7".to_owned())),
    ];
    for (what, event) in &refused {
        let sent = world.publish("triage", event).await;
        eventually(what, async || world.dead_letters(TOPIC, "concepts").contains(&sent.value).then_some(()))
            .await;
    }
    world.publish_value("triage", TOPIC, "maya", b"junk".to_vec()).await;
    world.publish("triage", &good).await;
    assert_eq!(given(&world, "maya", 1).await.len(), 1);
    assert_eq!(world.dead_letters(TOPIC, "concepts").len(), 3);
    assert_eq!(rows(&world, "maya").await.len(), 1);
}

#[tokio::test]
async fn a_topic_or_mastery_that_does_not_exist_still_gets_an_answer() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    world.publish("triage", &request("maya", "What is this?", 999)).await;
    let unlikely = changed(request("maya", "What is a list?", 301), |question| question.mastery = Some(250));
    world.publish("triage", &unlikely).await;
    let given = given(&world, "maya", 2).await;
    assert_eq!((given[0].event.topic_id, given[1].event.topic_id), (0, 301));
    assert_eq!(given[1].event.level(), MasteryLevel::Beginner);
}
