//! What a rule is.

use crate::contracts::Contracts;
use crate::sample;

/// One rule of the house style.
pub(crate) struct Rule {
    /// Said before each violation; buf's name where buf has the rule.
    pub(crate) name: &'static str,
    /// Says every violation, each with the full name of what is wrong.
    pub(crate) check: fn(&Contracts) -> Vec<String>,
    /// Samples that break it, each once.
    pub(crate) broken_by: &'static [Breach],
}

/// A sample that breaks a rule.
pub(crate) struct Breach {
    /// Where the sample stands.
    pub(crate) path: &'static str,
    /// The sample.
    pub(crate) source: &'static str,
    /// What the violation says, in part.
    pub(crate) report: &'static str,
}

/// A breach in the usual place, under the usual header.
pub(crate) const fn breach(source: &'static str, report: &'static str) -> Breach {
    Breach { path: sample::PATH, source, report }
}
