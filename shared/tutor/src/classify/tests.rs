//! What `classify` decides, case by case; labelled questions are in `tests/questions.rs`.

use super::*;

fn ask(text: &str) -> Route {
    classify(&Query::text(text))
}

#[test]
fn an_explicit_type_wins_over_everything() {
    let error = "Traceback (most recent call last):\nKeyError: 'a'";
    for intent in Intent::ALL {
        let route = classify(&Query { text: "quiz me", error, explicit: Some(intent), ..Query::default() });
        assert_eq!((route.intent, route.confidence), (intent, 1.0));
        assert_eq!(route.evidence[0], format!("explicit type: {intent}"));
    }
}

#[test]
fn stronger_evidence_wins_over_weaker() {
    let trace = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nNameError: name 'x' is not defined";
    let code = "for n in numbers:\n    print(n)";
    let route = classify(&Query { text: "Please review my code", code, error: trace, explicit: None });
    assert_eq!((route.intent, route.topic), (Intent::Debug, Some(101)));
    assert!(route.evidence[0].starts_with("traceback: \"traceback (most recent"), "{:?}", route.evidence);

    let route = classify(&Query { text: "Is this right? It prints nothing", code, ..Query::default() });
    assert_eq!(route.intent, Intent::Debug);
    let route = classify(&Query { text: "Is this right?", code, ..Query::default() });
    assert_eq!((route.intent, route.topic), (Intent::Review, Some(202)));
    assert_eq!(ask("Is this right?").intent, Intent::Concepts);
}

#[test]
fn an_error_on_the_screen_is_enough() {
    let route =
        classify(&Query { text: "hm", error: "IndexError: list index out of range", ..Query::default() });
    assert_eq!((route.intent, route.topic), (Intent::Debug, Some(301)));
    let route = classify(&Query { text: "what is a list?", error: "segfault", ..Query::default() });
    assert_eq!((route.intent, route.confidence), (Intent::Debug, 0.9));
}

#[test]
fn code_without_a_question_is_reviewed_and_with_one_is_explained() {
    let code = "while True:\n    pass";
    assert_eq!(classify(&Query { code, ..Query::default() }).intent, Intent::Review);
    let route = classify(&Query { text: "Can you explain what this does?", code, ..Query::default() });
    assert_eq!((route.intent, route.topic), (Intent::Concepts, Some(203)));
}

#[test]
fn nothing_recognised_is_half_sure_or_asked_back() {
    let route = ask("the weather in Oslo today");
    assert_eq!((route.intent, route.topic), (Intent::Concepts, None));
    assert!((route.confidence - 0.5).abs() < f64::EPSILON && route.clarifying_question.is_none());
    for noise in ["", "asdfgh", "???", "🙂", "hi", "help me", "I\u{2019}m stuck"] {
        let route = ask(noise);
        assert_eq!((route.intent, route.topic), (Intent::Concepts, None), "{noise}");
        assert!((route.confidence - 0.5).abs() < f64::EPSILON, "{noise}");
        assert!(route.clarifying_question.is_some(), "{noise}");
    }
}

#[test]
fn slips_of_the_pen_are_forgiven() {
    for (text, topic) in [
        ("how do dictonaries work", 303),
        ("what is inheritence", 503),
        ("explain fucntions", 401),
        ("what are tupels", 302),
        ("explain recursoin", 401),
    ] {
        assert_eq!(ask(text).topic, Some(topic), "{text}");
    }
}

#[test]
fn curly_apostrophes_and_capitals_make_no_difference() {
    assert_eq!(ask("MY LOOP DOESN\u{2019}T STOP"), ask("my loop doesn't stop"));
}

#[test]
fn long_questions_take_no_time() {
    let shapes = [
        "why does my loop not stop ".repeat(200),
        "a ".repeat(2_500),
        "error ".repeat(800),
        "give me a a a a a a ".repeat(250),
        "'\"`".repeat(1_600),
        "x = [1, 2]\n".repeat(450),
        "é🙂".repeat(1_600),
        "i get this that my i get this that my ".repeat(130),
    ];
    ask("warm up");
    for text in &shapes {
        let start = std::time::Instant::now();
        for _ in 0..10 {
            classify(&Query { text, code: text, error: "", explicit: None });
        }
        let each = start.elapsed() / 10;
        // An optimised build needs about half a millisecond. These limits leave room for a busy machine and a debug
        // build, and still catch a quadratic slip.
        let limit = if cfg!(debug_assertions) { 400 } else { 20 };
        assert!(each.as_millis() < limit, "{each:?} for {:?}", text.chars().take(30).collect::<String>());
    }
}
