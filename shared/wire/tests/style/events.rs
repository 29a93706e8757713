//! What an event message says about its publication, and what all events of a topic have in common.

use prost_reflect::{Cardinality, Kind, MessageDescriptor};

use crate::contracts::{Contracts, EventRule, event_rule};
use crate::rule::{Rule, breach};

/// One event message with the given option and fields.
macro_rules! event {
    ($option:expr, $fields:expr) => {
        concat!("message SampleTaken { option (learnflow.api.v1.event) = {", $option, "}; ", $fields, "}")
    };
}

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "EVENT_TOPIC",
        check: events_have_a_topic,
        broken_by: &[
            breach(event!(r#"key_field: "student_id""#, "string student_id = 1;"), "\"\""),
            breach(event!(r#"topic: "Samples" key_field: "student_id""#, "string student_id = 1;"), "\"Samples\""),
        ],
    },
    Rule {
        name: "EVENT_KEY",
        check: keys_are_strings,
        broken_by: &[
            breach(event!(r#"topic: "sample.events""#, "string student_id = 1;"), "\"\""),
            breach(event!(r#"topic: "sample.events" key_field: "id""#, "string student_id = 1;"), "\"id\""),
            breach(event!(r#"topic: "sample.events" key_field: "id""#, "int32 id = 1;"), "\"id\""),
            breach(event!(r#"topic: "sample.events" key_field: "id""#, "repeated string id = 1;"), "\"id\""),
            breach(event!(r#"topic: "sample.events" key_field: "id""#, "optional string id = 1;"), "\"id\""),
            breach(
                event!(r#"topic: "sample.events" key_field: "id" subject_field: "about""#, "string id = 1;"),
                "\"about\"",
            ),
        ],
    },
    Rule {
        name: "EVENT_NESTED",
        check: events_are_top_level,
        broken_by: &[breach(
            r#"message Sample { message Taken {
                 option (learnflow.api.v1.event) = {topic: "sample.events" key_field: "id"};
                 string id = 1;
               } }"#,
            "learnflow.sample.v1.Sample.Taken",
        )],
    },
    Rule {
        name: "PROGRESS_EVENT",
        check: progress_events_name_the_student,
        broken_by: &[breach(
            event!(r#"topic: "progress.events" key_field: "user_id""#, "string user_id = 1;"),
            "learnflow.sample.v1.SampleTaken",
        )],
    },
    Rule {
        name: "ANSWER_EVENT",
        check: answers_are_alike,
        broken_by: &[breach(
            event!(
                r#"topic: "learning.responses" key_field: "student_id""#,
                "string message_id = 1; string conversation_id = 2; string student_id = 3; double confidence = 4;
                 string response = 5; string suggestions = 6; learnflow.common.v1.AnswerSource source = 7;"
            ),
            "suggestions",
        )],
    },
];

/// What every answer to a question carries, and of what type.
const ANSWER_FIELDS: [(&str, &str); 7] = [
    ("message_id", "string"),
    ("conversation_id", "string"),
    ("student_id", "string"),
    ("confidence", "double"),
    ("response", "string"),
    ("suggestions", "repeated string"),
    ("source", "learnflow.common.v1.AnswerSource"),
];

/// Every event message with its option.
pub(crate) fn events(contracts: &Contracts) -> Vec<(MessageDescriptor, EventRule)> {
    contracts.messages().filter_map(|message| event_rule(&message).map(|rule| (message, rule))).collect()
}

fn events_on(contracts: &Contracts, topic: &str) -> impl Iterator<Item = MessageDescriptor> {
    events(contracts).into_iter().filter(move |(_, rule)| rule.topic == topic).map(|(message, _)| message)
}

fn events_have_a_topic(contracts: &Contracts) -> Vec<String> {
    let wrong = events(contracts).into_iter().filter(|(_, rule)| !is_topic(&rule.topic));
    wrong.map(|(message, rule)| format!("{} has topic {:?}", message.full_name(), rule.topic)).collect()
}

fn keys_are_strings(contracts: &Contracts) -> Vec<String> {
    let mut violations = Vec::new();
    for (message, rule) in events(contracts) {
        if !is_plain_string(&message, &rule.key_field) {
            violations.push(format!(
                "{} has no string {:?} for its key",
                message.full_name(),
                rule.key_field
            ));
        }
        if !rule.subject_field.is_empty() && !is_plain_string(&message, &rule.subject_field) {
            let (name, field) = (message.full_name(), rule.subject_field);
            violations.push(format!("{name} has no string {field:?} for its subject"));
        }
    }
    violations
}

fn events_are_top_level(contracts: &Contracts) -> Vec<String> {
    let nested = events(contracts).into_iter().filter(|(message, _)| message.parent_message().is_some());
    nested.map(|(message, _)| message.full_name().to_owned()).collect()
}

fn progress_events_name_the_student(contracts: &Contracts) -> Vec<String> {
    let unnamed =
        events_on(contracts, "progress.events").filter(|message| !is_plain_string(message, "student_id"));
    unnamed.map(|message| format!("{} has no string student_id", message.full_name())).collect()
}

fn answers_are_alike(contracts: &Contracts) -> Vec<String> {
    let mut violations = Vec::new();
    for message in events_on(contracts, "learning.responses") {
        for (field, wanted) in ANSWER_FIELDS {
            if field_type(&message, field).as_deref() != Some(wanted) {
                violations.push(format!("{} has no {wanted} {field}", message.full_name()));
            }
        }
    }
    violations
}

/// `learning.requests`: words in lower case with dots between.
fn is_topic(topic: &str) -> bool {
    topic.contains('.')
        && topic
            .split('.')
            .all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase()))
}

fn is_plain_string(message: &MessageDescriptor, field: &str) -> bool {
    field_type(message, field).as_deref() == Some("string")
}

/// The type of a field as a proto file has it, `optional` and `repeated` included.
fn field_type(message: &MessageDescriptor, field: &str) -> Option<String> {
    let field = message.get_field_by_name(field)?;
    let kind = match field.kind() {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(each) => each.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    };
    let optional = field.containing_oneof().is_some();
    Some(match field.cardinality() {
        Cardinality::Repeated => format!("repeated {kind}"),
        _ if optional => format!("optional {kind}"),
        _ => kind,
    })
}
