//! Delivery of batches: an outcome for each event, and offsets that advance to the first that failed.

use std::collections::HashMap;

use dapr::dapr::proto::runtime::v1 as pb;
use pb::topic_event_bulk_request_entry::Event;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{MissedTickBehavior, interval};

use super::callback::{self, Verdict};
use super::consumer::{Consumer, Reader};
use super::{Undelivered, event};
use crate::broker::{Claim, Fetched};
use crate::resiliency;
use crate::resources::BulkSettings;

impl Reader {
    /// Gathers records until there are enough or the clock ticks, and hands them over together.
    pub(super) async fn read_batches(&self, mut claim: Claim, settings: BulkSettings) {
        let mut ticker = interval(settings.max_await);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticker.reset();
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                _ = ticker.tick() => {
                    if batch.is_empty() {
                        continue;
                    }
                }
                fetched = claim.next() => {
                    batch.push(fetched);
                    if batch.len() < settings.max_messages {
                        continue;
                    }
                    ticker.reset();
                }
            }
            tokio::select! {
                biased;
                () = self.persist_batch(&claim, &batch) => batch.clear(),
                () = self.stopped() => return,
            }
        }
    }

    /// Hands a batch over until all of it is taken. After a failure all of it comes again, as in daprd, with what
    /// was taken before the first failure committed.
    async fn persist_batch(&self, claim: &Claim, batch: &[Fetched]) {
        let pubsub = &self.consumer.pubsub;
        let mut backoff = pubsub.retry.backoff();
        loop {
            let (taken, result) = self.consumer.deliver_batch(batch, &self.calls).await;
            if let Some(last) = batch[..taken].last() {
                claim.commit(last.offset + 1);
            }
            match result {
                Ok(()) => return,
                Err(error) => self.consumer.warn(&error),
            }
            match backoff.next_pause().filter(|_| pubsub.retry_enabled) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return,
            }
        }
    }
}

/// What is known of each event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Untouched,
    Taken,
    Failed,
}

impl Consumer {
    /// Delivers a batch. Returns how many events from its beginning are done, and an error when the component is to
    /// try the batch again.
    async fn deliver_batch(&self, batch: &[Fetched], calls: &Semaphore) -> (usize, Result<(), Undelivered>) {
        let policy = self.sidecar.policies.delivery(&self.subscription.pubsub);
        let metadata: Vec<_> = batch.iter().map(|fetched| self.entry_metadata(fetched)).collect();
        let outcomes = Mutex::new(vec![Outcome::Untouched; batch.len()]);
        let result = resiliency::run(&policy, || async {
            let pending: Vec<usize> = (0..batch.len()).collect();
            let known = outcomes.lock().await.clone();
            let pending: Vec<_> =
                pending.into_iter().filter(|index| known[*index] != Outcome::Taken).collect();
            let request = self.batch_request(batch, &metadata, &pending);
            let call = calls.acquire().await;
            let answer = callback::batch(&self.sidecar, &request).await;
            drop(call);
            let verdicts = match answer {
                Ok(verdicts) => verdicts,
                Err(status) => {
                    let mut outcomes = outcomes.lock().await;
                    for index in pending {
                        outcomes[index] = Outcome::Failed;
                    }
                    return Err(Undelivered::Call(status));
                }
            };
            let verdicts = verdicts.map(|entries| {
                entries.into_iter().map(|entry| (entry.entry_id, Verdict::from(entry.status))).collect()
            });
            let (settled, dropped) = settle(&pending, verdicts.as_ref());
            self.bury_dropped(batch, &metadata, &dropped).await;
            let mut outcomes = outcomes.lock().await;
            for (index, outcome) in &settled {
                outcomes[*index] = *outcome;
            }
            let failed = settled.iter().any(|(_, outcome)| *outcome == Outcome::Failed);
            if failed { Err(Undelivered::Retry) } else { Ok(()) }
        })
        .await;
        let Err(error) = result else { return (batch.len(), Ok(())) };
        let outcomes = outcomes.into_inner();
        let failed: Vec<_> = (0..batch.len()).filter(|index| outcomes[*index] != Outcome::Taken).collect();
        if self.has_dead_letters() {
            self.warn(&error);
            let letters =
                failed.iter().map(|index| (batch[*index].record.value.clone(), metadata[*index].clone()));
            if self.bury(letters).await.is_ok() {
                return (batch.len(), Ok(()));
            }
        }
        (failed.first().copied().unwrap_or(batch.len()), Err(error))
    }

    fn entry_metadata(&self, fetched: &Fetched) -> HashMap<String, String> {
        event::metadata(fetched, &self.subscription.topic, &self.pubsub)
    }

    fn batch_request(
        &self,
        batch: &[Fetched],
        metadata: &[HashMap<String, String>],
        pending: &[usize],
    ) -> pb::TopicEventBulkRequest {
        let entry = |index: &usize| pb::TopicEventBulkRequestEntry {
            entry_id: index.to_string(),
            content_type: String::new(),
            metadata: metadata[*index].clone(),
            event: Some(Event::Bytes(batch[*index].record.value.to_vec())),
        };
        pb::TopicEventBulkRequest {
            id: uuid::Uuid::now_v7().to_string(),
            entries: pending.iter().map(entry).collect(),
            metadata: HashMap::from([("pubsubName".to_owned(), self.subscription.pubsub.clone())]),
            topic: self.subscription.topic.clone(),
            pubsub_name: self.subscription.pubsub.clone(),
            r#type: "com.dapr.event.sent.bulk".to_owned(),
            path: self.subscription.path.clone(),
        }
    }

    /// Dropped events go to the dead-letter topic; one that cannot is gone, as in daprd.
    async fn bury_dropped(&self, batch: &[Fetched], metadata: &[HashMap<String, String>], dropped: &[usize]) {
        if !self.has_dead_letters() {
            return;
        }
        for index in dropped {
            // Logged where it happens.
            let _ = self.bury([(batch[*index].record.value.clone(), metadata[*index].clone())]).await;
        }
    }
}

/// Which of the pending events are done, and which of those were dropped. Without verdicts all are taken; an event
/// without a verdict is not.
fn settle(
    pending: &[usize],
    verdicts: Option<&HashMap<String, Verdict>>,
) -> (Vec<(usize, Outcome)>, Vec<usize>) {
    let mut dropped = Vec::new();
    let mut outcome = |index: &usize| match verdicts {
        None => Outcome::Taken,
        Some(verdicts) => match verdicts.get(&index.to_string()) {
            Some(Verdict::Taken) => Outcome::Taken,
            Some(Verdict::Drop) => {
                dropped.push(*index);
                Outcome::Taken
            }
            Some(Verdict::Retry) | None => Outcome::Failed,
        },
    };
    let settled = pending.iter().map(|index| (*index, outcome(index))).collect();
    (settled, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Failed, Taken};

    #[test]
    fn each_event_has_its_own_outcome() {
        let verdicts = HashMap::from([
            ("0".to_owned(), Verdict::Taken),
            ("2".to_owned(), Verdict::Drop),
            ("3".to_owned(), Verdict::Retry),
            ("9".to_owned(), Verdict::Taken),
        ]);
        let (settled, dropped) = settle(&[0, 1, 2, 3], Some(&verdicts));
        assert_eq!(settled, [(0, Taken), (1, Failed), (2, Taken), (3, Failed)]);
        assert_eq!(dropped, [2]);
    }

    #[test]
    fn an_app_without_the_method_takes_all() {
        assert_eq!(settle(&[4], None), (vec![(4, Outcome::Taken)], Vec::new()));
    }
}
