//! What students never receive.

use std::collections::BTreeSet;

use learnflow_wire::learnflow::api::v1::Access;
use prost_reflect::MessageDescriptor;

use crate::contracts::Contracts;
use crate::edge::access;
use crate::events::events;
use crate::rule::{Rule, breach};

/// Fields that give an exercise away.
const SOLUTIONS: [&str; 2] = ["solution", "hidden_tests"];

pub(crate) const RULES: &[Rule] = &[Rule {
    name: "SOLUTION_HIDDEN",
    check: solutions_stay_with_teachers,
    broken_by: &[
        breach(
            "service SampleService { rpc Get(GetRequest) returns (GetResponse) {
               option (learnflow.api.v1.access) = ACCESS_STUDENT_SELF;
             } }
             message GetRequest {} message GetResponse { string solution = 1; }",
            "SampleService.Get gives away learnflow.sample.v1.GetResponse.solution",
        ),
        breach(
            "service SampleService { rpc Get(GetRequest) returns (GetResponse) {
               option (learnflow.api.v1.access) = ACCESS_AUTHENTICATED;
             } }
             message GetRequest {} message GetResponse { map<string, Key> keys = 1; }
             message Key { repeated string hidden_tests = 1; Key next = 2; }",
            "SampleService.Get gives away learnflow.sample.v1.Key.hidden_tests",
        ),
        breach(
            r#"message SampleTaken {
                 option (learnflow.api.v1.event) = {topic: "sample.events" key_field: "solution"};
                 string solution = 1;
               }"#,
            "SampleTaken gives away learnflow.sample.v1.SampleTaken.solution",
        ),
    ],
}];

fn solutions_stay_with_teachers(contracts: &Contracts) -> Vec<String> {
    let open =
        contracts.methods().filter(|method| !matches!(access(method), Access::Teacher | Access::Service));
    let answers = open.map(|method| (method.full_name().to_owned(), method.output()));
    let events = events(contracts).into_iter().map(|(message, _)| (message.full_name().to_owned(), message));
    let mut violations = Vec::new();
    for (name, message) in answers.chain(events) {
        let fields = reachable(message).into_iter().flat_map(|message| message.fields().collect::<Vec<_>>());
        let given_away = fields.filter(|field| SOLUTIONS.contains(&field.name()));
        violations.extend(given_away.map(|field| format!("{name} gives away {}", field.full_name())));
    }
    violations
}

/// A message and every message within it, however deep.
fn reachable(message: MessageDescriptor) -> Vec<MessageDescriptor> {
    let (mut seen, mut found, mut waiting) = (BTreeSet::new(), Vec::new(), vec![message]);
    while let Some(message) = waiting.pop() {
        if seen.insert(message.full_name().to_owned()) {
            waiting.extend(message.fields().filter_map(|field| field.kind().as_message().cloned()));
            found.push(message);
        }
    }
    found
}
