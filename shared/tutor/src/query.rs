//! A student's question, and where it goes.

use std::fmt;

/// What a student wants, and so which agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Intent {
    /// Have something explained.
    #[default]
    Concepts,
    /// Have code looked at.
    Review,
    /// Find the cause of an error.
    Debug,
    /// Practise: an exercise or a quiz.
    Exercise,
    /// Know how far one is.
    Progress,
}

impl Intent {
    /// All intents.
    pub const ALL: [Self; 5] = [Self::Concepts, Self::Review, Self::Debug, Self::Exercise, Self::Progress];

    /// The agent's name at the edge, such as `code-review`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Concepts => "concepts",
            Self::Review => "code-review",
            Self::Debug => "debug",
            Self::Exercise => "exercise",
            Self::Progress => "progress",
        }
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A question with what the student is looking at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Query<'a> {
    /// The question in the student's words.
    pub text: &'a str,
    /// The code in the editor; empty if there is none.
    pub code: &'a str,
    /// The error message or traceback on the screen; empty if there is none.
    pub error: &'a str,
    /// The agent asked for explicitly, which wins over all evidence.
    pub explicit: Option<Intent>,
}

impl<'a> Query<'a> {
    /// A question without context.
    pub const fn text(text: &'a str) -> Self {
        Self { text, code: "", error: "", explicit: None }
    }
}

/// A routing decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Who answers.
    pub intent: Intent,
    /// The id of the curriculum topic that the question is about, if one was recognised.
    pub topic: Option<i32>,
    /// 0–1; 1 for an explicit type, 0.5 when nothing was recognised.
    pub confidence: f64,
    /// The words or shapes that decided it, the strongest first.
    pub evidence: Vec<String>,
    /// Asked back when the question can't be told from noise.
    pub clarifying_question: Option<String>,
}
