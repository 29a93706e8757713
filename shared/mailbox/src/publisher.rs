//! Sending what is in the outbox: right after the commit, and by a sweeper for what was left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use learnflow_dapr::{Record, Sidecar};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Error;

/// How many events one turn takes from a bucket.
const BATCH: i64 = 100;
/// How often the sweeper looks for what was left behind.
const SWEEP: Duration = Duration::from_millis(500);
/// The pause after a failure, doubled up to the second figure.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How long the inbox remembers: longer than the longest retention of a topic (30 days), so that no replay of what
/// Kafka still has can double an effect.
const INBOX_DAYS: i32 = 35;

/// Wakes a task per bucket; at most one works on a bucket in this process, and by a lock in the database at most one
/// among all replicas.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    sidecar: Sidecar,
    /// Buckets being worked on; `true` when woken again meanwhile.
    active: Mutex<HashMap<i16, bool>>,
    idle: Notify,
}

enum Turn {
    /// The bucket is empty.
    Done,
    /// A full batch was sent; there may be more.
    More,
    /// Another replica is at it.
    Busy,
}

impl Publisher {
    pub(crate) fn start(pool: PgPool, sidecar: Sidecar, stop: CancellationToken) -> Self {
        let publisher =
            Self { inner: Arc::new(Inner { pool, sidecar, active: Mutex::default(), idle: Notify::new() }) };
        tokio::spawn(publisher.clone().sweep(stop));
        publisher
    }

    /// Makes sure that `bucket` is looked at after this call.
    pub(crate) fn wake(&self, bucket: i16) {
        let mut active = self.inner.active.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(again) = active.get_mut(&bucket) {
            *again = true;
            return;
        }
        active.insert(bucket, false);
        tokio::spawn(self.clone().work(bucket));
    }

    /// Resolves when no bucket is being worked on.
    pub(crate) async fn idle(&self) {
        loop {
            let woken = self.inner.idle.notified();
            if self.inner.active.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                return;
            }
            woken.await;
        }
    }

    async fn work(self, bucket: i16) {
        let mut pause = BACK_OFF.0;
        loop {
            match self.turn(bucket).await {
                Ok(Turn::More) => pause = BACK_OFF.0,
                Ok(Turn::Busy) => tokio::time::sleep(Duration::from_millis(5)).await,
                Ok(Turn::Done) => {
                    pause = BACK_OFF.0;
                    let mut active = self.inner.active.lock().unwrap_or_else(PoisonError::into_inner);
                    if active.insert(bucket, false) != Some(true) {
                        active.remove(&bucket);
                        drop(active);
                        self.inner.idle.notify_waiters();
                        return;
                    }
                }
                Err(reason) => {
                    tracing::warn!(outbox.bucket = bucket, %reason, pause_ms = pause.as_millis() as u64, "events wait");
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(BACK_OFF.1);
                }
            }
        }
    }

    /// Takes a batch in order, sends it, removes it. A crash in between sends it again: consumers have an inbox.
    async fn turn(&self, bucket: i16) -> Result<Turn, String> {
        let failed = |error: sqlx::Error| error.to_string();
        let mut transaction = self.inner.pool.begin().await.map_err(failed)?;
        let locked = sqlx::query_scalar!(
            r#"SELECT pg_try_advisory_xact_lock(hashtext('publisher ' || current_schema()), $1::int) AS "locked!""#,
            i32::from(bucket),
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        if !locked {
            return Ok(Turn::Busy);
        }
        let rows = sqlx::query!(
            "SELECT position, event_id, topic, key, value FROM outbox WHERE bucket = $1 ORDER BY position LIMIT $2",
            bucket,
            BATCH,
        )
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Turn::Done) };
        let (first, last, count) = (first.position, last.position, rows.len());

        let records = rows.into_iter().map(|row| Record {
            id: row.event_id.to_string(),
            topic: row.topic,
            key: row.key,
            content_type: learnflow_events::CONTENT_TYPE,
            value: row.value.into(),
        });
        for run in runs_of_one_topic(records) {
            if let Some(record) = run.first() {
                let sent = self.inner.sidecar.publish_bulk(&record.topic, &run).await;
                sent.map_err(|error| reason(&error))?;
            }
        }
        sqlx::query!(
            "DELETE FROM outbox WHERE bucket = $1 AND position BETWEEN $2 AND $3",
            bucket,
            first,
            last,
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(if count as i64 == BATCH { Turn::More } else { Turn::Done })
    }

    /// Finds buckets that hold something, whoever left it there, and clears the inbox of what is too old to come again.
    async fn sweep(self, stop: CancellationToken) {
        let mut turns = 0_u32;
        loop {
            if let Err(error) = self.sweep_once(turns.is_multiple_of(7_200)).await {
                tracing::warn!(%error, "outbox could not be swept");
            }
            turns = turns.wrapping_add(1);
            tokio::select! {
                () = tokio::time::sleep(SWEEP) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn sweep_once(&self, clear_inbox: bool) -> Result<(), Error> {
        let buckets =
            sqlx::query_scalar!("SELECT DISTINCT bucket FROM outbox").fetch_all(&self.inner.pool).await?;
        for bucket in buckets {
            self.wake(bucket);
        }
        if clear_inbox {
            let removed = sqlx::query!("DELETE FROM inbox WHERE received_at < now() - make_interval(days => $1)", INBOX_DAYS)
                .execute(&self.inner.pool)
                .await?
                .rows_affected();
            tracing::debug!(removed, "inbox cleared of what is too old to come again");
        }
        Ok(())
    }
}

fn reason(error: &learnflow_dapr::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

/// Splits records into runs of one topic without changing their order, since a bulk publish has one topic.
fn runs_of_one_topic(records: impl Iterator<Item = Record>) -> Vec<Vec<Record>> {
    let mut runs: Vec<Vec<Record>> = Vec::new();
    for record in records {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| last.topic == record.topic) => run.push(record),
            _ => runs.push(vec![record]),
        }
    }
    runs
}
