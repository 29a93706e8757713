//! Tells words from noise when no rule has recognised anything.

/// Fewer words than this say nothing that could be answered.
const ENOUGH_WORDS: usize = 3;
/// No English word has so many consonants in a row (y counts as a vowel).
const CONSONANTS: usize = 5;
/// Words that are a call, not a question.
const CALLS: [&str; 8] = ["help", "hilfe", "stuck", "lost", "please", "confused", "sos", "hard"];

/// What a text without recognisable content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ordinary words; someone may understand them.
    Words,
    /// A cry for help that does not say with what.
    CryForHelp,
    /// Nothing that could be answered.
    Noise,
}

/// Judges a text in lower case.
pub(super) fn judge(text: &str) -> Verdict {
    let mut words = 0;
    for word in text.split(|c: char| !c.is_alphabetic() && c != '\'').take(200) {
        if CALLS.contains(&word) {
            return Verdict::CryForHelp;
        }
        words += usize::from(is_word(word));
    }
    if words >= ENOUGH_WORDS { Verdict::Words } else { Verdict::Noise }
}

/// Whether a word could be one: it has vowels (or is not in Latin letters) and can be pronounced.
fn is_word(word: &str) -> bool {
    if !word.is_ascii() {
        return word.chars().count() > 1;
    }
    let mut run = 0;
    let mut longest = 0;
    let mut vowels = 0;
    for c in word.chars() {
        if "aeiouy'".contains(c) {
            vowels += 1;
            run = 0;
        } else {
            run += 1;
            longest = longest.max(run);
        }
    }
    word.len() > 1 && vowels > 0 && longest < CONSONANTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyboards_smileys_and_greetings_are_noise() {
        for text in ["", "asdfghjk qwrtpsdf", "???", "🙂🙂", "hi", "hm ok", "12345", "\0\0", "a b c d e f"]
        {
            assert_eq!(judge(text), Verdict::Noise, "{text}");
        }
    }

    #[test]
    fn a_call_without_a_subject_is_heard() {
        assert_eq!(judge("help me"), Verdict::CryForHelp);
        assert_eq!(judge("i'm stuck"), Verdict::CryForHelp);
        assert_eq!(judge("this is too hard"), Verdict::CryForHelp);
    }

    #[test]
    fn sentences_are_words() {
        assert_eq!(judge("the weather in oslo today"), Verdict::Words);
        assert_eq!(judge("wie schön ist das wetter"), Verdict::Words);
    }
}
