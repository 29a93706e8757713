//! The order of a key, under load.

use std::collections::BTreeMap;

use learnflow_mailbox::Mailbox;
use learnflow_testkit::World;
use tokio::task::JoinSet;

use crate::{mailbox, say, until_published};

const KEYS: usize = 12;
const EACH: usize = 40;

/// Commits events of many keys at the same time, those of a key one after the other, by the mailboxes in turn.
pub(crate) async fn commit_many(mailboxes: &[Mailbox]) -> BTreeMap<String, Vec<usize>> {
    let mut committing = JoinSet::new();
    for key in 0..KEYS {
        let (mailboxes, key) = (mailboxes.to_vec(), format!("student-{key}"));
        committing.spawn(async move {
            for number in 0..EACH {
                say(&mailboxes[number % mailboxes.len()], &key, number).await;
            }
            (key, (0..EACH).collect())
        });
    }
    committing.join_all().await.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_order_of_each_key_is_that_of_its_commits() {
    let world = World::new().await;
    let mailbox = mailbox(&world).await;
    let wanted = commit_many(std::slice::from_ref(&mailbox)).await;
    mailbox.flush().await;
    until_published(&world, &wanted).await;
}
