//! Contracts only grow: what `proto/baseline.binpb` promises, the contracts of today still keep. Additions are free.
//!
//! A break that is meant (nobody depends on it, or everyone has been moved) becomes the new baseline with
//! `LEARNFLOW_UPDATE_BASELINE=1 cargo test -p learnflow-wire --test compatibility`, which also takes in additions.

#[path = "compatibility/baseline.rs"]
mod baseline;
#[path = "compatibility/checks.rs"]
mod checks;
#[path = "support/contracts.rs"]
mod contracts;
#[path = "compatibility/rules.rs"]
mod rules;
#[path = "support/sample.rs"]
mod sample;

use contracts::Contracts;
use rules::RULES;

/// The contracts that outlive a release: ours, and the envelope that our events lie in on Kafka.
const ROOTS: &[&str] = &["learnflow", "io"];

#[test]
fn the_contracts_keep_what_the_baseline_promises() {
    let today = learnflow_wire::descriptor_pool().clone();
    if std::env::var_os("LEARNFLOW_UPDATE_BASELINE").is_some() {
        baseline::write();
    }
    let (old, new) = (Contracts::new(baseline::read(), ROOTS), Contracts::new(today, ROOTS));
    let mut violations = Vec::new();
    for rule in RULES {
        violations.extend(
            (rule.check)(&old, &new).into_iter().map(|violation| format!("{}: {violation}", rule.name)),
        );
    }
    assert!(
        violations.is_empty(),
        "the contracts break their promises (see proto/README.md):\n  {}",
        violations.join("\n  ")
    );
}

#[test]
fn every_rule_reports_what_breaks_it() {
    for rule in RULES {
        assert!(!rule.broken_by.is_empty(), "{} has no change that breaks it", rule.name);
        for change in rule.broken_by {
            let violations = (rule.check)(&contracts(change.before), &contracts(change.after));
            assert_eq!(violations.len(), 1, "{} on {}: {violations:?}", rule.name, change.after);
            assert!(violations[0].contains(change.report), "{}: {violations:?}", rule.name);
        }
    }
}

#[test]
fn additions_break_nothing() {
    let before = r#"
        service SampleService { rpc Get(GetRequest) returns (GetResponse) {
          option (google.api.http) = {get: "/api/v1/samples"};
        } }
        message GetRequest { string name = 1; }
        message GetResponse {}
        enum Kind { KIND_UNSPECIFIED = 0; }"#;
    let after = r#"
        service SampleService {
          rpc Get(GetRequest) returns (GetResponse) {
            option (google.api.http) = {get: "/api/v1/samples" additional_bindings: {get: "/api/v1/examples"}};
          }
          rpc Put(PutRequest) returns (PutResponse);
        }
        message GetRequest { string name = 1; int32 size = 2; }
        message GetResponse {}
        message PutRequest {}
        message PutResponse {}
        enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = 1 [(learnflow.api.v1.aliases) = "large"]; }"#;
    let (before, after) = (contracts(before), contracts(after));
    for rule in RULES {
        assert_eq!((rule.check)(&before, &after), Vec::<String>::new(), "{}", rule.name);
    }
}

fn contracts(source: &str) -> Contracts {
    Contracts::new(sample::compile(sample::PATH, source), ROOTS)
}
