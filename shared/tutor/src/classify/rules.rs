//! Applies the table of rules to a question.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::tables::{Kind, Needs, RULES, Rule, Where};
use crate::query::Intent;

/// At most this much of a matched text is quoted as evidence.
const QUOTED: usize = 60;

/// A question, ready for the rules.
pub(super) struct Input<'a> {
    /// The question, in lower case.
    pub(super) text: &'a str,
    /// The error on the screen, in lower case.
    pub(super) error: &'a str,
    /// Whether there is code to look at.
    pub(super) code: bool,
}

/// What the rules found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) intent: Intent,
    pub(super) confidence: f64,
    pub(super) evidence: Vec<String>,
}

struct Compiled {
    /// All patterns in one automaton: a single pass tells which of them occur.
    any: RegexSet,
    /// The same patterns one by one, to quote what matched.
    each: Vec<Regex>,
    /// The patterns that speak against a rule.
    unless: RegexSet,
    /// For each rule, its place in `unless`.
    exception: Vec<Option<usize>>,
}

/// The strongest kind of evidence, and within it the rules that hold.
pub(super) fn find(input: &Input<'_>) -> Option<Found> {
    let compiled = compiled();
    let in_text = compiled.any.matches(input.text.as_bytes());
    let in_error = compiled.any.matches(input.error.as_bytes());
    let exceptions = compiled.unless.matches(input.text.as_bytes());

    let holds = |place: &usize| {
        let rule = &RULES[*place];
        let seen = in_text.matched(*place) || (rule.within == Where::TextOrError && in_error.matched(*place));
        let excepted = compiled.exception[*place].is_some_and(|exception| exceptions.matched(exception));
        seen && !excepted && (rule.needs == Needs::Nothing || input.code)
    };
    let mut holding: Vec<usize> = (0..RULES.len()).filter(holds).collect();
    let bare_error = !input.error.trim().is_empty();
    let Some(kind) = holding.iter().map(|&place| RULES[place].kind).min() else {
        return bare_error.then(error_on_screen);
    };
    if bare_error && kind > Kind::Symptom {
        return Some(error_on_screen());
    }
    holding.retain(|&place| RULES[place].kind == kind);
    holding.sort_by(|&left, &right| {
        RULES[right].confidence.total_cmp(&RULES[left].confidence).then(left.cmp(&right))
    });
    let first = &RULES[*holding.first()?];
    let evidence = holding.iter().map(|&place| quote(&RULES[place], &compiled.each[place], input)).collect();
    Some(Found { intent: kind.intent(), confidence: first.confidence, evidence })
}

/// The student sees some error message that no rule knows.
fn error_on_screen() -> Found {
    Found {
        intent: Intent::Debug,
        confidence: 0.9,
        evidence: vec!["an error message on the screen".to_owned()],
    }
}

fn quote(rule: &Rule, pattern: &Regex, input: &Input<'_>) -> String {
    let haystacks = [input.text, input.error];
    let matched = haystacks.iter().find_map(|text| pattern.find(text.as_bytes()));
    let quoted =
        matched.map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned()).unwrap_or_default();
    let quoted: String =
        quoted.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(QUOTED).collect();
    format!("{}: \"{quoted}\"", rule.name)
}

fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| match compile() {
        Ok(compiled) => compiled,
        Err(error) => panic!("table of triage rules: {error}"),
    })
}

/// ASCII classes only: the texts are in lower case, and small automata are quick ones.
fn compile() -> Result<Compiled, regex::Error> {
    let set = |patterns: &[&str]| {
        RegexSetBuilder::new(patterns).unicode(false).multi_line(true).dfa_size_limit(8 << 20).build()
    };
    let patterns: Vec<&str> = RULES.iter().map(|rule| rule.pattern).collect();
    let exceptions: Vec<&str> = RULES.iter().filter_map(|rule| rule.unless).collect();
    let mut place = 0..exceptions.len();
    Ok(Compiled {
        any: set(&patterns)?,
        each: patterns
            .iter()
            .map(|pattern| RegexBuilder::new(pattern).unicode(false).multi_line(true).build())
            .collect::<Result<_, _>>()?,
        unless: set(&exceptions)?,
        exception: RULES.iter().map(|rule| rule.unless.and_then(|_| place.next())).collect(),
    })
}
