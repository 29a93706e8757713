use super::*;

const KAFKA: &str = "
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: events }
spec:
  type: pubsub.kafka
  version: v1
  metadata:
  - { name: brokers, value: localhost:9092 }
  - { name: authType, value: none }
  - { name: consumerGroup, value: '{appID}' }
  - { name: initialOffset, value: oldest }
  - { name: maxMessageBytes, value: 2048 }
  - { name: excludeHeaderMetaRegex, value: '^rawPayload$' }
scopes: [chat]
";

fn load(text: &str) -> Result<Resources, Error> {
    let mut resources = Resources::default();
    resources.add("file.yaml", text).map(|()| resources)
}

fn failure(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

#[test]
fn reads_a_kafka_component() {
    let resources = load(KAFKA).unwrap();
    let component = &resources.components[0];
    assert!(component.visible_to("chat") && !component.visible_to("triage"));
    let Kind::Pubsub(pubsub) = &component.kind else { panic!("{component:?}") };
    assert_eq!((pubsub.start, pubsub.max_message_bytes), (Start::Oldest, 2048));
    assert!(pubsub.exclude_headers.as_ref().unwrap().is_match("rawPayload"));
}

#[test]
fn reads_several_documents_and_skips_empty_ones() {
    let text = format!("---\n{KAFKA}---\n---\n{}", KAFKA.replace("events", "other"));
    assert_eq!(load(&text).unwrap().components.len(), 2);
}

#[test]
fn reads_subscriptions_of_both_versions() {
    let text = "
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: { name: a }
spec:
  pubsubname: events
  topic: t
  routes: { default: /t }
  deadLetterTopic: t.dead
  metadata: { rawPayload: 'true' }
  bulkSubscribe: { enabled: true, maxMessagesCount: 10 }
---
apiVersion: dapr.io/v1alpha1
kind: Subscription
metadata: { name: b }
spec: { pubsubname: events, topic: u, route: /u, metadata: { rawPayload: 'true' } }
";
    let subscriptions = load(text).unwrap().subscriptions;
    assert_eq!((subscriptions[0].path.as_str(), subscriptions[1].path.as_str()), ("/t", "/u"));
    let bulk = subscriptions[0].bulk.unwrap();
    assert_eq!((bulk.max_messages, bulk.max_await.as_secs()), (10, 10));
}

#[test]
fn reads_resiliency() {
    let text = "
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: r }
spec:
  policies:
    timeouts: { short: 2s }
    retries:
      few: { policy: constant, duration: 10ms, maxRetries: 2, matching: { gRPCStatusCodes: '14' } }
    circuitBreakers:
      b: { trip: consecutiveFailures > 3, timeout: 5s }
  targets:
    apps: { chat: { timeout: short, retry: few, circuitBreaker: b } }
    components: { events: { inbound: { retry: few } } }
";
    let resources = load(text).unwrap();
    let policies = Resiliency::policies(&resources.resiliency, "anyone");
    let call = policies.call("chat", "/m");
    assert!(call.timeout.is_some() && call.breaker.is_some() && call.has_retries());
    assert!(policies.delivery("events").has_retries());
    assert!(policies.publish("events").is_empty());
}

#[test]
fn names_the_file_and_the_field() {
    let cases = [
        (
            KAFKA.replace("pubsub.kafka", "pubsub.redis"),
            "file.yaml: spec.type: pubsub.redis cannot be imitated",
        ),
        (KAFKA.replace("initialOffset", "initialOfset"), "file.yaml: spec.metadata[3].name: "),
        (KAFKA.replace("oldest", "middle"), "file.yaml: spec.metadata.initialOffset: "),
        (KAFKA.replace("kind: Component", "kind: HTTPEndpoint"), "file.yaml: kind: HTTPEndpoint"),
        (KAFKA.replace("v1alpha1", "v9"), "file.yaml: apiVersion: "),
        (KAFKA.replace("  version: v1", "  colour: red"), "file.yaml: spec: unknown field `colour`"),
    ];
    for (text, expected) in cases {
        let failure = failure(&text);
        assert!(failure.starts_with(expected), "{failure}");
    }
}

#[test]
fn a_resiliency_behind_another_document_is_refused() {
    let text = format!(
        "{KAFKA}---\napiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {{ name: r }}\nspec: {{}}\n"
    );
    assert!(failure(&text).contains("alone in its file"));
}

#[test]
fn a_target_needs_its_policies() {
    let text = "
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: r }
spec: { targets: { apps: { chat: { retry: nowhere } } } }
";
    assert_eq!(failure(text), "file.yaml: spec.targets.apps.chat.retry: there is no policy \"nowhere\"");
}

#[test]
fn a_wrapped_subscription_is_refused() {
    let text = "
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: { name: a }
spec: { pubsubname: events, topic: t, routes: { default: /t } }
";
    assert!(failure(text).contains("spec.metadata.rawPayload"));
}

#[test]
fn reads_the_sampling_rate() {
    let text = "
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: c }
spec: { tracing: { samplingRate: '0.5', otel: { isSecure: false } }, metric: { enabled: true } }
";
    assert!((load(text).unwrap().sampling_rate - 0.5).abs() < f64::EPSILON);
}
