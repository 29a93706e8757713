//! Nothing lost, nothing doubled: the outbox and the inbox.
//!
//! A handler's rows and the events it publishes commit in one [`Tx`]. Right after the commit a publisher sends the
//! events; a sweeper sends what was left by a crash or while Kafka was away, in order per key, safely with several
//! replicas. A [`Consumer`] records each event under (consumer, source, id) in the transaction of its effect, so that
//! a redelivery does nothing.
//!
//! ```text
//! let mut tx = mailbox.begin().await?;
//! store::insert(tx.connection(), &message).await?;
//! tx.publish(&QueryAsked { … }).await?;
//! tx.commit().await?;
//! ```

mod consumer;
mod ground;
mod outbox;
mod publisher;
mod trace;

use sqlx::PgPool;
use sqlx::migrate::Migrator;

pub use consumer::{Consumer, Failure, Handle, Received};
pub use ground::{Ground, Service};
pub use outbox::{Mailbox, Tx};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The largest event: what the topics take (1 MiB, `maxMessageBytes`), less room for headers.
pub const MAX_EVENT_BYTES: usize = 1_000_000;

/// Why an event could not be put into the outbox, or a transaction could not be committed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error("mailbox could not use the database")]
    Database(#[from] sqlx::Error),
    /// The event's key cannot travel through Dapr as metadata.
    #[error("event key {0:?} is not printable ASCII")]
    Key(String),
    /// The event is larger than the topics take, so it could never leave.
    #[error("event of {0} bytes is larger than {MAX_EVENT_BYTES}")]
    TooLarge(usize),
}

/// Brings the mailbox's tables in the schema of `pool` up to date; safe with racing replicas.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    let mut migrations = Migrator { migrations: MIGRATIONS.migrations.clone(), ..Migrator::DEFAULT };
    // A list of its own: the service's migrations have their own numbers.
    migrations.dangerous_set_table_name("_mailbox_migrations");
    migrations.run(pool).await
}
