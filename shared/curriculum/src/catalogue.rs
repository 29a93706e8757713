//! The whole curriculum, loaded once, and ways to find a topic in it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::content::{MODULES, Source, TOPICS};
use crate::error::Error;
use crate::topic::{Module, Topic};
use crate::{check, names, parse};

/// Words around a name that don't belong to it, as in `python lists` or `introduction to tuples`.
const FILLERS: [&str; 14] = [
    "python",
    "python3",
    "in",
    "of",
    "to",
    "with",
    "using",
    "about",
    "introduction",
    "intro",
    "basic",
    "tutorial",
    "concept",
    "topic",
];
/// Longer names are cut before they are compared letter by letter.
const LONGEST_NAME: usize = 60;
/// From this similarity on, one name may be meant by another.
const ALIKE: f64 = 0.6;
/// The similarity that sharing a whole word is worth.
const SHARED_WORD: f64 = 0.85;

/// The curriculum: modules and topics in teaching order.
#[derive(Debug, Clone)]
pub struct Catalogue {
    modules: Vec<Module>,
    topics: Vec<Topic>,
    /// Comparable form of every name → position in `topics`.
    index: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModuleFile {
    module: Vec<Module>,
}

/// The embedded curriculum.
///
/// # Panics
///
/// If the embedded files are faulty, with the file and the field. The tests of this crate load them.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| match Catalogue::load(&MODULES, TOPICS) {
        Ok(catalogue) => catalogue,
        Err(error) => panic!("embedded curriculum: {error}"),
    })
}

impl Catalogue {
    /// Reads and checks a curriculum.
    pub fn load(modules: &Source<'_>, topics: &[Source<'_>]) -> Result<Self, Error> {
        let file: ModuleFile = toml::from_str(modules.text)
            .map_err(|error| Error::new(modules.file, "module", error.message()))?;
        check::modules(modules.file, &file.module)?;

        let mut parsed = Vec::with_capacity(topics.len());
        for source in topics {
            let topic = parse::topic(source.file, source.text)?;
            check::topic(source, &topic)?;
            parsed.push((source, topic));
        }
        parsed.sort_by_key(|(_, topic)| topic.id);
        check::relations(&file.module, &parsed)?;
        let index = check::names(&parsed)?;
        let topics = parsed.into_iter().map(|(_, topic)| topic).collect();
        Ok(Self { modules: file.module, topics, index })
    }

    /// All modules, in teaching order.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// A module by its number.
    pub fn module(&self, id: i32) -> Option<&Module> {
        self.modules.iter().find(|module| module.id == id)
    }

    /// All topics, in teaching order.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The topics of a module, in teaching order; none for an unknown module.
    pub fn topics_of(&self, module_id: i32) -> &[Topic] {
        let start = self.topics.partition_point(|topic| topic.module_id < module_id);
        let end = self.topics.partition_point(|topic| topic.module_id <= module_id);
        &self.topics[start..end]
    }

    /// A topic by its id, such as 202.
    pub fn topic(&self, id: i32) -> Option<&Topic> {
        self.topics.binary_search_by_key(&id, |topic| topic.id).ok().map(|position| &self.topics[position])
    }

    /// The topics that a topic names as related, in its order.
    pub fn related<'c>(&'c self, topic: &'c Topic) -> impl Iterator<Item = &'c Topic> {
        topic.related.iter().filter_map(|slug| self.topics.iter().find(|other| other.slug == *slug))
    }

    /// The topic that a name means: an id, a title, a slug or an alias, whatever its case, number or punctuation.
    ///
    /// It does not guess; see [`Catalogue::did_you_mean`] for misspelt names.
    pub fn resolve(&self, name: &str) -> Option<&Topic> {
        if let Ok(id) = name.trim().parse() {
            return self.topic(id);
        }
        let words = names::words(name);
        self.named(&words.concat()).or_else(|| {
            let core: String = words.into_iter().filter(|word| !FILLERS.contains(&word.as_str())).collect();
            self.named(&core)
        })
    }

    /// Topics that a misspelt or vague name may mean, the likeliest first, at most `limit`.
    pub fn did_you_mean(&self, name: &str, limit: usize) -> Vec<&Topic> {
        let words = names::words(name);
        let key: String = words.concat().chars().take(LONGEST_NAME).collect();
        if key.is_empty() {
            return Vec::new();
        }
        let mut best = vec![0.0_f64; self.topics.len()];
        for (known, &position) in &self.index {
            let alike = strsim::normalized_damerau_levenshtein(&key, known);
            best[position] = best[position].max(alike);
        }
        for word in words.iter().take(LONGEST_NAME).filter(|word| word.len() > 2) {
            if let Some(&position) = self.index.get(word) {
                best[position] = best[position].max(SHARED_WORD);
            }
        }
        let mut ranked: Vec<usize> = (0..best.len()).filter(|&position| best[position] >= ALIKE).collect();
        ranked.sort_by(|&left, &right| best[right].total_cmp(&best[left]).then(left.cmp(&right)));
        ranked.into_iter().take(limit).map(|position| &self.topics[position]).collect()
    }

    fn named(&self, key: &str) -> Option<&Topic> {
        self.index.get(key).map(|&position| &self.topics[position])
    }
}

#[cfg(test)]
mod tests;
