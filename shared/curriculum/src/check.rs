//! What must hold within a topic and between topics.

use std::collections::BTreeMap;

use crate::content::Source;
use crate::error::Error;
use crate::level::Level;
use crate::names;
use crate::topic::{Module, Topic};

/// Modules are numbered from 1 and say what they are.
pub(crate) fn modules(file: &str, modules: &[Module]) -> Result<(), Error> {
    for (module, expected) in modules.iter().zip(1..) {
        if module.id != expected {
            return Err(Error::new(file, "id", format!("{} where {expected} should be", module.id)));
        }
        for (field, text) in [("title", &module.title), ("description", &module.description)] {
            filled(file, &format!("module {expected}: {field}"), text)?;
        }
    }
    Ok(())
}

/// A topic's own fields are complete, and its file is named after it.
pub(crate) fn topic(source: &Source<'_>, topic: &Topic) -> Result<(), Error> {
    let file = source.file;
    let name = file.rsplit('/').next().unwrap_or(file);
    let expected = format!("{}-{}.md", topic.id, topic.slug);
    if name != expected {
        return Err(Error::new(file, "slug", format!("id and slug ask for the file name {expected}")));
    }
    let fields = [
        ("slug", &topic.slug),
        ("title", &topic.title),
        ("summary", &topic.summary),
        ("Common mistake", &topic.common_mistake),
        ("Next step", &topic.next_step),
    ];
    for (field, text) in fields {
        filled(file, field, text)?;
    }
    for level in Level::ALL {
        let Some(lesson) = topic.level(level) else { continue };
        filled(file, level.title(), &lesson.explanation)?;
        filled(file, &format!("{} example title", level.title()), &lesson.example.title)?;
        filled(file, &format!("{} example code", level.title()), &lesson.example.code)?;
        filled(file, &format!("{} example output", level.title()), &lesson.example.output)?;
    }
    Ok(())
}

/// Topics (in the order of their ids) fill their modules without gaps, and related ones exist.
pub(crate) fn relations(modules: &[Module], topics: &[(&Source<'_>, Topic)]) -> Result<(), Error> {
    let mut expected = 0;
    for (source, topic) in topics {
        let first = topic.module_id * 100 + 1;
        expected = if expected / 100 == topic.module_id { expected + 1 } else { first };
        if topic.id != expected {
            let problem = format!("{} where {expected} should be: twice, or a gap", topic.id);
            return Err(Error::new(source.file, "id", problem));
        }
        if !modules.iter().any(|module| module.id == topic.module_id) {
            return Err(Error::new(source.file, "id", format!("there is no module {}", topic.module_id)));
        }
        for (place, slug) in topic.related.iter().enumerate() {
            let problem = if *slug == topic.slug {
                "a topic is not related to itself"
            } else if topic.related[..place].contains(slug) {
                "named twice"
            } else if !topics.iter().any(|(_, other)| other.slug == *slug) {
                "there is no such topic"
            } else {
                continue;
            };
            return Err(Error::new(source.file, "related", format!("{slug}: {problem}")));
        }
    }
    Ok(())
}

/// All names, each leading to one topic's position.
pub(crate) fn names(topics: &[(&Source<'_>, Topic)]) -> Result<BTreeMap<String, usize>, Error> {
    let mut index = BTreeMap::new();
    for (position, (source, topic)) in topics.iter().enumerate() {
        let own = [names::key(&topic.title), names::key(&topic.slug)];
        for (field, name) in [("title", &topic.title), ("slug", &topic.slug)] {
            claim(&mut index, topics, position, Error::new(source.file, field, name.clone()))?;
        }
        for alias in &topic.aliases {
            let key = names::key(alias);
            let entry = Error::new(source.file, "aliases", alias.clone());
            if key.is_empty() {
                return Err(Error { problem: "an empty alias".to_owned(), ..entry });
            }
            if own.contains(&key) || index.get(&key) == Some(&position) {
                return Err(Error { problem: format!("{alias}: the topic has this name already"), ..entry });
            }
            claim(&mut index, topics, position, entry)?;
        }
    }
    Ok(index)
}

/// Gives a name (in `entry.problem`) to the topic at `position`, unless another has it.
fn claim(
    index: &mut BTreeMap<String, usize>,
    topics: &[(&Source<'_>, Topic)],
    position: usize,
    entry: Error,
) -> Result<(), Error> {
    let owner = *index.entry(names::key(&entry.problem)).or_insert(position);
    if owner == position {
        return Ok(());
    }
    let problem = format!("{}: {} has this name already", entry.problem, topics[owner].0.file);
    Err(Error { problem, ..entry })
}

fn filled(file: &str, field: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() { Err(Error::new(file, field, "is empty")) } else { Ok(()) }
}
