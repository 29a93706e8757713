//! What the concepts agent says to a question that was routed to it.

use learnflow_curriculum::Level;
use learnflow_tutor::{Answer, Explanation, Intent, Query, Route};

/// A question as triage sent it on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) query: String,
    pub(crate) topic_id: Option<i32>,
    pub(crate) clarifying_question: Option<String>,
    /// `None` when it is not known: then the words are for a beginner.
    pub(crate) mastery: Option<i32>,
}

/// The answer, and the level it is for.
pub(crate) fn answer(said: &Said) -> (Answer, Level) {
    let level = said.mastery.and_then(Level::from_mastery).unwrap_or(Level::Beginner);
    let route = Route {
        intent: Intent::Concepts,
        topic: said.topic_id,
        confidence: 0.0,
        evidence: Vec::new(),
        clarifying_question: said.clarifying_question.clone(),
    };
    let answer = learnflow_tutor::answer(&Query::text(&said.query), &route, level);
    let level = match &answer {
        Answer::Explained(explanation) => level_of(explanation, level),
        Answer::AskBack { .. } => level,
    };
    (answer, level)
}

/// The level that the words are written for, which may be another than the one wanted.
pub(crate) fn level_of(explanation: &Explanation<'_>, wanted: Level) -> Level {
    explanation.level.unwrap_or(wanted)
}
