//! Each question goes to the topic of its agent, keyed by the student, and the decision is kept.

use learnflow_chat_client::pb::QueryAsked;
use learnflow_events::Event;
use learnflow_testkit::{Said, World, eventually};
use learnflow_triage_client::pb::{
    DiagnosisRequested, ExerciseRequested, ExplanationRequested, ProgressRequested, ReviewRequested,
    RoutedQuestion,
};
use learnflow_wire::learnflow::common::v1::{AgentType, QuestionContext};

use crate::{decisions, question, routed, start, start_with, to_concepts};

/// An event that carries a question to an agent.
trait Request: Event + Clone {
    fn parts(self) -> (String, String, Option<RoutedQuestion>);
}

macro_rules! requests {
    ($($request:ident),*) => {$(
        impl Request for $request {
            fn parts(self) -> (String, String, Option<RoutedQuestion>) {
                (self.student_id, self.message_id, self.question)
            }
        }
    )*};
}

requests!(ExplanationRequested, ReviewRequested, DiagnosisRequested, ExerciseRequested, ProgressRequested);

/// Publishes `asked` and waits for it on the topic of `R`; checks what the event and the row say of it.
async fn goes_to<R: Request>(world: &World, agent: AgentType, asked: QueryAsked) -> RoutedQuestion {
    world.publish("chat", &asked).await;
    let said: Said<R> = eventually(&format!("{:?} is on {}", asked.query, R::TOPIC), async || {
        world.events::<R>().into_iter().find(|said| said.event.clone().parts().1 == asked.message_id)
    })
    .await;
    assert_eq!((said.key.as_str(), said.source.as_str()), (asked.student_id.as_str(), "/learnflow/triage"));
    let (student_id, message_id, question) = said.event.parts();
    let question = routed(question);
    assert_eq!((&student_id, &message_id), (&asked.student_id, &asked.message_id));
    assert_eq!((&question.student_id, &question.message_id), (&asked.student_id, &asked.message_id));
    assert_eq!((&question.query, &question.context), (&asked.query, &asked.context));
    assert_eq!(question.conversation_id, asked.conversation_id);

    let route = question.route.as_ref().expect("a route");
    assert_eq!(route.agent_type(), agent, "{:?}", asked.query);
    let topic_id = (route.topic_id != 0).then_some(route.topic_id);
    let kept = (student_id, agent as i16, route.confidence, topic_id, route.evidence.clone());
    assert_eq!(decisions(world, &message_id).await, [kept]);
    question
}

#[tokio::test]
async fn each_of_five_intents_goes_to_its_agent() {
    let world = World::new().await;
    let _triage = start(&world).await;
    let concepts = question("maya", "How do for loops work in Python?");
    let routed = goes_to::<ExplanationRequested>(&world, AgentType::Concepts, concepts).await;
    let route = routed.route.unwrap();
    assert_eq!(route.topic_id, 202);
    assert!(route.confidence > 0.5 && !route.evidence.is_empty(), "{route:?}");

    let review = QueryAsked {
        context: Some(QuestionContext { code: "def f(): pass".to_owned(), ..QuestionContext::default() }),
        ..question("maya", "Can you review my code?")
    };
    goes_to::<ReviewRequested>(&world, AgentType::CodeReview, review).await;
    let debug = QueryAsked {
        context: Some(QuestionContext {
            error: "IndexError: list index out of range".to_owned(),
            ..QuestionContext::default()
        }),
        ..question("james", "It says list index out of range, why?")
    };
    goes_to::<DiagnosisRequested>(&world, AgentType::Debug, debug).await;
    let exercise = question("james", "Give me an exercise on for loops");
    goes_to::<ExerciseRequested>(&world, AgentType::Exercise, exercise).await;
    let progress = question("maya", "How am I doing so far?");
    goes_to::<ProgressRequested>(&world, AgentType::Progress, progress).await;
}

#[tokio::test]
async fn an_explicit_type_wins_with_confidence_one() {
    let world = World::new().await;
    let _triage = start(&world).await;
    // About a concept, by its words.
    let asked =
        |agent: AgentType| QueryAsked { query_type: agent.into(), ..question("maya", "What is a tuple?") };
    let routed = [
        goes_to::<ExplanationRequested>(&world, AgentType::Concepts, asked(AgentType::Concepts)).await,
        goes_to::<ReviewRequested>(&world, AgentType::CodeReview, asked(AgentType::CodeReview)).await,
        goes_to::<DiagnosisRequested>(&world, AgentType::Debug, asked(AgentType::Debug)).await,
        goes_to::<ExerciseRequested>(&world, AgentType::Exercise, asked(AgentType::Exercise)).await,
        goes_to::<ProgressRequested>(&world, AgentType::Progress, asked(AgentType::Progress)).await,
    ];
    for question in routed {
        let confidence = question.route.unwrap().confidence;
        assert!((confidence - 1.0).abs() < f64::EPSILON, "{confidence}");
    }
}

#[tokio::test]
async fn what_is_not_recognised_goes_to_concepts_with_a_half_or_a_question_back() {
    let world = World::new().await;
    let _triage = start(&world).await;
    let plain = question("maya", "the weather in Oslo today");
    let route = goes_to::<ExplanationRequested>(&world, AgentType::Concepts, plain).await.route.unwrap();
    assert!((route.confidence - 0.5).abs() < f64::EPSILON, "{route:?}");
    let noise = question("maya", "asdf jkl qwrt");
    let route = goes_to::<ExplanationRequested>(&world, AgentType::Concepts, noise).await.route.unwrap();
    assert!(!route.clarifying_question.is_empty(), "{route:?}");
    assert!(route.confidence <= 0.5, "{route:?}");
}

#[tokio::test]
async fn an_agent_out_of_service_is_stood_in_for_by_concepts() {
    let world = World::new().await;
    let _triage = start_with(&world, |env| env.with("LEARNFLOW_AGENTS", "concepts,debug")).await;
    let exercise = question("maya", "Give me an exercise on for loops");
    let routed = goes_to::<ExplanationRequested>(&world, AgentType::Concepts, exercise).await;
    let evidence = routed.route.unwrap().evidence;
    assert!(evidence.iter().any(|reason| reason.contains("exercise is not in service")), "{evidence:?}");
    let explicit = QueryAsked { query_type: AgentType::Progress.into(), ..question("maya", "How far am I?") };
    goes_to::<ExplanationRequested>(&world, AgentType::Concepts, explicit).await;
    let debug = question("maya", "IndexError: list index out of range");
    goes_to::<DiagnosisRequested>(&world, AgentType::Debug, debug).await;
    assert!(world.records("exercise.requests").is_empty() && world.records("progress.requests").is_empty());
}

#[tokio::test]
async fn the_request_and_the_trace_travel_on() {
    use learnflow_events::{Context, Outgoing};
    let world = World::new().await;
    let _triage = start(&world).await;
    let context = Context { correlation_id: "r-42".to_owned(), ..Context::default() };
    let asked = question("maya", "What is a list?");
    let now = time::OffsetDateTime::now_utc();
    world.publish_again("chat", &Outgoing::new(&asked, "chat", uuid::Uuid::now_v7(), now, &context)).await;
    let said = to_concepts(&world, "maya", 1).await;
    assert_eq!(said[0].context.correlation_id, "r-42");
}
