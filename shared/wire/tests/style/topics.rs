//! The topics of the contracts against those of `components/topics.yaml`, from which the stack is made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::contracts::Contracts;
use crate::events::events;
use crate::sample;

/// The parts of `topics.yaml` that concern the contracts.
#[derive(Deserialize)]
struct TopicFile {
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct Topic {
    name: String,
    #[serde(default)]
    publishers: BTreeSet<String>,
}

/// The event messages of each topic, by their publishers.
type Published = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn published(contracts: &Contracts) -> Published {
    let mut topics = Published::new();
    for (message, rule) in events(contracts) {
        let publishers = topics.entry(rule.topic).or_default();
        publishers.entry(app_id(message.package_name())).or_default().push(message.name().to_owned());
    }
    topics
}

/// `learnflow.code_review.v1` → `code-review`.
fn app_id(package: &str) -> String {
    package.split('.').nth(1).unwrap_or_default().replace('_', "-")
}

fn differences(published: &Published, file: &TopicFile) -> Vec<String> {
    let mut violations = Vec::new();
    let listed: BTreeSet<&str> = file.topics.iter().map(|topic| topic.name.as_str()).collect();
    for (name, publishers) in published {
        if !listed.contains(name.as_str()) {
            violations.push(format!("{name} is not in topics.yaml, but has {publishers:?}"));
        }
    }
    for topic in &file.topics {
        let Some(publishers) = published.get(&topic.name) else {
            violations.push(format!("{} has no event type", topic.name));
            continue;
        };
        for (publisher, types) in
            publishers.iter().filter(|(publisher, _)| !topic.publishers.contains(*publisher))
        {
            violations.push(format!("{} does not list {publisher}, which publishes {types:?}", topic.name));
        }
        for idle in topic.publishers.iter().filter(|publisher| !publishers.contains_key(*publisher)) {
            violations.push(format!("{} lists {idle}, which has no event type for it", topic.name));
        }
    }
    violations
}

#[test]
fn topics_and_publishers_are_those_of_the_stack() {
    let contracts = Contracts::new(learnflow_wire::descriptor_pool().clone(), crate::ROOTS);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../components/topics.yaml");
    let text = std::fs::read_to_string(&path).expect("components/topics.yaml is there");
    let file: TopicFile =
        serde_yaml_ng::from_str(&text).expect("components/topics.yaml has a list of topics");
    let violations = differences(&published(&contracts), &file);
    assert!(
        violations.is_empty(),
        "contracts and components/topics.yaml differ:\n  {}",
        violations.join("\n  ")
    );
}

#[test]
fn the_generated_table_is_that_of_the_options() {
    let contracts = Contracts::new(learnflow_wire::descriptor_pool().clone(), crate::ROOTS);
    let mut declared: Vec<_> = events(&contracts)
        .into_iter()
        .map(|(message, rule)| (rule.topic, message.full_name().to_owned()))
        .collect();
    let table = learnflow_wire::EVENT_CONTRACTS.iter();
    let mut generated: Vec<_> =
        table.clone().map(|event| (event.topic.to_owned(), event.full_name.to_owned())).collect();
    declared.sort();
    generated.sort();
    assert_eq!(generated, declared);

    let kinds: BTreeSet<&str> = table.map(|event| event.kind).collect();
    assert_eq!(kinds.len(), generated.len(), "no two events share a type");
}

#[test]
fn every_difference_is_reported() {
    let source = r#"message SampleTaken {
        option (learnflow.api.v1.event) = {topic: "sample.events" key_field: "id"};
        string id = 1;
    }"#;
    let published = published(&Contracts::new(sample::compile(sample::PATH, source), crate::ROOTS));
    let cases = [
        ("topics: [{name: sample.events, publishers: [sample]}]", ""),
        ("topics: []", "sample.events is not in topics.yaml"),
        (
            "topics: [{name: sample.events, publishers: [sample]}, {name: idle.events, publishers: [sample]}]",
            "idle.events has no event type",
        ),
        ("topics: [{name: sample.events}]", "does not list sample, which publishes [\"SampleTaken\"]"),
        ("topics: [{name: sample.events, publishers: [sample, chat]}]", "lists chat"),
    ];
    for (yaml, report) in cases {
        let file: TopicFile = serde_yaml_ng::from_str(yaml).expect("a list of topics");
        let violations = differences(&published, &file);
        assert_eq!(violations.len(), usize::from(!report.is_empty()), "{yaml}: {violations:?}");
        assert!(violations.iter().all(|violation| violation.contains(report)), "{yaml}: {violations:?}");
    }
}
