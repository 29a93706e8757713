//! Which topics there are, and which types each accepts: as the contracts' `(learnflow.api.v1.event)` options say.

use std::collections::BTreeSet;

use learnflow_wire::EVENT_CONTRACTS;

/// Every topic of the contracts, sorted.
pub fn topics() -> BTreeSet<&'static str> {
    EVENT_CONTRACTS.iter().map(|event| event.topic).collect()
}

/// Whether the contracts list `kind` for `topic`.
pub fn accepts(topic: &str, kind: &str) -> bool {
    EVENT_CONTRACTS.iter().any(|event| event.topic == topic && event.kind == kind)
}

/// Where `consumer` puts the records of `topic` that it cannot handle.
pub fn dead_letter_topic(topic: &str, consumer: &str) -> String {
    format!("{topic}.{consumer}.dlq")
}
