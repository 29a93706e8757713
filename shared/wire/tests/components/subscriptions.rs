//! One subscription for each consumer of a topic, and for each app whose every replica reads it.

use std::collections::BTreeMap;

use learnflow_dapr::{PUBSUB, PUBSUB_LIVE};
use learnflow_events::dead_letter_topic;
use serde_yaml_ng::Value;

use crate::Rule;
use crate::files::{Breach, Change, Files, Resource, VARIANTS, replace};
use crate::topics::Topics;

pub(crate) const RULE: Rule = Rule { name: "SUBSCRIPTIONS", check, broken_by: BROKEN_BY };

const TRIAGE: &str = "local/subscription-learning-requests-triage.yaml";
const LIVE: &str = "kubernetes/subscription-learning-responses-chat-live.yaml";

const BROKEN_BY: &[Breach] = &[
    Breach { file: TRIAGE, change: Change::Remove, report: "no subscription of triage to learning.requests" },
    Breach {
        file: LIVE,
        change: Change::Remove,
        report: "no subscription of chat to learning.responses by pubsub-live",
    },
    Breach {
        file: "local/subscription-learning-requests-triage-again.yaml",
        change: Change::Copy(
            TRIAGE,
            "name: learning-requests-triage",
            "name: learning-requests-triage-again",
        ),
        report: "triage subscribes to learning.requests twice",
    },
    Breach {
        file: "local/subscription-account-events-chat.yaml",
        change: Change::Copy(TRIAGE, "topic: learning.requests\n", "topic: account.events\n"),
        report: "triage is no consumer of account.events",
    },
    replace("topics.yaml", "consumers: [triage]", "consumers: [triage, debug]", "no subscription of debug"),
    replace(
        "topics.yaml",
        "live: [chat]",
        "live: []",
        "chat is no consumer of learning.responses by pubsub-live",
    ),
    replace(TRIAGE, "/events/learning.requests", "/events/learning.request", "default route"),
    replace(TRIAGE, "default: /events/", "rules: []\n    default: /events/", "rules cannot match raw events"),
    replace(LIVE, "/live/learning.responses", "/events/learning.responses", "default route"),
    replace(TRIAGE, "rawPayload: \"true\"", "rawPayload: \"false\"", "rawPayload"),
    replace(TRIAGE, "rawPayload: \"true\"", "rawPayload: true", "rawPayload"),
    replace(TRIAGE, "learning.requests.triage.dlq", "learning.requests.dlq", "dead-letter topic"),
    replace(TRIAGE, "  deadLetterTopic: learning.requests.triage.dlq\n", "", "dead-letter topic"),
    replace(LIVE, "scopes:", "  deadLetterTopic: learning.responses.chat.dlq\nscopes:", "dead-letter topic"),
    replace(TRIAGE, "\nscopes:\n  - triage\n", "\n", "scopes"),
    replace(TRIAGE, "  - triage\n", "  - triage\n  - chat\n", "scopes"),
    replace(TRIAGE, "dapr.io/v2alpha1", "dapr.io/v1alpha1", "v2alpha1"),
    replace(TRIAGE, "name: learning-requests-triage", "name: learning-requests", "named after"),
    replace(TRIAGE, "  deadLetter", "  bulkSubscribe: {enabled: true}\n  deadLetter", "bulk"),
];

/// Component, topic and app-id.
type Key = (String, String, String);

fn check(files: &Files) -> Vec<String> {
    VARIANTS.into_iter().flat_map(|variant| check_variant(files, variant)).collect()
}

fn check_variant(files: &Files, variant: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let mut wanted = wanted(&Topics::of(files));
    let mut seen: BTreeMap<Key, &str> = BTreeMap::new();
    for subscription in files.resources(variant, "Subscription") {
        let key = key(&subscription);
        let (component, topic, app) = &key;
        let by = if component == PUBSUB { String::new() } else { format!(" by {component}") };
        if let Some(other) = seen.insert(key.clone(), subscription.file) {
            violations
                .push(format!("{}: {app} subscribes to {topic} twice{by}, see {other}", subscription.file));
        } else if wanted.remove(&key).is_none() {
            violations
                .push(format!("{}: {app} is no consumer of {topic}{by} in topics.yaml", subscription.file));
        }
        let complaints = complaints(&subscription, component == PUBSUB_LIVE, topic, app);
        violations
            .extend(complaints.into_iter().map(|complaint| format!("{}: {complaint}", subscription.file)));
    }
    violations.extend(wanted.into_values().map(|what| format!("{variant}: no subscription of {what}")));
    violations
}

/// What there must be, with its words.
fn wanted(topics: &Topics) -> BTreeMap<Key, String> {
    let mut wanted = BTreeMap::new();
    for topic in topics.iter() {
        let name = &topic.name;
        for app in &topic.consumers {
            wanted.insert((PUBSUB.to_owned(), name.clone(), app.clone()), format!("{app} to {name}"));
        }
        for app in &topic.live {
            let words = format!("{app} to {name} by {PUBSUB_LIVE}");
            wanted.insert((PUBSUB_LIVE.to_owned(), name.clone(), app.clone()), words);
        }
    }
    wanted
}

fn key(subscription: &Resource<'_>) -> Key {
    let spec = &subscription.value["spec"];
    let text = |field: &str| spec[field].as_str().unwrap_or_default().to_owned();
    (
        text("pubsubname"),
        text("topic"),
        subscription.scopes().first().copied().unwrap_or("everyone").to_owned(),
    )
}

/// What is wrong with one subscription.
fn complaints(subscription: &Resource<'_>, live: bool, topic: &str, app: &str) -> Vec<String> {
    let (value, mut complaints) = (&subscription.value, Vec::new());
    let spec = &value["spec"];
    let mut must = |holds: bool, complaint: String| {
        if !holds {
            complaints.push(complaint);
        }
    };
    must(value["apiVersion"] == "dapr.io/v2alpha1", "must be of dapr.io/v2alpha1".to_owned());
    // Another path, so that the handler can tell the two deliveries apart.
    let path = if live { format!("/live/{topic}") } else { format!("/events/{topic}") };
    must(spec["routes"]["default"] == path.as_str(), format!("the default route must be {path}"));
    must(spec["routes"].get("rules").is_none(), "rules cannot match raw events".to_owned());
    must(spec["metadata"]["rawPayload"] == "true", "rawPayload must be the text \"true\"".to_owned());
    let letters = if live { Value::Null } else { Value::String(dead_letter_topic(topic, app)) };
    must(spec["deadLetterTopic"] == letters, format!("the dead-letter topic must be {letters:?}"));
    must(subscription.scopes() == [app], format!("scopes must be one app, not {:?}", subscription.scopes()));
    must(spec.get("bulkSubscribe").is_none(), "bulk delivery is off, see the README".to_owned());
    let suffix = if live { "-live" } else { "" };
    let name = format!("{}-{app}{suffix}", topic.replace('.', "-"));
    must(
        subscription.name() == name && subscription.file.ends_with(&format!("/subscription-{name}.yaml")),
        format!("it must be named after its topic and consumer: {name}"),
    );
    complaints
}
