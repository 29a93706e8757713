//! `Explain`: every topic at every level, and what is refused.

use std::collections::BTreeSet;

use learnflow_concepts_client::pb;
use learnflow_concepts_client::pb::concepts_service_client::ConceptsServiceClient;
use learnflow_testkit::World;
use learnflow_wire::learnflow::common::v1::{AnswerSource, MasteryLevel};
use tonic::Code;
use tonic::transport::Channel;

use crate::{client, concept, fields, start};

#[tokio::test]
async fn each_topic_is_explained_at_four_levels_in_different_words() {
    let world = World::new().await;
    let replica = start(&world).await;
    let mut concepts = ConceptsServiceClient::new(replica.channel().await);
    let topics = concepts.list_topics(pb::ListTopicsRequest::default()).await.unwrap().into_inner().topics;
    let titles: BTreeSet<String> = topics.iter().map(|topic| topic.title.clone()).collect();
    // The ends of each range.
    let levels = [
        (MasteryLevel::Beginner, 0, 40),
        (MasteryLevel::Learning, 41, 70),
        (MasteryLevel::Proficient, 71, 90),
        (MasteryLevel::Mastered, 91, 100),
    ];
    let mut texts = BTreeSet::new();
    for topic in &topics {
        for (level, first, last) in levels {
            let said = explain(&mut concepts, topic.topic_id, first).await;
            assert_eq!(said, explain(&mut concepts, topic.topic_id, last).await, "{first} and {last}");
            assert_eq!((&said.concept, said.topic_id), (&topic.title, topic.topic_id));
            assert_eq!((said.level(), said.source()), (level, AnswerSource::Embedded), "{}", topic.title);
            assert!(said.explanation.split_whitespace().count() >= 30, "{said:?}");
            assert!(!said.examples.is_empty() && !said.related_concepts.is_empty(), "{said:?}");
            assert!(said.examples.iter().all(|example| !example.code.trim().is_empty()), "{said:?}");
            assert!(said.related_concepts.iter().all(|title| titles.contains(title)), "{said:?}");
            assert!(!said.related_concepts.contains(&topic.title), "{said:?}");
            assert!(!said.common_mistake.is_empty() && !said.next_step.is_empty(), "{said:?}");
            texts.insert(said.explanation);
        }
    }
    assert_eq!(texts.len(), 31 * 4, "no two explanations are the same");
}

async fn explain(
    concepts: &mut ConceptsServiceClient<Channel>,
    topic_id: i32,
    mastery_level: i32,
) -> pb::ExplainResponse {
    let mastery_level = Some(mastery_level);
    let request = pb::ExplainRequest { topic_id, mastery_level, ..pb::ExplainRequest::default() };
    concepts.explain(request).await.expect("an explanation").into_inner()
}

#[tokio::test]
async fn a_topic_is_named_in_many_ways() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let mut concepts = client(&world).await;
    let named = [
        (concept("For loops"), 202),
        (concept("for-loops"), 202),
        (concept("  FOR   LOOPS "), 202),
        (concept("list comprehension"), 301),
        (pb::ExplainRequest { topic: "tuples".to_owned(), ..Default::default() }, 302),
        (pb::ExplainRequest { topic: "tuples".to_owned(), ..concept("sets") }, 304),
        (pb::ExplainRequest { topic_id: 603, ..concept("sets") }, 603),
    ];
    for (request, topic_id) in named {
        let said = concepts.explain(request.clone()).await.unwrap().into_inner();
        assert_eq!(said.topic_id, topic_id, "{request:?}");
        assert_eq!(said.level(), MasteryLevel::Beginner, "without a mastery the words are a beginner's");
    }
}

#[tokio::test]
async fn an_unknown_concept_is_not_found_and_what_is_like_it_is_named() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let mut concepts = client(&world).await;
    let refused = concepts.explain(concept("tupels")).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert!(refused.message().contains("did you mean Tuples"), "{}", refused.message());
    let refused = concepts.explain(concept("xyzzy")).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::NotFound, "there is no topic \"xyzzy\""));
    let request = pb::ExplainRequest { topic_id: 999, ..pb::ExplainRequest::default() };
    assert_eq!(concepts.explain(request).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn mastery_outside_0_to_100_is_refused() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let mut concepts = client(&world).await;
    for mastery in [-1, 101, i32::MIN, i32::MAX] {
        let request = pb::ExplainRequest { mastery_level: Some(mastery), ..concept("tuples") };
        let refused = concepts.explain(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{mastery}");
        assert_eq!(fields(&refused), ["mastery_level"]);
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let mut concepts = client(&world).await;
    let wrong = pb::ExplainRequest {
        mastery_level: Some(101),
        student_id: "zoë".to_owned(),
        ..concept(&"x".repeat(201))
    };
    assert_eq!(
        fields(&concepts.explain(wrong).await.unwrap_err()),
        ["concept", "mastery_level", "student_id"]
    );
    let nameless = concepts.explain(pb::ExplainRequest::default()).await.unwrap_err();
    assert_eq!((nameless.code(), fields(&nameless)), (Code::InvalidArgument, vec!["concept".to_owned()]));
}
