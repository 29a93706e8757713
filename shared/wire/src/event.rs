//! What a message says about itself as an event.

/// A message that is published as an event; implemented by the build for every message with the
/// `(learnflow.api.v1.event)` option.
pub trait Event: prost::Message + Default + Send + Sync + 'static {
    /// The CloudEvents type, `learnflow.<area>.<event>.v1`.
    const TYPE: &'static str;
    /// The Kafka topic.
    const TOPIC: &'static str;
    /// The full protobuf name, `learnflow.<service>.v1.<Message>`.
    const FULL_NAME: &'static str;

    /// The record's key and `partitionkey`: events of one key stay in order. The student's id, as a rule.
    fn key(&self) -> &str;

    /// The CloudEvents subject; empty for none.
    fn subject(&self) -> &str;
}

/// The `type_url` of a message in an `Any`, as protobuf's JSON mapping and all SDKs expect it.
pub fn type_url(full_name: &str) -> String {
    format!("type.googleapis.com/{full_name}")
}

/// One type of event, as its contract declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventContract {
    /// The Kafka topic.
    pub topic: &'static str,
    /// The CloudEvents type.
    pub kind: &'static str,
    /// The full protobuf name of the message.
    pub full_name: &'static str,
}

/// Every type of event in the contracts, sorted by topic and type.
pub const EVENT_CONTRACTS: &[EventContract] = include!(concat!(env!("OUT_DIR"), "/event_contracts.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_derive_from_full_names() {
        let asked =
            EVENT_CONTRACTS.iter().find(|event| event.full_name == "learnflow.chat.v1.QueryAsked").unwrap();
        assert_eq!((asked.topic, asked.kind), ("learning.requests", "learnflow.chat.query_asked.v1"));
    }
}
