//! Events that the service takes.

mod learning_responses;

use std::future::Future;
use std::pin::Pin;

use learnflow_concepts_client::pb as concepts;
use learnflow_dapr::{Delivery, Outcome, PUBSUB_LIVE, Subscriber};
use learnflow_mailbox::{Consumer, Mailbox};

use crate::live::Hub;

/// Sends deliveries to the history (each once, in the database) or to the live listeners (every replica, in memory).
#[derive(Clone, Debug)]
pub(crate) struct Deliveries {
    history: Consumer,
    hub: Hub,
}

impl Deliveries {
    pub(crate) fn new(mailbox: Mailbox, hub: &Hub) -> Self {
        let history = Consumer::new(mailbox, crate::SERVICE)
            .on::<concepts::ExplanationGiven>(learning_responses::History::new(hub.clone()));
        Self { history, hub: hub.clone() }
    }
}

impl Subscriber for Deliveries {
    fn deliver(&self, delivery: Delivery) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>> {
        if delivery.pubsub == PUBSUB_LIVE {
            return Box::pin(async move { learning_responses::live(&self.hub, &delivery) });
        }
        self.history.deliver(delivery)
    }
}
