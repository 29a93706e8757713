//! Delivery of one event: attempts under the inbound policy, then the dead-letter topic.

use tokio::sync::Semaphore;
use tonic::Request;

use super::callback::{self, Verdict};
use super::consumer::Consumer;
use super::{Undelivered, event};
use crate::broker::Fetched;
use crate::resiliency;

impl Consumer {
    /// Delivers an event; an error leaves it to the component's retry.
    pub(super) async fn deliver(&self, fetched: &Fetched, calls: &Semaphore) -> Result<(), Undelivered> {
        let policy = self.sidecar.policies.delivery(&self.subscription.pubsub);
        let mut metadata = event::metadata(fetched, &self.subscription.topic, &self.pubsub);
        metadata.insert("pubsubName".to_owned(), self.subscription.pubsub.clone());
        let message = event::request(fetched, &self.subscription, &metadata);
        let letter = || (fetched.record.value.clone(), metadata.clone());
        let result = resiliency::run(&policy, || async {
            let mut request = Request::new(message.clone());
            self.trace(request.metadata_mut(), &metadata);
            event::add_metadata(request.metadata_mut(), &metadata).map_err(Undelivered::Call)?;
            let call = calls.acquire().await;
            let verdict = callback::event(&self.sidecar, request).await.map_err(Undelivered::Call)?;
            drop(call);
            match verdict {
                Verdict::Retry => Err(Undelivered::Retry),
                Verdict::Drop if self.has_dead_letters() => {
                    self.bury([letter()]).await.map_err(Undelivered::DeadLetter)
                }
                Verdict::Taken | Verdict::Drop => Ok(()),
            }
        })
        .await;
        match result {
            Err(error) if self.has_dead_letters() => {
                self.warn(&error);
                self.bury([letter()]).await.map_err(Undelivered::DeadLetter)
            }
            result => result,
        }
    }
}
