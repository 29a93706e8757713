//! Events that cannot be handled, ever: to the dead letters at once, and the next one goes through.

use learnflow_chat_client::pb::QueryAsked;
use learnflow_events::CloudEvent;
use learnflow_testkit::{World, eventually};
use learnflow_wire::learnflow::common::v1::QuestionContext;
use prost::Message as _;

use crate::{decisions, question, routed, start, to_concepts};

const TOPIC: &str = "learning.requests";

#[tokio::test]
async fn a_malformed_event_is_a_dead_letter_and_the_next_one_is_routed() {
    let world = World::new().await;
    let _triage = start(&world).await;
    let good = world.publish("chat", &question("maya", "What is a set?")).await;
    let changed = |change: fn(&mut CloudEvent)| {
        let mut event = CloudEvent::decode(good.value.clone()).unwrap();
        event.id = uuid::Uuid::now_v7().to_string();
        change(&mut event);
        event.encode_to_vec()
    };
    let malformed = [
        ("nothing", Vec::new()),
        ("junk", b"\xff\x00\x13\x37".to_vec()),
        ("a JSON event", b"{\"specversion\":\"1.0\",\"id\":\"1\"}".to_vec()),
        ("half of an event", good.value[..good.value.len() / 2].to_vec()),
        ("no specversion", changed(|event| event.spec_version.clear())),
        ("another specversion", changed(|event| event.spec_version = "0.3".to_owned())),
        ("no id", changed(|event| event.id.clear())),
        ("no source", changed(|event| event.source.clear())),
        (
            "another topic's type",
            changed(|event| event.r#type = "learnflow.triage.review_requested.v1".to_owned()),
        ),
        ("no data", changed(|event| event.data = None)),
    ];
    for (_, value) in &malformed {
        world.publish_value("chat", TOPIC, "maya", value.clone()).await;
    }
    let next = question("maya", "What is a tuple?");
    world.publish("chat", &next).await;
    let said = to_concepts(&world, "maya", 2).await;
    assert_eq!(routed(said[1].event.question.clone()).message_id, next.message_id);
    let dead = world.dead_letters(TOPIC, "triage");
    for (what, value) in &malformed {
        assert!(dead.iter().any(|letter| letter == value), "{what} is not among the dead letters");
    }
    assert_eq!(dead.len(), malformed.len());
}

#[tokio::test]
async fn a_question_beyond_its_limits_is_a_dead_letter_and_leaves_no_row() {
    let world = World::new().await;
    let _triage = start(&world).await;
    let good = || question("maya", "What is a list?");
    let context =
        |code: String, error: String| Some(QuestionContext { code, error, ..QuestionContext::default() });
    let refused = [
        ("too long", QueryAsked { query: "x".repeat(5_001), ..good() }),
        ("empty", QueryAsked { query: " ".to_owned(), ..good() }),
        ("no student", QueryAsked { student_id: String::new(), ..good() }),
        ("an unknown agent", QueryAsked { query_type: 99, ..good() }),
        ("too much code", QueryAsked { context: context("x".repeat(10_001), String::new()), ..good() }),
        ("too long an error", QueryAsked { context: context(String::new(), "x".repeat(10_001)), ..good() }),
        ("a message id that is no UUID", QueryAsked { message_id: "7".to_owned(), ..good() }),
    ];
    for (what, event) in &refused {
        let sent = world.publish("chat", event).await;
        eventually(what, async || world.dead_letters(TOPIC, "triage").contains(&sent.value).then_some(()))
            .await;
        if uuid::Uuid::try_parse(&event.message_id).is_ok() {
            assert!(decisions(&world, &event.message_id).await.is_empty(), "{what}");
        }
    }
    world.publish("chat", &QueryAsked { query: "x".repeat(5_000), ..good() }).await;
    assert_eq!(to_concepts(&world, "maya", 1).await.len(), 1);
}

#[tokio::test]
async fn a_dead_letter_that_is_replayed_is_handled_then() {
    // An event that was refused leaves no trace in the inbox: the same bytes are looked at again.
    let world = World::new().await;
    let _triage = start(&world).await;
    let sent = world.publish("chat", &QueryAsked { query: String::new(), ..question("maya", "") }).await;
    for count in 1..=2 {
        eventually("the dead letter is there", async || {
            (world.dead_letters(TOPIC, "triage").len() == count).then_some(())
        })
        .await;
        world.publish_again("chat", &sent).await;
    }
}
