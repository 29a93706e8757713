//! Writing events in the transaction of their cause.

use std::collections::BTreeSet;
use std::sync::Arc;

use learnflow_dapr::Sidecar;
use learnflow_events::{Context, Event, Outgoing};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::publisher::Publisher;
use crate::{Error, trace};

/// The number of buckets, and so of publishers that can work at the same time.
const BUCKETS: u64 = 32;

/// A service's mailbox: the only way to publish. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailbox {
    pool: PgPool,
    service: Arc<str>,
    publisher: Publisher,
}

impl Mailbox {
    /// The mailbox in the schema of `pool`, whose tables must be migrated. The publisher and the sweeper run until
    /// `stop`, and then until what was committed is sent, as long as the process lets them.
    pub fn start(
        pool: PgPool,
        sidecar: Sidecar,
        service: &str,
        stop: tokio_util::sync::CancellationToken,
    ) -> Self {
        let publisher = Publisher::start(pool.clone(), sidecar, stop);
        Self { pool, service: service.into(), publisher }
    }

    /// The pool, for reads.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Begins a transaction for rows and events together.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let transaction = self.pool.begin().await?;
        Ok(Tx { mailbox: self.clone(), transaction, buckets: BTreeSet::new() })
    }

    /// Waits until everything that this process committed is on Kafka. The last step of a drain; bound it by a
    /// time-out, for Kafka may be away.
    pub async fn flush(&self) {
        self.publisher.idle().await;
    }

    /// Events that wait to be published.
    pub async fn depth(&self) -> Result<i64, Error> {
        Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM outbox"#).fetch_one(&self.pool).await?)
    }
}

/// Rows and events that become true together.
#[derive(Debug)]
pub struct Tx {
    mailbox: Mailbox,
    transaction: Transaction<'static, Postgres>,
    buckets: BTreeSet<i16>,
}

impl Tx {
    /// The connection, for the store's statements.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Puts `event` into the outbox; it leaves after the commit. Its trace context is that of a `publish` span under
    /// the current one.
    pub async fn publish<E: Event>(&mut self, event: &E) -> Result<Uuid, Error> {
        let span = trace::publish_span(&self.mailbox.service, E::TOPIC, E::TYPE);
        self.insert(event, &span).instrument(span.clone()).await
    }

    async fn insert<E: Event>(&mut self, event: &E, span: &tracing::Span) -> Result<Uuid, Error> {
        let key = event.key();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Key(key.to_owned()));
        }
        let context = Context {
            correlation_id: learnflow_dapr::current_call().request_id_str().to_owned(),
            ..trace::context_of(span)
        };
        let id = Uuid::now_v7();
        let event = Outgoing::new(event, &self.mailbox.service, id, OffsetDateTime::now_utc(), &context);
        if event.value.len() > crate::MAX_EVENT_BYTES {
            return Err(Error::TooLarge(event.value.len()));
        }
        let bucket = bucket(&event.key);
        // Transactions that publish for the same key wait for one another from here to their commit: positions are
        // then in the order of commits, which is the order that consumers see.
        sqlx::query!(
            "SELECT pg_advisory_xact_lock(hashtext('outbox ' || current_schema()), hashtext($1))",
            event.key
        )
        .execute(&mut *self.transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO outbox (bucket, event_id, topic, key, value) VALUES ($1, $2, $3, $4, $5)",
            bucket,
            event.id,
            event.topic,
            event.key,
            event.value.as_ref(),
        )
        .execute(&mut *self.transaction)
        .await?;
        self.buckets.insert(bucket);
        Ok(id)
    }

    /// Commits rows and events, and wakes the publisher.
    pub async fn commit(mut self) -> Result<(), Error> {
        // PostgreSQL answers the COMMIT of a transaction in which a statement failed with ROLLBACK, and that is no error
        // to sqlx. Asked anything else it says so: an overlooked error must not look like an effect.
        sqlx::query("SELECT 1").execute(&mut *self.transaction).await?;
        self.transaction.commit().await?;
        if !self.buckets.is_empty() {
            self.mailbox.publisher.wake(self.buckets);
        }
        Ok(())
    }
}

/// FNV-1a of the key, folded: stable across versions, since rows outlive processes.
fn bucket(key: &str) -> i16 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash % BUCKETS) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_stable() {
        assert_eq!(bucket("student-1"), bucket("student-1"));
        let used: BTreeSet<i16> = (0..1_000).map(|n| bucket(&format!("student-{n}"))).collect();
        assert_eq!(used.len() as u64, BUCKETS);
    }
}
