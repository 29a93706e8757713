//! The words of the curriculum: phrases that name a topic, and term weights for BM25.

use std::collections::HashMap;
use std::sync::OnceLock;

use learnflow_curriculum::{Level, Topic, catalogue, names};

/// BM25's saturation of repeated terms.
const K1: f64 = 1.2;
/// BM25's correction for long documents.
const B: f64 = 0.6;
/// How often a term counts by where it stands.
const WEIGHTS: [(Field, f64); 4] =
    [(Field::Title, 4.0), (Field::Aliases, 2.0), (Field::Summary, 2.0), (Field::Prose, 0.5)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Aliases,
    Summary,
    Prose,
}

/// A name of a topic, without its first word.
pub(super) struct Phrase {
    /// The words after the first.
    pub(super) rest: Vec<String>,
    /// The topic's position in the catalogue.
    pub(super) topic: usize,
    /// Whether it is the title or slug.
    pub(super) title: bool,
}

/// Everything that topic search looks words up in.
pub(super) struct Vocabulary {
    /// First word → names that start with it, the longest first.
    pub(super) phrases: HashMap<String, Vec<Phrase>>,
    /// Word → its BM25 weight in each topic where it occurs.
    terms: HashMap<String, Vec<(usize, f64)>>,
    /// Words worth comparing a misspelt word with.
    spelling: Vec<String>,
}

/// The vocabulary of the embedded curriculum.
pub(super) fn vocabulary() -> &'static Vocabulary {
    static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
    VOCABULARY.get_or_init(|| Vocabulary::new(catalogue().topics()))
}

impl Vocabulary {
    fn new(topics: &[Topic]) -> Self {
        let phrases = phrases(topics);
        let mut spelling: Vec<String> = phrases.keys().filter(|word| word.len() > 3).cloned().collect();
        spelling.sort();
        Self { phrases, terms: terms(topics), spelling }
    }

    /// A word's BM25 weight in each topic that has it.
    pub(super) fn weights(&self, word: &str) -> &[(usize, f64)] {
        self.terms.get(word).map_or(&[], Vec::as_slice)
    }

    /// The known word that a misspelt one stands for: one slip away, two for long words.
    pub(super) fn corrected(&self, word: &str) -> Option<&str> {
        if word.len() < 5 || !word.is_ascii() || self.terms.contains_key(word) {
            return None;
        }
        let slips = if word.len() > 8 { 2 } else { 1 };
        let near = self.spelling.iter().filter(|known| {
            known.as_bytes()[0] == word.as_bytes()[0] && known.len().abs_diff(word.len()) <= slips
        });
        near.map(|known| (strsim::osa_distance(known, word), known))
            .filter(|(distance, _)| *distance <= slips)
            .min()
            .map(|(_, known)| known.as_str())
    }
}

fn phrases(topics: &[Topic]) -> HashMap<String, Vec<Phrase>> {
    let mut phrases: HashMap<String, Vec<Phrase>> = HashMap::new();
    for (position, topic) in topics.iter().enumerate() {
        for (place, name) in topic.names().enumerate() {
            let mut words = names::words(name);
            // `fstring` and `forloop` are written by many.
            if words.len() == 2 {
                let phrase = Phrase { rest: Vec::new(), topic: position, title: place < 2 };
                phrases.entry(words.concat()).or_default().push(phrase);
            }
            if !words.is_empty() {
                let first = words.remove(0);
                phrases.entry(first).or_default().push(Phrase {
                    rest: words,
                    topic: position,
                    title: place < 2,
                });
            }
        }
    }
    for list in phrases.values_mut() {
        list.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
    }
    phrases
}

fn terms(topics: &[Topic]) -> HashMap<String, Vec<(usize, f64)>> {
    let mut documents: Vec<HashMap<String, f64>> = Vec::new();
    for topic in topics {
        let mut counts = HashMap::new();
        for (field, weight) in WEIGHTS {
            for word in text(topic, field).into_iter().flat_map(names::words) {
                *counts.entry(word).or_insert(0.0) += weight;
            }
        }
        documents.push(counts);
    }
    let lengths: Vec<f64> = documents.iter().map(|counts| counts.values().sum()).collect();
    let average = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;

    let mut found_in: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
    for (position, counts) in documents.into_iter().enumerate() {
        for (word, count) in counts {
            found_in.entry(word).or_default().push((position, count));
        }
    }
    for list in found_in.values_mut() {
        list.sort_by_key(|&(position, _)| position);
        let rarity = (topics.len() as f64 - list.len() as f64 + 0.5) / (list.len() as f64 + 0.5);
        let idf = rarity.ln_1p();
        for (position, count) in list {
            let norm = K1 * (1.0 - B + B * lengths[*position] / average);
            *count = idf * *count * (K1 + 1.0) / (*count + norm);
        }
    }
    found_in
}

fn text(topic: &Topic, field: Field) -> Vec<&str> {
    match field {
        Field::Title => vec![&topic.title],
        Field::Aliases => topic.aliases.iter().map(String::as_str).collect(),
        Field::Summary => vec![&topic.summary],
        Field::Prose => {
            let lesson = topic.level(Level::Beginner).map(|lesson| lesson.explanation.as_str());
            [topic.common_mistake.as_str(), &topic.next_step].into_iter().chain(lesson).collect()
        }
    }
}
