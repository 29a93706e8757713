//! Subscriptions: from files, and from what an app says of itself.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use dapr::dapr::proto::runtime::v1 as pb;

use super::document::{Bulk, Document, SubscriptionSpec, SubscriptionSpecV1};
use super::error::{Error, Place};

/// A topic that an app wants to hear of.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) pubsub: String,
    pub(crate) topic: String,
    /// The path of the default route, which a delivery carries.
    pub(crate) path: String,
    /// Empty for none.
    pub(crate) dead_letter_topic: String,
    pub(crate) bulk: Option<BulkSettings>,
    /// As written, for GetMetadata.
    pub(crate) metadata: HashMap<String, String>,
    /// Did the app itself ask for it?
    pub(crate) programmatic: bool,
    scopes: Vec<String>,
}

/// When a batch is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BulkSettings {
    /// Once it holds this many.
    pub(crate) max_messages: usize,
    /// Or at the next tick of this clock.
    pub(crate) max_await: Duration,
}

impl From<Bulk> for Option<BulkSettings> {
    fn from(bulk: Bulk) -> Self {
        let or = |value: i32, default: u32| u32::try_from(value).ok().filter(|v| *v > 0).unwrap_or(default);
        bulk.enabled.then(|| BulkSettings {
            max_messages: or(bulk.max_messages_count, 80) as usize,
            max_await: Duration::from_millis(or(bulk.max_await_duration_ms, 10_000).into()),
        })
    }
}

impl Subscription {
    pub(super) fn v2(document: Document<SubscriptionSpec>, place: Place<'_>) -> Result<Self, Error> {
        let Document { spec, scopes, .. } = document;
        if !spec.routes.rules.is_empty() {
            let message = "rules cannot match raw events: use routes.default, and read the event";
            return Err(place.unsupported("spec.routes.rules", message));
        }
        if spec.routes.default.is_empty() {
            return Err(place.unsupported("spec.routes.default", "a subscription needs a path"));
        }
        Self::new(
            spec.pubsubname,
            spec.topic,
            spec.routes.default,
            spec.dead_letter_topic,
            spec.bulk_subscribe,
            spec.metadata,
            scopes,
            place,
        )
    }

    pub(super) fn v1(document: Document<SubscriptionSpecV1>, place: Place<'_>) -> Result<Self, Error> {
        let Document { spec, scopes, .. } = document;
        Self::new(
            spec.pubsubname,
            spec.topic,
            spec.route,
            spec.dead_letter_topic,
            spec.bulk_subscribe,
            spec.metadata,
            scopes,
            place,
        )
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of two versions of one resource")]
    fn new(
        pubsub: String,
        topic: String,
        path: String,
        dead_letter_topic: String,
        bulk: Option<Bulk>,
        metadata: BTreeMap<String, String>,
        scopes: Vec<String>,
        place: Place<'_>,
    ) -> Result<Self, Error> {
        let metadata: HashMap<_, _> = metadata.into_iter().collect();
        if !is_raw(&metadata) {
            return Err(place.unsupported("spec.metadata.rawPayload", RAW_ONLY));
        }
        let bulk = bulk.and_then(Into::into);
        Ok(Self { pubsub, topic, path, dead_letter_topic, bulk, metadata, programmatic: false, scopes })
    }

    /// What an app answered to ListTopicSubscriptions.
    pub(crate) fn from_app(subscription: pb::TopicSubscription) -> Result<Self, String> {
        let pb::TopicSubscription { pubsub_name, topic, metadata, routes, dead_letter_topic, bulk_subscribe } =
            subscription;
        let routes = routes.unwrap_or_default();
        if !routes.rules.is_empty() {
            return Err(format!("{pubsub_name}/{topic}: routes by rule cannot match raw events"));
        }
        if !is_raw(&metadata) {
            return Err(format!("{pubsub_name}/{topic}: {RAW_ONLY}"));
        }
        let bulk = bulk_subscribe.and_then(|bulk| {
            Bulk {
                enabled: bulk.enabled,
                max_messages_count: bulk.max_messages_count,
                max_await_duration_ms: bulk.max_await_duration_ms,
            }
            .into()
        });
        Ok(Self {
            pubsub: pubsub_name,
            topic,
            path: routes.default,
            dead_letter_topic,
            bulk,
            metadata,
            programmatic: true,
            scopes: Vec::new(),
        })
    }

    /// Is it meant for `app`?
    pub(crate) fn visible_to(&self, app: &str) -> bool {
        super::in_scope(&self.scopes, app)
    }
}

/// Why a wrapped payload is refused.
pub(crate) const RAW_ONLY: &str = "must be \"true\": Dapr's own envelope loses protobuf payloads without an error, so only raw ones are imitated";

/// Does the metadata ask for raw payloads, in one of the spellings that daprd takes for true?
pub(crate) fn is_raw(metadata: &HashMap<String, String>) -> bool {
    let value = metadata.get("rawPayload").map(String::as_str);
    matches!(value, Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
}
