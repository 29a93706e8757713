//! Which topic of the curriculum a question is about.

use learnflow_curriculum::{catalogue, names};

use super::vocabulary::{Phrase, vocabulary};

mod hints;

/// So many words of a question are considered.
const MOST_WORDS: usize = 400;
/// Spelling is only mended in short questions; long ones name their topic often enough.
const MEND_UP_TO: usize = 40;
/// What a second, third … word of a matched name is worth.
const LONGER: f64 = 1.3;
/// A title counts a little more than an alias.
const TITLE: f64 = 0.2;
/// A word that the student has put in quotes or asks about directly.
const EMPHASIS: f64 = 1.4;
/// BM25 decides between equals; it does not outvote a name.
const TIE_BREAKER: f64 = 0.04;
/// Without any name, this much BM25 is needed to suggest a topic.
const ENOUGH_TERMS: f64 = 5.0;
/// … from so many different words.
const ENOUGH_WORDS: usize = 2;
/// A matched name below this weight doesn't make a topic on its own.
const ENOUGH_NAMES: f64 = 0.5;

/// What topic search looks at.
pub(super) struct Input<'a> {
    /// The question, in lower case.
    pub(super) text: &'a str,
    /// The question without code, in lower case.
    pub(super) prose: &'a str,
    /// The error on the screen, in lower case.
    pub(super) error: &'a str,
    /// The code at hand.
    pub(super) code: &'a str,
    /// Whether the kind of an error says more than the words around it.
    pub(super) prefer_error: bool,
}

/// A topic and what gave it away.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: i32,
    pub(super) because: String,
}

/// The topic of a question: by its words, by the error's type, by the shape of the code.
pub(super) fn find(input: &Input<'_>) -> Option<Found> {
    let by_error = || hints::by_error(input.error).or_else(|| hints::by_error(input.text));
    if input.prefer_error {
        by_error().or_else(|| by_words(input.prose)).or_else(|| hints::by_code(input.code))
    } else {
        by_words(input.prose).or_else(|| hints::by_code(input.code)).or_else(by_error)
    }
}

/// A word of the question.
struct Word {
    /// In comparable form.
    stem: String,
    /// In quotes or backticks, or the very thing asked about.
    emphasised: bool,
}

/// How much speaks for a topic, and the name that says most.
#[derive(Default, Clone)]
struct Score {
    total: f64,
    strongest: f64,
    name: String,
}

fn by_words(text: &str) -> Option<Found> {
    let mut words = read(text);
    let vocabulary = vocabulary();
    if words.len() <= MEND_UP_TO {
        for word in &mut words {
            if let Some(known) = vocabulary.corrected(&word.stem) {
                known.clone_into(&mut word.stem);
            }
        }
    }
    let topics = catalogue().topics();
    let mut scores = vec![Score::default(); topics.len()];
    let named = count_names(&words, &mut scores);
    let mut terms = vec![0.0; topics.len()];
    let mut different = vec![0; topics.len()];
    for (place, word) in words.iter().enumerate().filter(|(_, word)| !hints::is_common(&word.stem)) {
        let repeated = words.iter().take(place.min(MEND_UP_TO)).any(|earlier| earlier.stem == word.stem);
        for &(position, weight) in vocabulary.weights(&word.stem) {
            terms[position] += weight;
            different[position] += usize::from(!repeated);
        }
    }

    let total = |position: usize| scores[position].total + TIE_BREAKER * terms[position];
    let best = (0..topics.len()).max_by(|&a, &b| total(a).total_cmp(&total(b)).then(b.cmp(&a)))?;
    let score = &scores[best];
    if named && score.total >= ENOUGH_NAMES {
        return Some(Found { id: topics[best].id, because: format!("\"{}\"", score.name) });
    }
    let likeliest = (0..topics.len()).max_by(|&a, &b| terms[a].total_cmp(&terms[b]).then(b.cmp(&a)))?;
    let because = format!("words that belong to {}", topics[likeliest].title.to_lowercase());
    let enough = terms[likeliest] >= ENOUGH_TERMS && different[likeliest] >= ENOUGH_WORDS;
    enough.then(|| Found { id: topics[likeliest].id, because })
}

/// Finds names of topics among the words, the longest first, and adds up what they are worth.
fn count_names(words: &[Word], scores: &mut [Score]) -> bool {
    let mut any = false;
    let mut place = 0;
    while place < words.len() {
        let Some((phrase, length)) = name_at(words, place) else {
            place += 1;
            continue;
        };
        let matched = &words[place..place + length];
        let early = 0.1 / (1.0 + place as f64);
        let worth = weight(matched, phrase) + early;
        let score = &mut scores[phrase.topic];
        // The first mention says most; repetitions confirm it.
        score.total = score.total.max(worth) + 0.2 * score.total.min(worth);
        if worth > score.strongest {
            score.strongest = worth;
            score.name = matched.iter().map(|word| word.stem.as_str()).collect::<Vec<_>>().join(" ");
        }
        any = true;
        place += length;
    }
    any
}

/// The longest name that starts at a word, and how many words it has.
fn name_at(words: &[Word], place: usize) -> Option<(&'static Phrase, usize)> {
    let phrases = &vocabulary().phrases;
    let known = phrases.get(&words[place].stem);
    let apart = known.and_then(|list| list.iter().find(|phrase| follows(words, place, phrase)));
    let apart = apart.map(|phrase| (phrase, phrase.rest.len() + 1));
    if apart.is_some_and(|(_, length)| length > 1) {
        return apart;
    }
    // `new line` for `newline`.
    let joined = words.get(place + 1).map(|next| format!("{}{}", words[place].stem, next.stem));
    let joined = joined.and_then(|joined| phrases.get(&joined)?.iter().find(|phrase| phrase.rest.is_empty()));
    joined.map(|phrase| (phrase, 2)).or(apart)
}

fn follows(words: &[Word], place: usize, phrase: &Phrase) -> bool {
    let rest = &words[place + 1..];
    rest.len() >= phrase.rest.len()
        && phrase.rest.iter().zip(rest).all(|(expected, word)| *expected == word.stem)
}

fn weight(matched: &[Word], phrase: &Phrase) -> f64 {
    let title = if phrase.title { TITLE } else { 0.0 };
    let [word] = matched else {
        return 1.0 + LONGER * (matched.len() - 1) as f64 + title;
    };
    if word.emphasised {
        return EMPHASIS + title;
    }
    hints::single_word(&word.stem) + title * hints::single_word(&word.stem)
}

/// Splits a question into comparable words and marks the emphasised ones.
fn read(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut quoted = false;
    let mut previous = ' ';
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() {
            start.get_or_insert(at);
        } else {
            if let Some(from) = start.take() {
                push(&mut words, &text[from..at], quoted);
                if words.len() >= MOST_WORDS {
                    break;
                }
            }
            // An apostrophe between letters, as in `don't`, is no quotation mark.
            if c == '`' || c == '"' || (c == '\'' && (quoted || !previous.is_alphanumeric())) {
                quoted = !quoted;
            }
        }
        previous = c;
    }
    hints::emphasise(&mut words, |word| &word.stem, |word| word.emphasised = true);
    words
}

fn push(words: &mut Vec<Word>, word: &str, quoted: bool) {
    if !names::is_article(word) {
        words.push(Word { stem: names::singular(word.to_owned()), emphasised: quoted });
    }
}
