//! Answers a question that was routed to the concepts agent.

use learnflow_curriculum::{Level, Topic, catalogue};

use crate::explain::{Explanation, explain, in_a_sentence};
use crate::query::{Query, Route};

/// Suggested when the question gives no clue.
const FIRST_STEPS: [i32; 3] = [101, 202, 301];
/// So many topics are suggested.
const SUGGESTIONS: usize = 3;

/// What the concepts agent replies.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// An explanation.
    Explained(Box<Explanation<'static>>),
    /// A question back, because the topic isn't known.
    AskBack {
        /// The question (Markdown).
        text: String,
        /// Questions about three topics of the catalogue.
        suggestions: Vec<String>,
    },
}

impl Answer {
    /// The whole reply as Markdown.
    pub fn markdown(&self) -> String {
        match self {
            Self::Explained(explanation) => explanation.markdown(),
            Self::AskBack { text, .. } => text.clone(),
        }
    }

    /// Questions to go on with.
    pub fn suggestions(&self) -> &[String] {
        match self {
            Self::Explained(explanation) => &explanation.suggestions,
            Self::AskBack { suggestions, .. } => suggestions,
        }
    }
}

/// Explains the route's topic at the student's level, or asks back.
pub fn answer(query: &Query<'_>, route: &Route, level: Level) -> Answer {
    match route.topic.and_then(|id| catalogue().topic(id)) {
        Some(topic) if route.clarifying_question.is_none() => {
            Answer::Explained(Box::new(explain(topic, level)))
        }
        _ => ask_back(query, route),
    }
}

fn ask_back(query: &Query<'_>, route: &Route) -> Answer {
    let topics = suggested(query.text);
    let titles: Vec<String> = topics.iter().map(|topic| in_a_sentence(&topic.title)).collect();
    let opening = route.clarifying_question.clone().unwrap_or_else(|| {
        "That's not a topic I have an explanation for, or I didn't recognise it. Which part of Python is it about?".to_owned()
    });
    let list: Vec<String> =
        topics.iter().map(|topic| format!("- **{}**: {}", topic.title, topic.summary)).collect();
    Answer::AskBack {
        text: format!("{opening}\n\nFor example, I can tell you about:\n\n{}", list.join("\n")),
        suggestions: titles.into_iter().map(|title| format!("Explain {title}")).collect(),
    }
}

/// Three topics: those that the words come near, then good ones to start with.
fn suggested(text: &str) -> Vec<&'static Topic> {
    let near = catalogue().did_you_mean(text, SUGGESTIONS);
    let first_steps = FIRST_STEPS.into_iter().filter_map(|id| catalogue().topic(id));
    let mut topics: Vec<&Topic> = Vec::new();
    for topic in near.into_iter().chain(first_steps) {
        if topics.len() < SUGGESTIONS && !topics.iter().any(|known| known.id == topic.id) {
            topics.push(topic);
        }
    }
    topics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify;

    fn reply(text: &str) -> Answer {
        let query = Query::text(text);
        answer(&query, &classify(&query), Level::Beginner)
    }

    #[test]
    fn a_known_topic_is_explained() {
        let Answer::Explained(explanation) = reply("What is a tuple?") else { panic!("asked back") };
        assert_eq!(explanation.topic.id, 302);
        assert_eq!(explanation.level, Some(Level::Beginner));
    }

    #[test]
    fn an_unknown_topic_is_asked_back_with_three_suggestions() {
        for text in ["What is quantum chromodynamics?", "hello", "", "🙂"] {
            let reply = reply(text);
            assert!(matches!(reply, Answer::AskBack { .. }), "{text}");
            assert_eq!(reply.suggestions().len(), 3, "{text}");
            assert_eq!(reply.markdown().matches("\n- **").count(), 3, "{text}");
        }
    }
}
