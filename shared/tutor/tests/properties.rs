//! Whatever is typed: no panic, a valid topic, a confidence in its range, and the same answer twice.

use learnflow_curriculum::{Level, catalogue};
use learnflow_tutor::{Intent, Query, answer, classify};
use proptest::prelude::*;

fn intents() -> impl Strategy<Value = Option<Intent>> {
    prop::option::of(prop::sample::select(Intent::ALL.to_vec()))
}

/// Pieces that mean something to the rules, mixed with arbitrary text.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "for loop",
            "\0",
            "🙂",
            "error",
            "Traceback (most recent call last):",
            "'",
            "`",
            "\u{2019}",
            "my code",
            "İ",
            "quiz",
            "\n",
            "def f(x):",
            "x = 1",
            "ß",
            "İndexError: é",
            "\u{202e}",
            "e\u{301}",
            "what is",
            "```",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_can_be_asked(text in texts(), code in texts(), error in texts(), explicit in intents()) {
        let query = Query { text: &text, code: &code, error: &error, explicit };
        let route = classify(&query);
        prop_assert!((0.5..=1.0).contains(&route.confidence));
        prop_assert!(route.topic.is_none_or(|id| catalogue().topic(id).is_some()));
        prop_assert_eq!(explicit.is_some(), (route.confidence - 1.0).abs() < f64::EPSILON);
        prop_assert!(explicit.is_none_or(|intent| intent == route.intent));
        prop_assert_eq!(&route, &classify(&query));
        for level in Level::ALL {
            let answer = answer(&query, &route, level);
            prop_assert!(!answer.markdown().is_empty() && answer.suggestions().len() >= 3);
        }
    }
}
