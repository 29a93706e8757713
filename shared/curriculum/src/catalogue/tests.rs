//! The embedded catalogue, and catalogues that are wrong on purpose.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::level::Level;

const IDS: [i32; 31] = [
    101, 102, 103, 104, 105, 201, 202, 203, 204, 301, 302, 303, 304, 401, 402, 403, 404, 501, 502, 503, 504,
    601, 602, 603, 701, 702, 703, 704, 801, 802, 803,
];

fn slug_of(name: &str) -> &str {
    catalogue().resolve(name).map_or("", |topic| topic.slug.as_str())
}

#[test]
fn eight_modules_hold_31_topics() {
    let catalogue = catalogue();
    let modules: Vec<i32> = catalogue.modules().iter().map(|module| module.id).collect();
    assert_eq!(modules, [1, 2, 3, 4, 5, 6, 7, 8]);
    let ids: Vec<i32> = catalogue.topics().iter().map(|topic| topic.id).collect();
    assert_eq!(ids, IDS);
    let sizes: Vec<usize> = modules.iter().map(|&id| catalogue.topics_of(id).len()).collect();
    assert_eq!(sizes, [5, 4, 4, 4, 4, 3, 4, 3]);
    assert!(catalogue.topics_of(0).is_empty() && catalogue.topics_of(9).is_empty());
    assert_eq!(catalogue.module(2).map(|module| module.title.as_str()), Some("Control flow"));
    assert!(catalogue.topic(205).is_none() && catalogue.module(9).is_none());
}

#[test]
fn related_topics_exist_and_are_others() {
    for topic in catalogue().topics() {
        let related: Vec<&Topic> = catalogue().related(topic).collect();
        assert_eq!(related.len(), topic.related.len(), "{}", topic.slug);
        assert!(related.len() >= 2, "{} has few relations", topic.slug);
        assert!(related.iter().all(|other| other.id != topic.id));
    }
}

#[test]
fn all_own_names_resolve_to_their_topic() {
    for topic in catalogue().topics() {
        for name in topic.names() {
            assert_eq!(slug_of(name), topic.slug, "{name}");
            assert_eq!(slug_of(&name.to_uppercase()), topic.slug, "{name}");
        }
        assert_eq!(slug_of(&topic.id.to_string()), topic.slug);
        assert!(topic.aliases.len() >= 15, "{} has few aliases", topic.slug);
    }
}

#[test]
fn names_that_students_use_resolve() {
    let cases = [
        ("list comprehensions", "lists"),
        ("f-string", "input-output"),
        ("fstrings", "input-output"),
        ("Recursion", "defining-functions"),
        ("for  LOOP", "for-loops"),
        ("Python for loops", "for-loops"),
        ("introduction to tuples", "tuples"),
        ("try/except", "try-except"),
        ("dict", "dictionaries"),
        ("**kwargs", "parameters"),
        ("OOP", "classes-objects"),
        ("lambda", "defining-functions"),
        ("generators", "for-loops"),
        ("venv", "virtual-environments"),
        ("pip", "installing-packages"),
        ("decorators", "defining-functions"),
        ("slicing", "lists"),
        ("modulo", "operators"),
        ("KeyError", "exception-types"),
        ("202", "for-loops"),
        ("quantum physics", ""),
        ("", ""),
        ("999", ""),
        ("python", ""),
    ];
    for (name, slug) in cases {
        assert_eq!(slug_of(name), slug, "{name}");
    }
}

#[test]
fn misspelt_names_get_suggestions() {
    let first = |name| catalogue().did_you_mean(name, 3).first().map_or("", |topic| topic.slug.as_str());
    assert_eq!(first("dictonaries"), "dictionaries");
    assert_eq!(first("fro loops"), "for-loops");
    assert_eq!(first("inheritence"), "inheritance");
    assert_eq!(first("recursoin"), "defining-functions");
    assert_eq!(first("list of things"), "lists");
    assert_eq!(first("xyzzy plugh"), "");
    assert_eq!(first(""), "");
    assert_eq!(catalogue().did_you_mean("loop", 2).len(), 2);
    assert!(catalogue().did_you_mean("loop", 0).is_empty());
}

#[test]
fn every_level_is_written_and_of_a_readable_length() {
    for topic in catalogue().topics() {
        for level in Level::ALL {
            let lesson =
                topic.level(level).unwrap_or_else(|| panic!("{}: {level} is not written yet", topic.slug));
            let words = lesson.explanation.split_whitespace().count();
            assert!((80..=200).contains(&words), "{} {level}: {words} words", topic.slug);
            let lines = lesson.example.code.lines().count();
            assert!((2..=45).contains(&lines), "{} {level}: {lines} lines of code", topic.slug);
        }
        let words = topic.summary.split_whitespace().count();
        assert!((8..=40).contains(&words), "{}: summary of {words} words", topic.slug);
        for (field, text) in [("mistake", &topic.common_mistake), ("next step", &topic.next_step)] {
            let words = text.split_whitespace().count();
            assert!((15..=80).contains(&words), "{}: {field} of {words} words", topic.slug);
        }
    }
}

#[test]
fn levels_say_different_things() {
    let words = |text: &str| -> BTreeSet<String> { names::words(text).into_iter().collect() };
    for topic in catalogue().topics() {
        let lessons: Vec<_> = topic.lessons.iter().flatten().collect();
        for (place, one) in lessons.iter().enumerate() {
            for other in &lessons[place + 1..] {
                let (a, b) = (words(&one.explanation), words(&other.explanation));
                let shared = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
                assert!(shared < 0.35, "{}: two levels share {shared:.2} of their words", topic.slug);
                assert_ne!(one.example.code, other.example.code, "{}", topic.slug);
            }
        }
    }
}

// --- faulty content ---------------------------------------------------------------------------------------

const MODULE: &str = "[[module]]\nid = 1\ntitle = \"T\"\ndescription = \"D.\"\n";

fn topic_file(id: i32, slug: &str, aliases: &str, related: &str) -> String {
    format!(
        "+++\nid = {id}\nslug = \"{slug}\"\ntitle = \"{slug}\"\nsummary = \"S.\"\naliases = [{aliases}]\n\
         related = [{related}]\n+++\n## Common mistake\nM.\n## Next step\nN.\n"
    )
}

fn load(modules: &str, files: &[(&str, String)]) -> Result<Catalogue, String> {
    let topics: Vec<Source<'_>> = files.iter().map(|(file, text)| Source { file, text }).collect();
    Catalogue::load(&Source { file: "modules.toml", text: modules }, &topics)
        .map_err(|error| error.to_string())
}

#[test]
fn a_small_catalogue_without_levels_loads() {
    let files = [
        ("102-b.md", topic_file(102, "b", "", "\"a\"")),
        ("101-a.md", topic_file(101, "a", "\"first\"", "\"b\"")),
    ];
    let catalogue = load(MODULE, &files).unwrap();
    assert_eq!(catalogue.topics()[0].slug, "a");
    assert!(
        catalogue.topics().iter().all(|topic| Level::ALL.iter().all(|&level| topic.level(level).is_none()))
    );
}

#[test]
fn faults_name_the_file_and_the_field() {
    let a = || ("101-a.md", topic_file(101, "a", "\"first\"", ""));
    let cases: Vec<(Vec<(&str, String)>, &str)> = vec![
        (
            vec![("102-a.md", topic_file(101, "a", "", ""))],
            "102-a.md: slug: id and slug ask for the file name 101-a.md",
        ),
        (
            vec![("102-a.md", topic_file(102, "a", "", ""))],
            "102-a.md: id: 102 where 101 should be: twice, or a gap",
        ),
        (vec![("201-a.md", topic_file(201, "a", "", ""))], "201-a.md: id: there is no module 2"),
        (
            vec![("101-a.md", topic_file(101, "a", "", "\"a\""))],
            "101-a.md: related: a: a topic is not related to itself",
        ),
        (
            vec![("101-a.md", topic_file(101, "a", "", "\"z\""))],
            "101-a.md: related: z: there is no such topic",
        ),
        (vec![("101-a.md", topic_file(101, "a", "\" \"", ""))], "101-a.md: aliases: an empty alias"),
        (
            vec![("101-a.md", topic_file(101, "a", "\"x\", \"the X\"", ""))],
            "101-a.md: aliases: the X: the topic has this name already",
        ),
        (
            vec![a(), ("102-b.md", topic_file(102, "b", "\"First\"", ""))],
            "102-b.md: aliases: First: 101-a.md has this name already",
        ),
        (
            vec![a(), ("102-b.md", topic_file(102, "b", "", "\"a\", \"a\""))],
            "102-b.md: related: a: named twice",
        ),
        (vec![("101-a.md", a().1.replace("\"S.\"", "\"\""))], "101-a.md: summary: is empty"),
        (vec![("101-a.md", a().1.replace("N.", ""))], "101-a.md: Next step: is empty"),
    ];
    for (files, expected) in cases {
        assert_eq!(load(MODULE, &files).unwrap_err(), expected);
    }
    assert_eq!(load(&MODULE.replace('1', "2"), &[]).unwrap_err(), "modules.toml: id: 2 where 1 should be");
    assert_eq!(
        load(&MODULE.replace("D.", ""), &[]).unwrap_err(),
        "modules.toml: module 1: description: is empty"
    );
    assert!(load("x = 1", &[]).unwrap_err().starts_with("modules.toml: module: "));
}

proptest! {
    #[test]
    fn any_name_can_be_looked_up(name in any::<String>()) {
        let found = catalogue().resolve(&name);
        let suggested = catalogue().did_you_mean(&name, 3);
        prop_assert!(suggested.len() <= 3);
        if let Some(topic) = found {
            prop_assert!(catalogue().topic(topic.id).is_some());
        }
    }
}
