//! A subscription at work: a member of a consumer group, with a reader for each partition it is given.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::broker::{Claim, Fetched, TopicName};
use crate::publisher::{self, Message};
use crate::resources::{Pubsub, Subscription};
use crate::sidecar::Sidecar;
use crate::trace::{self, SpanContext};

/// How long a call in hand may take after the stop, before its event is left for the next reader.
const PATIENCE: Duration = Duration::from_secs(5);

/// One subscription of one replica.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) sidecar: Arc<Sidecar>,
    pub(super) subscription: Subscription,
    pub(super) pubsub: Pubsub,
    topic: TopicName,
}

impl Consumer {
    /// `None`, with a line in the log, when the app may not subscribe or the component is not there.
    pub(super) fn new(sidecar: &Arc<Sidecar>, subscription: Subscription) -> Option<Self> {
        let Subscription { pubsub: component, topic, .. } = &subscription;
        let app = sidecar.app_id.as_str();
        let Some(pubsub) = sidecar.pubsub(component).cloned() else {
            tracing::error!(
                app.id = app,
                component,
                topic,
                "subscription to a pub/sub component that is not there"
            );
            return None;
        };
        if !pubsub.topics.may_subscribe(app, topic) {
            tracing::error!(
                app.id = app,
                component,
                topic,
                "subscription is not allowed by the component's scopes"
            );
            return None;
        }
        let topic = sidecar.topic(component, topic);
        Some(Self { sidecar: Arc::clone(sidecar), subscription, pubsub, topic })
    }

    /// Reads until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let this = Arc::new(self);
        let group = this.sidecar.consumer_group(&this.pubsub);
        let mut membership = this.sidecar.broker.join(&this.topic, &group, this.pubsub.start);
        let mut readers: HashMap<u32, CancellationToken> = HashMap::new();
        let tasks = TaskTracker::new();
        while !stop.is_cancelled() {
            let assignment = membership.assignment();
            readers.retain(|partition, reader| {
                let keep = assignment.contains(partition);
                if !keep {
                    reader.cancel();
                }
                keep
            });
            for partition in assignment {
                readers.entry(partition).or_insert_with(|| {
                    let stop = stop.child_token();
                    let reader =
                        Reader { consumer: Arc::clone(&this), stop: stop.clone(), calls: Semaphore::new(1) };
                    tasks.spawn(reader.run(membership.claim(partition)));
                    stop
                });
            }
            tokio::select! {
                () = membership.changed() => {}
                () = stop.cancelled() => {}
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    /// Publishes dead letters: the bytes as they were, and all metadata, which keeps the key.
    pub(super) async fn bury(
        &self,
        letters: impl IntoIterator<Item = (Bytes, HashMap<String, String>)>,
    ) -> Result<(), publisher::Error> {
        let Subscription { pubsub, dead_letter_topic, .. } = &self.subscription;
        let messages = letters.into_iter().map(|(data, mut metadata)| {
            metadata.insert("pubsubName".to_owned(), pubsub.clone());
            Message { data, metadata }
        });
        let result = publisher::publish(&self.sidecar, pubsub, dead_letter_topic, messages.collect()).await;
        if let Err(error) = &result {
            tracing::error!(app.id = self.sidecar.app_id, topic = dead_letter_topic, %error, "dead letter not sent");
        }
        result
    }

    /// With tracing on, a delivery is a child of the span that its publisher named, and both are said.
    pub(super) fn trace(&self, to: &mut tonic::metadata::MetadataMap, metadata: &HashMap<String, String>) {
        let rate = self.sidecar.sampling_rate;
        if rate <= 0.0 {
            return;
        }
        let parent = metadata.get(trace::TRACEPARENT).or_else(|| metadata.get("traceid"));
        let Some(parent) = parent.map(|text| SpanContext::parse(text)) else { return };
        let mut headers = std::mem::take(to).into_headers();
        trace::append(&mut headers, SpanContext::child(parent, rate));
        *to = tonic::metadata::MetadataMap::from_headers(headers);
    }

    pub(super) fn has_dead_letters(&self) -> bool {
        !self.subscription.dead_letter_topic.is_empty()
    }

    pub(super) fn warn(&self, error: &super::Undelivered) {
        let Subscription { pubsub, topic, .. } = &self.subscription;
        tracing::warn!(app.id = self.sidecar.app_id, component = pubsub, topic, %error, "delivery failed");
    }
}

/// Reads one partition.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) consumer: Arc<Consumer>,
    pub(super) stop: CancellationToken,
    /// Held during calls of the app, so that a stop can wait for the one in hand.
    pub(super) calls: Semaphore,
}

impl Reader {
    async fn run(self, claim: impl Future<Output = Claim>) {
        let claim = tokio::select! {
            claim = claim => claim,
            () = self.stop.cancelled() => return,
        };
        match self.consumer.subscription.bulk {
            Some(bulk) => self.read_batches(claim, bulk).await,
            None => self.read_events(claim).await,
        }
    }

    /// Resolves after the stop, once no call is in hand or it has taken too long.
    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
        // Either way it is over.
        let _ = tokio::time::timeout(PATIENCE, self.calls.acquire()).await;
    }

    async fn read_events(&self, mut claim: Claim) {
        loop {
            let fetched = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                fetched = claim.next() => fetched,
            };
            let taken = tokio::select! {
                biased;
                taken = self.persist(&fetched) => taken,
                () = self.stopped() => return,
            };
            if taken {
                claim.commit(fetched.offset + 1);
            }
        }
    }

    /// Hands an event over until it is taken, by the component's own retry: the partition waits.
    async fn persist(&self, fetched: &Fetched) -> bool {
        let pubsub = &self.consumer.pubsub;
        let mut backoff = pubsub.retry.backoff();
        loop {
            match self.consumer.deliver(fetched, &self.calls).await {
                Ok(()) => return true,
                Err(error) => self.consumer.warn(&error),
            }
            match backoff.next_pause().filter(|_| pubsub.retry_enabled) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return false,
            }
        }
    }
}
