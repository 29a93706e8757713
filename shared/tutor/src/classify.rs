//! Triage: what a student wants, and about which topic.
//!
//! Evidence is weighed in a fixed order, the strongest kind first: an explicit type, a traceback, words and symptoms
//! of an error, code with words of review, practice, progress, concepts. Within a kind the rule with the highest
//! confidence decides. All rules are rows of tables.

mod code;
mod noise;
mod rules;
mod tables;
mod topic;
mod vocabulary;

use crate::query::{Intent, Query, Route};
use rules::Found;

/// Longer questions are cut: whatever matters is said by then, and the time stays bounded.
const LONGEST: usize = 6_000;
/// Confidence when nothing was recognised.
const UNSURE: f64 = 0.5;
/// Confidence of a question that is nothing but the name of a topic.
const BARE_TOPIC: f64 = 0.75;
/// Confidence of a question that comes with code and says nothing recognisable.
const BARE_CODE: f64 = 0.6;
/// What a topic adds to a question that sounds like one about concepts.
const TOPIC_BONUS: f64 = 0.25;

const CLARIFY: &str = "I'd like to help, but I'm not sure what you mean. Would you like something explained, help with \
                       an error, a look at your code, an exercise, or your progress?";
const CLARIFY_HELP: &str = "I'm here to help. What are you working on: a topic you'd like explained, an error message, \
                            or an exercise you're stuck on?";

/// Decides who answers a question. Deterministic; never panics; well under a millisecond.
pub fn classify(query: &Query<'_>) -> Route {
    let text = plain(query.text);
    let error = plain(query.error);
    let code = code::Seen::new(query.code, query.text);
    let prose = plain(code.prose());
    let input = rules::Input { text: &text, error: &error, code: code.present() };

    let found = rules::find(&input);
    let intent = query.explicit.or(found.as_ref().map(|found| found.intent));
    let topic = topic::find(&topic::Input {
        text: &text,
        prose: &prose,
        error: &error,
        code: code.source(),
        prefer_error: intent == Some(Intent::Debug),
    });

    let mut route = decide(query, found, topic.is_some(), code.present(), &text);
    if let Some(topic) = topic {
        route.evidence.push(format!("topic: {}", topic.because));
        route.topic = Some(topic.id);
    }
    route
}

fn decide(query: &Query<'_>, found: Option<Found>, topic: bool, code: bool, text: &str) -> Route {
    if let Some(intent) = query.explicit {
        return route(intent, 1.0, vec![format!("explicit type: {intent}")]);
    }
    match found {
        Some(found) if found.intent == Intent::Concepts && !topic => {
            route(found.intent, found.confidence, found.evidence)
        }
        Some(found) if found.intent == Intent::Concepts => {
            route(found.intent, found.confidence + TOPIC_BONUS, found.evidence)
        }
        Some(found) => route(found.intent, found.confidence, found.evidence),
        None if topic && !text.trim().is_empty() => route(Intent::Concepts, BARE_TOPIC, Vec::new()),
        None if code => route(Intent::Review, BARE_CODE, vec!["code without a question".to_owned()]),
        None => {
            let mut route = route(Intent::Concepts, UNSURE, Vec::new());
            route.clarifying_question = match noise::judge(text) {
                noise::Verdict::Words => None,
                noise::Verdict::CryForHelp => Some(CLARIFY_HELP.to_owned()),
                noise::Verdict::Noise => Some(CLARIFY.to_owned()),
            };
            route
        }
    }
}

fn route(intent: Intent, confidence: f64, evidence: Vec<String>) -> Route {
    Route { intent, topic: None, confidence: confidence.min(1.0), evidence, clarifying_question: None }
}

/// Lower case, straight apostrophes, bounded length.
fn plain(text: &str) -> String {
    text.chars()
        .take(LONGEST)
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{b4}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests;
