//! When two names mean the same: case, punctuation, articles, singular and plural don't count.

/// Words that carry no meaning in a name.
const ARTICLES: [&str; 4] = ["a", "an", "the", "my"];

/// The words of a text in their comparable form: lower case, singular, without punctuation and articles.
///
/// A text without any letter or digit, such as `**`, is one word: itself without blanks.
pub fn words(text: &str) -> Vec<String> {
    let all: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| singular(word.to_lowercase()))
        .collect();
    if all.is_empty() {
        let symbols: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        return if symbols.is_empty() { Vec::new() } else { vec![symbols] };
    }
    let meaningful: Vec<String> = all.iter().filter(|word| !is_article(word)).cloned().collect();
    if meaningful.is_empty() { all } else { meaningful }
}

/// The form by which names are compared: two texts with the same key are one name.
///
/// ```
/// use learnflow_curriculum::names::key;
/// assert_eq!(key("For-Loops"), key("the for loop"));
/// assert_eq!(key("f-strings"), key("fstring"));
/// ```
pub fn key(text: &str) -> String {
    words(text).concat()
}

/// Whether a word (in lower case) is one that [`words`] leaves out.
pub fn is_article(word: &str) -> bool {
    ARTICLES.contains(&word)
}

/// A rough English singular. It need not be a word, as long as singular and plural meet in it.
pub fn singular(mut word: String) -> String {
    if !word.is_ascii() {
        return word;
    }
    if word.len() > 4 && word.ends_with("sses") {
        word.truncate(word.len() - 2);
    } else if word.len() > 4 && word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word.truncate(word.len() - 1);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_and_plural_meet() {
        let pairs = [
            ("lists", "list"),
            ("classes", "class"),
            ("dictionaries", "dictionary"),
            ("APIs", "api"),
            ("For-Loops", "for loop"),
            ("try/except", "try except"),
            ("__init__", "init"),
            ("sort a list", "sort my lists"),
            ("while  loop", "The While Loop!"),
        ];
        for (left, right) in pairs {
            assert_eq!(key(left), key(right), "{left} and {right}");
        }
    }

    #[test]
    fn different_names_stay_apart() {
        let pairs = [("class", "clas"), ("is", "i"), ("list", "set"), ("for loop", "while loop")];
        for (left, right) in pairs {
            assert_ne!(key(left), key(right), "{left} and {right}");
        }
    }

    #[test]
    fn symbols_and_articles_alone_are_kept() {
        assert_eq!(key(" ** "), "**");
        assert_eq!(key("the"), "the");
        assert_eq!(key("  "), "");
        assert_eq!(key("ÜBER"), "über");
    }
}
