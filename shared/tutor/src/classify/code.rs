//! Whether there is code to look at, in the context or in the question itself.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// A line that is more likely Python than English.
const LINE: &str = r"^[ \t]*(?:(?:def|class) \w+.*:|(?:if|elif|while|for|with|try|else|except)\b[^.?!\n]*:|(?:from \w+ )?import \w+|(?:print|input|len)\(|return\b.{0,80}$|@\w+|\w+(?:\.\w+|\[[^\]\n]{0,40}\])* ?(?:[-+*/]?=) ?\S|\w+(?:\.\w+)*\([^)\n]{0,80}\)[ \t]*$)";

/// So many such lines make a program.
const ENOUGH_LINES: usize = 2;

/// The code that comes with a question.
pub(super) struct Seen<'a> {
    source: &'a str,
}

impl<'a> Seen<'a> {
    /// The context's code, or else a question that contains some.
    pub(super) fn new(context: &'a str, text: &'a str) -> Self {
        if !context.trim().is_empty() {
            return Self { source: context };
        }
        let contains =
            text.contains("```") || pattern().find_iter(text).take(ENOUGH_LINES).count() == ENOUGH_LINES;
        Self { source: if contains { text } else { "" } }
    }

    /// Whether there is any.
    pub(super) fn present(&self) -> bool {
        !self.source.is_empty()
    }

    /// The code, possibly with the question around it.
    pub(super) fn source(&self) -> &'a str {
        self.source
    }
}

fn pattern() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    PATTERN.get_or_init(|| match RegexBuilder::new(LINE).multi_line(true).build() {
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
}
