//! Modules, topics, and what is said about a topic at a level.

use crate::level::Level;

/// A module of the curriculum.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// 1–8.
    pub id: i32,
    /// Such as `Control flow`.
    pub title: String,
    /// What one can do after it, in a sentence.
    pub description: String,
}

/// A topic of the curriculum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Module × 100 + place: 101 variables … 803 virtual environments.
    pub id: i32,
    /// Its module, 1–8.
    pub module_id: i32,
    /// A stable name for addresses, such as `for-loops`.
    pub slug: String,
    /// Such as `For loops`.
    pub title: String,
    /// What it is, in a sentence.
    pub summary: String,
    /// Other names that mean this topic.
    pub aliases: Vec<String>,
    /// Slugs of related topics.
    pub related: Vec<String>,
    /// A mistake that is often made here (Markdown).
    pub common_mistake: String,
    /// What to try next (Markdown).
    pub next_step: String,
    /// What is said at each level, in the order of [`Level::ALL`]; `None` where nobody has written it yet.
    pub lessons: [Option<Lesson>; 4],
}

impl Topic {
    /// What is said at a level; `None` if nobody has written it yet.
    pub fn level(&self, level: Level) -> Option<&Lesson> {
        self.lessons[level.index()].as_ref()
    }

    /// Every name of the topic: title, slug, aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [self.title.as_str(), self.slug.as_str()].into_iter().chain(self.aliases.iter().map(String::as_str))
    }
}

/// What is said about a topic at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// The explanation (Markdown).
    pub explanation: String,
    /// A program that shows it.
    pub example: Example,
}

/// A runnable piece of Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What it shows, in one line.
    pub title: String,
    /// Python source that runs as it stands.
    pub code: String,
    /// Exactly what it prints, without the last line break.
    pub output: String,
}
