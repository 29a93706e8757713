//! One topic file: TOML facts between `+++` lines, then Markdown sections.

use serde::Deserialize;

use crate::error::Error;
use crate::level::Level;
use crate::topic::{Example, Lesson, Topic};

const FRONT_MATTER: &str = "+++";
const SECTION: &str = "## ";
const EXAMPLE: &str = "### Example:";
const MISTAKE: &str = "Common mistake";
const NEXT_STEP: &str = "Next step";

/// The facts at the top of a topic file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    id: i32,
    slug: String,
    title: String,
    summary: String,
    aliases: Vec<String>,
    related: Vec<String>,
}

/// A heading and the lines below it.
struct Section<'a> {
    title: &'a str,
    lines: Vec<&'a str>,
}

/// Reads a topic file; relations between files are checked elsewhere.
pub(crate) fn topic(file: &str, text: &str) -> Result<Topic, Error> {
    let text = text.replace("\r\n", "\n");
    let (facts, body) = split_front_matter(file, &text)?;
    let facts: Facts = toml::from_str(facts).map_err(|error| {
        let field = error.span().map_or_else(|| "facts".to_owned(), |span| key_at(facts, span.start));
        Error::new(file, field, error.message())
    })?;

    let mut common_mistake = None;
    let mut next_step = None;
    let mut lessons = [const { None }; 4];
    for section in sections(file, body)? {
        let level = Level::ALL.into_iter().find(|level| level.title() == section.title);
        let fresh = match (section.title, level) {
            (_, Some(level)) => lessons[level.index()].replace(lesson(file, &section)?).is_none(),
            (MISTAKE, _) => common_mistake.replace(prose(&section.lines)).is_none(),
            (NEXT_STEP, _) => next_step.replace(prose(&section.lines)).is_none(),
            (other, None) => return Err(Error::new(file, other, "is not a section of a topic")),
        };
        if !fresh {
            return Err(Error::new(file, section.title, "occurs twice"));
        }
    }

    Ok(Topic {
        id: facts.id,
        module_id: facts.id / 100,
        slug: facts.slug,
        title: facts.title,
        summary: facts.summary,
        aliases: facts.aliases,
        related: facts.related,
        common_mistake: common_mistake.ok_or_else(|| Error::new(file, MISTAKE, "is missing"))?,
        next_step: next_step.ok_or_else(|| Error::new(file, NEXT_STEP, "is missing"))?,
        lessons,
    })
}

fn split_front_matter<'a>(file: &str, text: &'a str) -> Result<(&'a str, &'a str), Error> {
    let wrong = |problem| Error::new(file, "facts", problem);
    let rest = text
        .strip_prefix(FRONT_MATTER)
        .and_then(|rest| rest.strip_prefix('\n'))
        .ok_or_else(|| wrong("the first line must be +++"))?;
    rest.split_once("\n+++\n").ok_or_else(|| wrong("no second +++ line closes them"))
}

/// The key of the TOML line at a position, so that an error names the field.
fn key_at(facts: &str, position: usize) -> String {
    let before = facts.get(..position).unwrap_or(facts);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = facts[line_start..].lines().next().unwrap_or_default();
    match line.split_once('=') {
        Some((key, _)) => key.trim().to_owned(),
        None => "facts".to_owned(),
    }
}

/// Cuts the body at its `## ` headings, leaving fenced code alone.
fn sections<'a>(file: &str, body: &'a str) -> Result<Vec<Section<'a>>, Error> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    let mut fenced = false;
    for line in body.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let heading = line.strip_prefix(SECTION).filter(|_| !fenced);
        match (heading, sections.last_mut()) {
            (Some(title), _) => sections.push(Section { title: title.trim(), lines: Vec::new() }),
            (None, Some(section)) => section.lines.push(line),
            (None, None) if line.trim().is_empty() => {}
            (None, None) => return Err(Error::new(file, "body", "text before the first ## heading")),
        }
    }
    if fenced {
        return Err(Error::new(file, sections.last().map_or("body", |s| s.title), "a ``` is not closed"));
    }
    Ok(sections)
}

fn prose(lines: &[&str]) -> String {
    lines.join("\n").trim().to_owned()
}

/// A level's section: prose, then `### Example:`, a python block and a text block.
fn lesson(file: &str, section: &Section<'_>) -> Result<Lesson, Error> {
    let wrong = |problem: &str| Error::new(file, section.title, problem);
    let mut fenced = false;
    let start = section.lines.iter().position(|line| {
        fenced ^= line.starts_with("```");
        !fenced && line.starts_with(EXAMPLE)
    });
    let start = start.ok_or_else(|| wrong("has no `### Example: …` line"))?;
    let (before, from_example) = section.lines.split_at(start);
    let (title, rest) = from_example.split_first().ok_or_else(|| wrong("has no example"))?;

    let (code, rest) = block(rest, "```python").ok_or_else(|| wrong("the example has no ```python block"))?;
    let (output, rest) = block(rest, "```text").ok_or_else(|| wrong("the example has no ```text output"))?;
    if rest.iter().any(|line| !line.trim().is_empty()) {
        return Err(wrong("text after the example's output"));
    }
    let title = title.trim_start_matches(EXAMPLE).trim();
    Ok(Lesson { explanation: prose(before), example: Example { title: title.to_owned(), code, output } })
}

/// The fenced block that starts at the first line that isn't blank, and the lines after it.
fn block<'a, 'b>(lines: &'b [&'a str], opening: &str) -> Option<(String, &'b [&'a str])> {
    let start = lines.iter().position(|line| !line.trim().is_empty())?;
    let (first, rest) = lines[start..].split_first()?;
    if first.trim_end() != opening {
        return None;
    }
    let end = rest.iter().position(|line| line.trim_end() == "```")?;
    Some((rest[..end].join("\n"), &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: &str =
        "+++\nid = 101\nslug = \"x\"\ntitle = \"X\"\nsummary = \"S.\"\naliases = []\nrelated = []\n+++\n";
    const PROSE: &str = "\n## Common mistake\n\nM.\n\n## Next step\n\nN.\n";

    fn failure(text: &str) -> String {
        topic("t.md", text).unwrap_err().to_string()
    }

    #[test]
    fn a_level_is_prose_an_example_and_its_output() {
        let level = "\n## Learning\n\nOne.\n\n```text\n## not a heading\n### Example: nor this\n```\n\n### Example: Shown\n\n\
                     ```python\nif x:\n\n    print(1)\n```\n\n```text\n1\n```\n";
        let topic = topic("t.md", &format!("{FACTS}{PROSE}{level}")).unwrap();
        assert_eq!((topic.id, topic.module_id), (101, 1));
        assert_eq!((topic.common_mistake.as_str(), topic.next_step.as_str()), ("M.", "N."));
        assert!(topic.level(Level::Beginner).is_none());
        let lesson = topic.level(Level::Learning).unwrap();
        assert!(lesson.explanation.starts_with("One.") && lesson.explanation.ends_with("```"));
        assert_eq!(lesson.example.title, "Shown");
        assert_eq!(lesson.example.code, "if x:\n\n    print(1)");
        assert_eq!(lesson.example.output, "1");
    }

    #[test]
    fn windows_line_ends_do_not_matter() {
        let text = format!("{FACTS}{PROSE}");
        assert_eq!(topic("t.md", &text.replace('\n', "\r\n")), topic("t.md", &text));
    }

    #[test]
    fn mistakes_are_reported_with_file_and_field() {
        assert_eq!(failure("id = 1"), "t.md: facts: the first line must be +++");
        assert_eq!(failure("+++\nid = 1\n"), "t.md: facts: no second +++ line closes them");
        assert!(failure(&FACTS.replace("101", "\"a\"")).starts_with("t.md: id: "));
        assert!(failure(&FACTS.replace("summary", "sumary")).starts_with("t.md: sumary: "));
        assert_eq!(failure(FACTS), "t.md: Common mistake: is missing");
        assert_eq!(failure(&format!("{FACTS}{PROSE}{PROSE}")), "t.md: Common mistake: occurs twice");
        assert_eq!(
            failure(&format!("{FACTS}{PROSE}## Expert\n")),
            "t.md: Expert: is not a section of a topic"
        );
        assert_eq!(failure(&format!("{FACTS}stray{PROSE}")), "t.md: body: text before the first ## heading");
        let level = format!("{FACTS}{PROSE}## Beginner\nText\n");
        assert_eq!(failure(&level), "t.md: Beginner: has no `### Example: …` line");
        let level = format!("{level}### Example: E\n");
        assert_eq!(failure(&level), "t.md: Beginner: the example has no ```python block");
        let level = format!("{level}```python\n1\n```\n");
        assert_eq!(failure(&level), "t.md: Beginner: the example has no ```text output");
        assert_eq!(failure(&format!("{level}```text\n1\n")), "t.md: Beginner: a ``` is not closed");
        assert_eq!(
            failure(&format!("{level}```text\n1\n```\nmore\n")),
            "t.md: Beginner: text after the example's output"
        );
    }
}
