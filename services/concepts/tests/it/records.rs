//! What `Explain` leaves behind: a row and an event for a student, nothing for nobody.

use learnflow_concepts_client::pb;
use learnflow_testkit::World;
use learnflow_wire::learnflow::common::v1::{AnswerSource, MasteryLevel};

use crate::{client, concept, explained, rows, start};

#[tokio::test]
async fn an_explanation_for_a_student_is_one_row_and_one_event() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let mut concepts = client(&world).await;
    for (name, mastery) in [("tuples", 50), ("tuples", 50), ("sets", 95)] {
        let request = pb::ExplainRequest {
            mastery_level: Some(mastery),
            student_id: "maya".to_owned(),
            ..concept(name)
        };
        concepts.explain(request).await.unwrap();
    }
    let said = explained(&world, "maya", 3).await;
    let told: Vec<_> = said.iter().map(|said| (said.event.topic_id, said.event.level())).collect();
    let (learning, mastered) = (MasteryLevel::Learning, MasteryLevel::Mastered);
    assert_eq!(told, [(302, learning), (302, learning), (304, mastered)]);
    for said in &said {
        assert_eq!((said.source.as_str(), said.event.student_id.as_str()), ("/learnflow/concepts", "maya"));
        assert_eq!(said.event.query, "", "nobody asked in words");
    }
    let kept: Vec<_> = rows(&world, "maya")
        .await
        .into_iter()
        .map(|(_, _, topic, level, source)| (topic, level, source))
        .collect();
    let embedded = AnswerSource::Embedded as i16;
    let (learning, mastered) = (learning as i16, mastered as i16);
    assert_eq!(
        kept,
        [(Some(302), learning, embedded), (Some(302), learning, embedded), (Some(304), mastered, embedded)]
    );
}

#[tokio::test]
async fn an_explanation_for_nobody_in_particular_leaves_nothing() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let mut concepts = client(&world).await;
    concepts.explain(concept("tuples")).await.unwrap();
    let refused = pb::ExplainRequest { student_id: "maya".to_owned(), ..concept("xyzzy") };
    concepts.explain(refused).await.unwrap_err();
    let request = pb::ExplainRequest { student_id: "james".to_owned(), ..concept("sets") };
    concepts.explain(request).await.unwrap();
    explained(&world, "james", 1).await;
    assert_eq!(world.records("progress.events").len(), 1);
    assert!(rows(&world, "").await.is_empty() && rows(&world, "maya").await.is_empty());
    assert!(world.records("learning.responses").is_empty(), "a direct call answers nobody's question");
}
