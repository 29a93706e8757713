//! The decision: the tutor's classification, among the agents in service.

use learnflow_status::{Check, Invalid};
use learnflow_tutor::{Intent, Query, classify};
use learnflow_wire::learnflow::common::v1::{AgentType, QuestionContext};

use crate::domain::Agents;

/// A question whose fields are within their limits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    pub(crate) student_id: String,
    query: String,
    code: String,
    error: String,
    explicit: Option<Intent>,
}

impl Question {
    /// Checks the fields; all that are wrong are named.
    pub(crate) fn new(
        student_id: &str,
        query: &str,
        context: Option<&QuestionContext>,
        query_type: i32,
    ) -> Result<Self, Invalid> {
        let (code, error) =
            context.map_or(("", ""), |context| (context.code.as_str(), context.error.as_str()));
        let agent = AgentType::try_from(query_type);
        Check::new()
            .id(student_id, "student_id")
            .text(query, "query", 1, 5_000)
            .text(code, "context.code", 0, 10_000)
            .text(error, "context.error", 0, 10_000)
            .that(agent.is_ok(), "query_type", "must be one of the agents")
            .finish()?;
        Ok(Self {
            student_id: student_id.to_owned(),
            query: query.to_owned(),
            code: code.to_owned(),
            error: error.to_owned(),
            explicit: agent.ok().and_then(intent_of),
        })
    }
}

/// A routing decision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Route {
    pub(crate) agent: AgentType,
    /// 0–1.
    pub(crate) confidence: f64,
    pub(crate) topic_id: Option<i32>,
    /// The strongest first.
    pub(crate) evidence: Vec<String>,
    pub(crate) clarifying_question: Option<String>,
}

/// Decides who answers.
pub(crate) fn route(question: &Question, agents: &Agents) -> Route {
    let query = Query {
        text: &question.query,
        code: &question.code,
        error: &question.error,
        explicit: question.explicit,
    };
    let mut decision = classify(&query);
    let wanted = agent_of(decision.intent);
    let agent = agents.in_service(wanted);
    if agent != wanted {
        decision.evidence.push(format!("the agent {} is not in service", decision.intent));
    }
    Route {
        agent,
        confidence: decision.confidence,
        topic_id: decision.topic,
        evidence: decision.evidence,
        clarifying_question: decision.clarifying_question,
    }
}

const fn agent_of(intent: Intent) -> AgentType {
    match intent {
        Intent::Concepts => AgentType::Concepts,
        Intent::Review => AgentType::CodeReview,
        Intent::Debug => AgentType::Debug,
        Intent::Exercise => AgentType::Exercise,
        Intent::Progress => AgentType::Progress,
    }
}

const fn intent_of(agent: AgentType) -> Option<Intent> {
    match agent {
        AgentType::Unspecified => None,
        AgentType::Concepts => Some(Intent::Concepts),
        AgentType::CodeReview => Some(Intent::Review),
        AgentType::Debug => Some(Intent::Debug),
        AgentType::Exercise => Some(Intent::Exercise),
        AgentType::Progress => Some(Intent::Progress),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(query: &str, query_type: AgentType, agents: &str) -> Route {
        let question = Question::new("maya", query, None, query_type.into()).unwrap();
        route(&question, &Agents::parse(agents).unwrap())
    }

    #[test]
    fn an_explicit_type_wins_with_confidence_one() {
        let route = decide("What is a tuple?", AgentType::Exercise, "concepts,exercise");
        assert_eq!((route.agent, route.confidence), (AgentType::Exercise, 1.0));
    }

    #[test]
    fn a_concept_is_recognised_with_its_topic() {
        let route = decide("How do for loops work in Python?", AgentType::Unspecified, "concepts");
        assert_eq!((route.agent, route.topic_id), (AgentType::Concepts, Some(202)));
        assert!(!route.evidence.is_empty());
    }

    #[test]
    fn an_agent_out_of_service_is_said_so() {
        let route = decide("Give me an exercise on lists", AgentType::Unspecified, "concepts");
        assert_eq!(route.agent, AgentType::Concepts);
        assert!(
            route.evidence.iter().any(|reason| reason.contains("not in service")),
            "{:?}",
            route.evidence
        );
    }

    #[test]
    fn a_question_too_long_is_refused() {
        let invalid = Question::new("maya", &"x".repeat(5_001), None, 0).unwrap_err();
        assert_eq!(invalid.violations()[0].field, "query");
    }
}
