//! The house style of the contracts, as `proto/buf.yaml` and `proto/README.md` state it: buf's STANDARD rules that
//! matter here, and our own on access, HTTP paths and events. Every rule stands beside samples that break it, and is
//! only believed because it reports them.

#[path = "style/comments.rs"]
mod comments;
#[path = "support/contracts.rs"]
mod contracts;
#[path = "style/edge.rs"]
mod edge;
#[path = "style/events.rs"]
mod events;
#[path = "style/imports.rs"]
mod imports;
#[path = "style/naming.rs"]
mod naming;
#[path = "style/rule.rs"]
mod rule;
#[path = "support/sample.rs"]
mod sample;
#[path = "style/secrets.rs"]
mod secrets;
#[path = "style/topics.rs"]
mod topics;

use contracts::Contracts;
use rule::Rule;

const ROOTS: &[&str] = &["learnflow"];

/// A contract that breaks no rule.
const EXEMPLARY: &str = r#"
    // Knows samples.
    service SampleService {
      // Reads a sample.
      rpc GetSample(GetSampleRequest) returns (GetSampleResponse) {
        option (learnflow.api.v1.access) = ACCESS_STUDENT_SELF;
        option (google.api.http) = {get: "/api/v1/students/{student_id}/samples/{sample_id}"};
      }
    }
    // Request of `GetSample`.
    message GetSampleRequest {
      // Whose.
      string student_id = 1;
      // Which.
      int32 sample_id = 2;
    }
    // Response of `GetSample`.
    message GetSampleResponse {
      // When.
      google.protobuf.Timestamp taken_at = 1;
      // How hard.
      learnflow.common.v1.Difficulty difficulty = 2;
      // Sizes by name.
      map<string, int32> sizes = 3;
    }
    // A sample was taken.
    message SampleTaken {
      option (learnflow.api.v1.event) = {
        topic: "progress.events"
        key_field: "student_id"
        subject_field: "student_id"
      };
      // Whose.
      string student_id = 1;
    }
"#;

fn rules() -> impl Iterator<Item = &'static Rule> {
    let groups = [naming::RULES, comments::RULES, imports::RULES, edge::RULES, events::RULES, secrets::RULES];
    groups.into_iter().flatten()
}

#[test]
fn the_contracts_keep_every_rule() {
    let contracts = Contracts::new(learnflow_wire::descriptor_pool().clone(), ROOTS);
    let mut violations = Vec::new();
    for rule in rules() {
        violations.extend(
            (rule.check)(&contracts).into_iter().map(|violation| format!("{}: {violation}", rule.name)),
        );
    }
    assert!(violations.is_empty(), "the contracts break the house style:\n  {}", violations.join("\n  "));
}

#[test]
fn every_rule_reports_what_breaks_it() {
    for rule in rules() {
        assert!(!rule.broken_by.is_empty(), "{} has no sample that breaks it", rule.name);
        for breach in rule.broken_by {
            let contracts = Contracts::new(sample::compile(breach.path, breach.source), ROOTS);
            let violations = (rule.check)(&contracts);
            assert_eq!(violations.len(), 1, "{} on {}: {violations:?}", rule.name, breach.source);
            assert!(violations[0].contains(breach.report), "{}: {violations:?}", rule.name);
        }
    }
}

#[test]
fn no_rule_reports_an_exemplary_contract() {
    let source = format!(
        r#"syntax = "proto3"; package learnflow.sample.v1;
        import "google/api/annotations.proto"; import "google/protobuf/timestamp.proto";
        import "learnflow/api/v1/options.proto"; import "learnflow/common/v1/common.proto";
        {EXEMPLARY}"#
    );
    let contracts = Contracts::new(sample::compile(sample::PATH, &source), ROOTS);
    for rule in rules() {
        assert_eq!((rule.check)(&contracts), Vec::<String>::new(), "{}", rule.name);
    }
}
