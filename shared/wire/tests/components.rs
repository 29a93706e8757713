//! The Dapr resources against `components/topics.yaml`, the contracts and the code: who reads what on which path, who
//! may publish, and that both variants say the same. Every rule stands beside changes to the real files that break it,
//! and is only believed because it reports them.

#[path = "components/files.rs"]
mod files;
#[path = "components/names.rs"]
mod names;
#[path = "components/resiliency.rs"]
mod resiliency;
#[path = "components/scopes.rs"]
mod scopes;
#[path = "components/subscriptions.rs"]
mod subscriptions;
#[path = "components/topics.rs"]
mod topics;
#[path = "components/variants.rs"]
mod variants;

use files::{Breach, Files};

/// One rule.
struct Rule {
    /// Said before each violation.
    name: &'static str,
    /// Says every violation.
    check: fn(&Files) -> Vec<String>,
    /// Changes that break it, each once.
    broken_by: &'static [Breach],
}

const RULES: [Rule; 5] = [subscriptions::RULE, scopes::RULE, names::RULE, resiliency::RULE, variants::RULE];

#[test]
fn the_components_keep_every_rule() {
    let files = Files::read();
    let mut violations = Vec::new();
    for rule in RULES {
        violations
            .extend((rule.check)(&files).into_iter().map(|violation| format!("{}: {violation}", rule.name)));
    }
    assert!(violations.is_empty(), "components/ breaks its rules:\n  {}", violations.join("\n  "));
}

#[test]
fn every_rule_reports_what_breaks_it() {
    for rule in RULES {
        assert!(!rule.broken_by.is_empty(), "{} has no change that breaks it", rule.name);
        for breach in rule.broken_by {
            let violations = (rule.check)(&Files::read().changed(breach));
            let reported = violations.iter().any(|violation| violation.contains(breach.report));
            assert!(reported, "{} on {breach:?}: {violations:?}", rule.name);
        }
    }
}
