//! Whether there is code to look at, in the context or in the question itself.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

/// A line that is more likely Python than English.
const LINE: &str = r"^[ \t]*(?:(?:def|class) \w+.*:|(?:if|elif|while|for|with|try|else|except)\b[^.?!\n]*:|(?:from \w+ )?import \w+|(?:print|input|len)\(|return\b.{0,80}$|@\w+|\w+(?:\.\w+|\[[^\]\n]{0,40}\])* ?(?:[-+*/]?=) ?\S|\w+(?:\.\w+)*\([^)\n]{0,80}\)[ \t]*$)";

/// So many such lines make a program.
const ENOUGH_LINES: usize = 2;

/// The code that comes with a question, and the question without it.
pub(super) struct Seen<'a> {
    source: &'a str,
    prose: Cow<'a, str>,
}

impl<'a> Seen<'a> {
    /// The context's code, or else a question that contains some.
    pub(super) fn new(context: &'a str, text: &'a str) -> Self {
        let contains = text.contains("```")
            || pattern().find_iter(text.as_bytes()).take(ENOUGH_LINES).count() == ENOUGH_LINES;
        let prose = if contains { Cow::Owned(prose(text)) } else { Cow::Borrowed(text) };
        let source = match (context.trim().is_empty(), contains) {
            (false, _) => context,
            (true, true) => text,
            (true, false) => "",
        };
        Self { source, prose }
    }

    /// Whether there is any.
    pub(super) fn present(&self) -> bool {
        !self.source.is_empty()
    }

    /// The code, possibly with the question around it.
    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// The question without lines of code, whose words would say little about its topic.
    pub(super) fn prose(&self) -> &str {
        &self.prose
    }
}

fn prose(text: &str) -> String {
    let mut fenced = false;
    let kept = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced && !pattern().is_match(line.as_bytes())
    });
    kept.collect::<Vec<_>>().join("\n")
}

fn pattern() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    PATTERN.get_or_init(|| match RegexBuilder::new(LINE).unicode(false).multi_line(true).build() {
        Ok(pattern) => pattern,
        Err(error) => panic!("pattern of a line of code: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_fences_and_python_lines_are_code() {
        assert!(Seen::new("x = 1", "").present());
        assert!(Seen::new("", "look:\n```\nx\n```").present());
        assert!(Seen::new("", "total = 0\nfor n in numbers:\n    total += n").present());
        assert!(Seen::new("", "def f(x):\n    return x").present());
    }

    #[test]
    fn prose_is_not() {
        for prose in [
            "",
            "What is a loop?",
            "for example: this\nand if so, that",
            "I return home.\nWhile I wait, I read.",
        ] {
            assert!(!Seen::new(" \n", prose).present(), "{prose}");
        }
    }

    #[test]
    fn the_question_is_told_from_its_code() {
        let seen = Seen::new("", "Is this fine?\nx = []\nx.append(1)");
        assert_eq!(seen.prose(), "Is this fine?");
        let seen = Seen::new("y = 2", "Why?\n```python\nwords here\n```\nThanks");
        assert_eq!((seen.prose(), seen.source()), ("Why?\nThanks", "y = 2"));
        assert_eq!(Seen::new("", "What is x = 1?").prose(), "What is x = 1?");
    }
}
