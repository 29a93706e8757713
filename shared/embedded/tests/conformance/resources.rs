//! The resource files of a run: the same for both runtimes.

use std::fmt::Write as _;
use std::path::Path;

use dapr::dapr::proto::runtime::v1 as pb;

/// Topics and consumer groups of a run are its own: a rerun begins with nothing.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) brokers: String,
}

/// A subscription of one app: topic, component, app, dead-letter topic or "", and the fields of `bulkSubscribe`.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Partitions of each topic.
pub(crate) const PARTITIONS: i32 = 3;

const SUBSCRIPTIONS: &[Row] = &[
    ("plain", "events", "beta", "", ""),
    ("order", "events", "beta", "", ""),
    ("again", "events", "beta", "", ""),
    ("broken", "events", "beta", "", ""),
    ("lost", "events", "beta", "lost.dead", ""),
    ("dropped", "events", "beta", "dropped.dead", ""),
    ("dropped.dead", "events", "beta", "", ""),
    ("forgotten", "events", "beta", "", ""),
    ("first", "events", "beta", "first.dead", ""),
    ("patient", "patient", "beta", "patient.dead", ""),
    ("exhausted", "patient", "beta", "exhausted.dead", ""),
    ("unsendable", "patient", "beta", "unsendable.dead", ""),
    ("blocked", "patient", "beta", "blocked.dead", ""),
    ("moody", "events", "moody", "", ""),
    ("traced", "events", "traced", "", ""),
    ("shared", "events", "twin", "", ""),
    ("everyone", "live", "twin", "", ""),
    ("batch", "events", "beta", "", "maxMessagesCount: 10, maxAwaitDurationMs: 100"),
    ("partial", "events", "beta", "partial.dead", "maxMessagesCount: 10, maxAwaitDurationMs: 100"),
    ("batch.patient", "patient", "beta", "batch.dead", "maxMessagesCount: 10, maxAwaitDurationMs: 100"),
    ("batch.again", "events", "beta", "", "maxMessagesCount: 10, maxAwaitDurationMs: 100"),
    ("forbidden", "scoped", "beta", "", ""),
    ("small", "small", "beta", "", ""),
    ("small.read", "small", "beta", "", ""),
    ("small.escaped", "small", "beta", "", ""),
    ("batch.old", "events", "beta", "", "maxMessagesCount: 10, maxAwaitDurationMs: 100"),
];

/// Topics that no file subscribes to.
const OTHERS: &[&str] = &[
    "lost.dead",
    "first.dead",
    "patient.dead",
    "exhausted.dead",
    "unsendable.dead",
    "blocked.dead",
    "partial.dead",
    "batch.dead",
    "wished",
    "records",
    "allowed",
    "secret",
];

impl Run {
    /// The real name of a topic.
    pub(crate) fn topic(&self, name: &str) -> String {
        format!("conformance.{}.{name}", self.id)
    }

    /// Every topic of a run, by its real name.
    pub(crate) fn topics(&self) -> Vec<String> {
        SUBSCRIPTIONS
            .iter()
            .map(|row| row.0)
            .chain(OTHERS.iter().copied())
            .map(|name| self.topic(name))
            .collect()
    }

    /// What `beta` asks for by itself.
    pub(crate) fn wishes(&self) -> Vec<pb::TopicSubscription> {
        vec![pb::TopicSubscription {
            pubsub_name: "events".to_owned(),
            topic: self.topic("wished"),
            metadata: [("rawPayload".to_owned(), "true".to_owned())].into(),
            routes: Some(pb::TopicRoutes { rules: Vec::new(), default: "/wished".to_owned() }),
            ..Default::default()
        }]
    }

    /// Writes the files.
    pub(crate) fn write(&self, folder: &Path) {
        let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
        let group = format!("{{appID}}-{}", self.id);
        let quick = "backOffDuration: 300ms";
        write("events.yaml", self.kafka("events", &group, &["initialOffset: oldest", quick], "[]"));
        write(
            "patient.yaml",
            self.kafka("patient", &format!("{group}-p"), &["initialOffset: oldest", quick], "[]"),
        );
        write("live.yaml", self.kafka("live", "{uuid}", &["initialOffset: newest"], "[]"));
        let excluded = "excludeHeaderMetaRegex: ^(rawPayload|partitionKey|pubsubName)$";
        let small = ["initialOffset: oldest", "maxMessageBytes: 2000", "escapeHeaders: true", excluded];
        write("small.yaml", self.kafka("small", &format!("{group}-s"), &small, "[]"));
        let publishing = format!("publishingScopes: alpha={};timed=", self.topic("allowed"));
        let protected = format!("protectedTopics: {}", self.topic("secret"));
        let subscribing = "subscriptionScopes: beta=";
        let settings = ["initialOffset: oldest", publishing.as_str(), protected.as_str(), subscribing];
        write("scoped.yaml", self.kafka("scoped", &format!("{group}-x"), &settings, "[]"));
        write(
            "hidden.yaml",
            self.kafka("hidden", &format!("{group}-h"), &["initialOffset: oldest"], "[nobody]"),
        );
        write("stores.yaml", STORES.to_owned());
        write("resiliency.yaml", RESILIENCY.to_owned());
        write("subscriptions.yaml", self.subscriptions());
    }

    fn kafka(&self, name: &str, group: &str, settings: &[&str], scopes: &str) -> String {
        let mut text = format!(
            "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nscopes: {scopes}\nspec:\n  \
             type: pubsub.kafka\n  version: v1\n  metadata:\n"
        );
        let brokers = format!("brokers: {}", self.brokers);
        let group = format!("consumerGroup: {group}");
        let common = [brokers.as_str(), "authType: none", "version: 3.9.0", group.as_str()];
        for setting in common.iter().chain(settings) {
            let (name, value) = setting.split_once(": ").unwrap();
            writeln!(text, "  - name: {name}\n    value: {value:?}").unwrap();
        }
        text
    }

    fn subscriptions(&self) -> String {
        let mut text = String::new();
        for (topic, pubsub, app, dead, bulk) in SUBSCRIPTIONS {
            writeln!(
                text,
                "---\napiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata:\n  name: {}\nscopes: [{app}]\n\
                 spec:\n  pubsubname: {pubsub}\n  topic: {}\n  routes:\n    default: /{topic}\n  metadata:\n    \
                 rawPayload: \"true\"",
                topic.replace('.', "-"),
                self.topic(topic)
            )
            .unwrap();
            if !dead.is_empty() {
                writeln!(text, "  deadLetterTopic: {}", self.topic(dead)).unwrap();
            }
            if !bulk.is_empty() {
                writeln!(text, "  bulkSubscribe: {{enabled: true, {bulk}}}").unwrap();
            }
        }
        text
    }
}

const STORES: &str = "
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: store
spec:
  type: state.in-memory
  version: v1
---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: secrets
spec:
  type: secretstores.local.env
  version: v1
  metadata:
  - name: prefix
    value: CONFORMANCE_
";

const RESILIENCY: &str = "
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata:
  name: resiliency
spec:
  policies:
    timeouts:
      short: 400ms
    retries:
      unavailable: {policy: constant, duration: 20ms, maxRetries: 2, matching: {gRPCStatusCodes: \"14\"}}
      all: {policy: constant, duration: 20ms, maxRetries: 2}
      event: {policy: constant, duration: 100ms, maxRetries: 2}
    circuitBreakers:
      touchy: {maxRequests: 1, timeout: 30s, trip: consecutiveFailures >= 3}
  targets:
    apps:
      timed: {timeout: short}
      retried: {retry: unavailable}
      both: {timeout: short, retry: unavailable}
      moody: {circuitBreaker: touchy}
    components:
      patient:
        inbound: {retry: event}
";
