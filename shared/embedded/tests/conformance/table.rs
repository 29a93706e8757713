//! Results side by side, and the differences that are known and explained.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

/// How a case ended: nothing to say, or why it failed.
pub(crate) type Outcome = Result<(), String>;

/// Outcomes by case.
pub(crate) type Outcomes = BTreeMap<&'static str, Outcome>;

/// A case that only one runtime passes, and why that is accepted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// The case.
    case: String,
    /// The runtime that fails it.
    fails_on: String,
    /// Why.
    reason: String,
}

impl Difference {
    pub(crate) fn is_of(&self, case: &str) -> bool {
        self.case == case
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Differences {
    #[serde(default)]
    difference: Vec<Difference>,
}

/// The committed list.
pub(crate) fn differences(cases: &[&str]) -> Vec<Difference> {
    let listed: Differences = toml::from_str(include_str!("differences.toml")).unwrap();
    for difference in &listed.difference {
        let Difference { case, fails_on, reason } = difference;
        assert!(cases.contains(&case.as_str()), "differences.toml names a case that is not there: {case}");
        assert!(["embedded", "daprd"].contains(&fails_on.as_str()), "{case}: fails_on is embedded or daprd");
        assert!(!reason.trim().is_empty(), "{case}: a difference needs a reason");
    }
    listed.difference
}

/// The table as text, and what is wrong.
pub(crate) fn compare(
    embedded: &Outcomes,
    daprd: Option<&Outcomes>,
    listed: &[Difference],
) -> (String, Vec<String>) {
    let width = embedded.keys().map(|case| case.len()).max().unwrap_or_default();
    let mut table = format!("{:width$} | embedded | daprd\n{:-<width$}-|----------|------\n", "case", "");
    let mut wrong = Vec::new();
    for (case, ours) in embedded {
        let real = daprd.and_then(|daprd| daprd.get(case));
        let expected = |runtime: &str| {
            listed.iter().any(|difference| difference.case == *case && difference.fails_on == runtime)
        };
        for (runtime, outcome) in [("embedded", Some(ours)), ("daprd", real)] {
            match outcome {
                Some(Err(message)) if !expected(runtime) => {
                    wrong.push(format!("{case} on {runtime}: {message}"));
                }
                Some(Ok(())) if expected(runtime) => {
                    wrong.push(format!(
                        "{case} on {runtime}: passes now, so differences.toml should not list it"
                    ));
                }
                _ => {}
            }
        }
        let word = |runtime: &str, outcome: Option<&Outcome>| match outcome {
            None => "-",
            Some(Ok(())) => "ok",
            Some(Err(_)) if expected(runtime) => "differs",
            Some(Err(_)) => "FAILS",
        };
        writeln!(table, "{case:width$} | {:8} | {}", word("embedded", Some(ours)), word("daprd", real))
            .unwrap();
    }
    for Difference { case, reason, .. } in listed {
        writeln!(table, "\n{case} differs: {}", reason.trim()).unwrap();
    }
    (table, wrong)
}

/// Keeps the table where a person or CI can find it.
pub(crate) fn write(table: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("table.txt");
    std::fs::write(&path, table).unwrap();
    path
}
