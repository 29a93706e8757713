//! Explanations of the embedded curriculum, and of one that is still being written.

use learnflow_curriculum::Source;

use super::*;

#[test]
fn every_topic_is_explained_at_every_level() {
    for topic in catalogue().topics() {
        let pages: Vec<String> = Level::ALL
            .into_iter()
            .map(|level| {
                let explanation = explain(topic, level);
                assert_eq!(explanation.level, Some(level), "{}", topic.slug);
                assert_eq!(explanation.notice, None);
                assert_eq!(explanation.related.len(), topic.related.len());
                explanation.markdown()
            })
            .collect();
        for page in &pages {
            for part in [&topic.title, &topic.common_mistake, &topic.next_step] {
                assert!(page.contains(part.as_str()), "{}", topic.slug);
            }
            assert!(page.contains("```python\n") && page.contains("```text\n") && !page.ends_with('\n'));
            assert_eq!(page.matches("```").count() % 2, 0, "{}", topic.slug);
        }
        assert!(pages.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

#[test]
fn suggestions_are_questions_that_triage_understands() {
    use crate::{Intent, Query, classify};
    for topic in catalogue().topics() {
        for level in Level::ALL {
            for suggestion in explain(topic, level).suggestions {
                let route = classify(&Query::text(&suggestion));
                let intent =
                    if suggestion.starts_with("Explain") { Intent::Concepts } else { Intent::Exercise };
                assert_eq!(route.intent, intent, "{suggestion}: {:?}", route.evidence);
                let subject =
                    catalogue().topic(route.topic.unwrap_or_default()).map_or("", |found| &found.title);
                assert!(
                    suggestion.ends_with(&in_a_sentence(subject)) && !subject.is_empty(),
                    "{suggestion}: {subject}"
                );
            }
        }
    }
}

#[test]
fn titles_keep_their_capitals_when_they_are_initials() {
    assert_eq!(in_a_sentence("For loops"), "for loops");
    assert_eq!(in_a_sentence("CSV files"), "CSV files");
    assert_eq!(in_a_sentence("JSON"), "JSON");
    assert_eq!(in_a_sentence(""), "");
}

const MODULES: &str = "[[module]]\nid = 1\ntitle = \"T\"\ndescription = \"D.\"\n";
const UNWRITTEN: &str = "+++\nid = 101\nslug = \"a\"\ntitle = \"Things\"\nsummary = \"Things are things.\"\naliases = []\n\
                         related = []\n+++\n## Common mistake\nM.\n## Next step\nN.\n";
const LEVEL: &str = "Words.\n### Example: E\n```python\nprint(1)\n```\n```text\n1\n```\n";

fn load(text: &str) -> Catalogue {
    let modules = Source { file: "modules.toml", text: MODULES };
    Catalogue::load(&modules, &[Source { file: "101-a.md", text }]).unwrap()
}

#[test]
fn a_topic_that_nobody_has_written_is_not_pretended() {
    let catalogue = load(UNWRITTEN);
    let explanation = from(&catalogue, &catalogue.topics()[0], Level::Learning);
    assert_eq!(explanation.level, None);
    assert_eq!(explanation.example, None);
    assert_eq!(explanation.text, "Things are things.");
    assert!(explanation.markdown().contains("Nobody has written an explanation of things yet"));
}

#[test]
fn a_missing_level_is_replaced_by_the_nearest_and_says_so() {
    let catalogue = load(&format!("{UNWRITTEN}## Learning\n{LEVEL}"));
    for (asked, honest) in [(Level::Beginner, true), (Level::Learning, false), (Level::Mastered, true)] {
        let explanation = from(&catalogue, &catalogue.topics()[0], asked);
        assert_eq!(explanation.level, Some(Level::Learning));
        assert_eq!(explanation.notice.is_some(), honest, "{asked}");
    }
}
