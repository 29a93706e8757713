//! The mailbox against a real PostgreSQL and the embedded runtime: nothing lost, nothing doubled.

mod commit;
mod handlers;
mod inbox;
mod order;
mod outage;
mod refused;
mod replicas;
mod service;

use std::collections::BTreeMap;

use learnflow_chat_client::pb::QueryAsked;
use learnflow_dapr::Sidecar;
use learnflow_mailbox::{Mailbox, Tx};
use learnflow_runtime::Shutdown;
use learnflow_testkit::{World, eventually};
use sqlx::PgPool;
use sqlx::migrate::Migrator;

static MIGRATIONS: Migrator = sqlx::migrate!("tests/migrations");

/// The app that publishes; its row of the scopes has [`QueryAsked`].
const APP: &str = "chat";

/// A mailbox in the schema of [`APP`], which publishes through `sidecar` until `stop`.
async fn mailbox_with(world: &World, sidecar: Sidecar, stop: &Shutdown) -> Mailbox {
    let pool = learnflow_postgres::open(&world.database.config(APP), &MIGRATIONS).await;
    let pool = pool.expect("the schema is migrated");
    learnflow_mailbox::migrate(&pool).await.expect("the mailbox is migrated");
    Mailbox::start(pool, sidecar, APP, stop.token())
}

/// A mailbox whose sidecar is there.
async fn mailbox(world: &World) -> Mailbox {
    mailbox_with(world, world.sidecar(APP).await, &Shutdown::new()).await
}

/// An event: the `number`th of `key`.
fn event(key: &str, number: usize) -> QueryAsked {
    QueryAsked { message_id: number.to_string(), student_id: key.to_owned(), ..QueryAsked::default() }
}

/// Commits one event.
async fn say(mailbox: &Mailbox, key: &str, number: usize) {
    let mut tx = mailbox.begin().await.expect("a transaction");
    tx.publish(&event(key, number)).await.expect("the event is accepted");
    tx.commit().await.expect("the commit succeeds");
}

/// A row, in a transaction.
async fn effect(tx: &mut Tx, what: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO effects (what) VALUES ($1)").bind(what).execute(tx.connection()).await.map(drop)
}

/// The committed rows, in order.
async fn effects(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("SELECT what FROM effects ORDER BY position")
        .fetch_all(pool)
        .await
        .expect("the table can be read")
}

/// Rows of the inbox.
async fn remembered(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM inbox").fetch_one(pool).await.expect("the table can be read")
}

/// The numbers on the topic, by key, in the order of the topic.
fn published(world: &World) -> BTreeMap<String, Vec<usize>> {
    let mut numbers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for said in world.events::<QueryAsked>() {
        numbers.entry(said.key).or_default().push(said.event.message_id.parse().expect("a number"));
    }
    numbers
}

/// Waits until the topic has exactly `wanted`.
async fn until_published(world: &World, wanted: &BTreeMap<String, Vec<usize>>) {
    let count = |numbers: &BTreeMap<String, Vec<usize>>| numbers.values().map(Vec::len).sum::<usize>();
    eventually("everything is on the topic", async || {
        (count(&published(world)) >= count(wanted)).then_some(())
    })
    .await;
    assert_eq!(&published(world), wanted);
}
