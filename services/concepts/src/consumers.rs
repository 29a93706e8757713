//! Events that the service takes.

mod concepts_requests;

use learnflow_mailbox::{Consumer, Mailbox};
use learnflow_triage_client::pb::ExplanationRequested;

/// Every topic of the service.
pub(crate) fn consumer(mailbox: Mailbox) -> Consumer {
    Consumer::new(mailbox, crate::SERVICE).on::<ExplanationRequested>(concepts_requests::Explain)
}
