//! What to say about a topic at a level.

use std::fmt::Write as _;

use learnflow_curriculum::{Catalogue, Example, Lesson, Level, Topic, catalogue};

/// An explanation, assembled from the curriculum.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation<'c> {
    /// The topic.
    pub topic: &'c Topic,
    /// The level that the words are written for; `None` when nobody has written any yet.
    pub level: Option<Level>,
    /// Says honestly that the words are for another level than the one asked for, or that there are none.
    pub notice: Option<String>,
    /// The explanation (Markdown); the topic's summary when there is no more.
    pub text: &'c str,
    /// A runnable example.
    pub example: Option<&'c Example>,
    /// A mistake that is often made here.
    pub common_mistake: &'c str,
    /// What to try next.
    pub next_step: &'c str,
    /// Titles of related topics.
    pub related: Vec<&'c str>,
    /// Questions to go on with.
    pub suggestions: Vec<String>,
}

/// Explains a topic of the embedded curriculum at a level.
pub fn explain(topic: &'static Topic, level: Level) -> Explanation<'static> {
    from(catalogue(), topic, level)
}

fn from<'c>(catalogue: &'c Catalogue, topic: &'c Topic, asked: Level) -> Explanation<'c> {
    let found = nearest(topic, asked);
    let level = found.map(|(level, _)| level);
    let related: Vec<&Topic> = catalogue.related(topic).collect();
    Explanation {
        topic,
        level,
        notice: notice(topic, asked, level),
        text: found.map_or(&topic.summary, |(_, lesson)| &lesson.explanation),
        example: found.map(|(_, lesson)| &lesson.example),
        common_mistake: &topic.common_mistake,
        next_step: &topic.next_step,
        suggestions: suggestions(topic, &related, asked),
        related: related.into_iter().map(|topic| topic.title.as_str()).collect(),
    }
}

impl Explanation<'_> {
    /// The whole explanation as Markdown.
    pub fn markdown(&self) -> String {
        let mut page = format!("## {}\n\n", self.topic.title);
        if let Some(notice) = &self.notice {
            push(&mut page, format_args!("*{notice}*"));
        }
        push(&mut page, format_args!("{}", self.text));
        if let Some(example) = self.example {
            push(&mut page, format_args!("### {}", example.title));
            push(&mut page, format_args!("```python\n{}\n```", example.code));
            push(&mut page, format_args!("It prints:"));
            push(&mut page, format_args!("```text\n{}\n```", example.output));
        }
        push(&mut page, format_args!("**A common mistake.** {}", self.common_mistake));
        push(&mut page, format_args!("**Next step.** {}", self.next_step));
        if !self.related.is_empty() {
            push(&mut page, format_args!("**Related:** {}", self.related.join(", ")));
        }
        page.truncate(page.trim_end().len());
        page
    }
}

fn push(page: &mut String, paragraph: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = write!(page, "{paragraph}\n\n");
}

/// The lesson at a level, or else the nearest one, a simpler one first.
fn nearest(topic: &Topic, asked: Level) -> Option<(Level, &Lesson)> {
    let simpler = Level::ALL.into_iter().rev().filter(|&level| level <= asked);
    let harder = Level::ALL.into_iter().filter(|&level| level > asked);
    simpler.chain(harder).find_map(|level| Some((level, topic.level(level)?)))
}

fn notice(topic: &Topic, asked: Level, found: Option<Level>) -> Option<String> {
    match found {
        Some(level) if level == asked => None,
        Some(level) => Some(format!(
            "There is no explanation of {} at the level \"{asked}\" yet; this one is written for \"{level}\".",
            in_a_sentence(&topic.title)
        )),
        None => Some(format!(
            "Nobody has written an explanation of {} yet. In a sentence:",
            in_a_sentence(&topic.title)
        )),
    }
}

fn suggestions(topic: &Topic, related: &[&Topic], asked: Level) -> Vec<String> {
    let title = in_a_sentence(&topic.title);
    let mut suggestions = vec![format!("Give me an exercise on {title}")];
    if asked >= Level::Proficient {
        suggestions.push(format!("Quiz me on {title}"));
    }
    suggestions
        .extend(related.iter().take(2).map(|other| format!("Explain {}", in_a_sentence(&other.title))));
    if asked < Level::Proficient {
        suggestions.push(format!("Quiz me on {title}"));
    }
    suggestions
}

/// A title within a sentence: `for loops`, but `CSV files`.
pub(crate) fn in_a_sentence(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(title.chars().skip(1)).collect()
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests;
