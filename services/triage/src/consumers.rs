//! Events that the service takes.

mod learning_requests;

use learnflow_chat_client::pb::QueryAsked;
use learnflow_mailbox::{Consumer, Mailbox};

use crate::domain::Agents;

/// Every topic of the service.
pub(crate) fn consumer(mailbox: Mailbox, agents: Agents) -> Consumer {
    Consumer::new(mailbox, crate::SERVICE).on::<QueryAsked>(learning_requests::Route::new(agents))
}
