//! Sending what is in the outbox: right after the commit, and by a sweeper for what was left.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use learnflow_dapr::{Record, Sidecar};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Error;

/// Turns at the same time. Each holds a connection of the pool while Kafka answers, so they must stay a small part of it.
const WORKERS: usize = 2;
/// How many events one turn takes.
const BATCH: i64 = 200;
/// How many bytes of events one turn takes, unless a single event has more: a quarter of what a sidecar accepts.
const BATCH_BYTES: usize = learnflow_dapr::MAX_MESSAGE_BYTES / 4;
/// How often the sweeper looks for what was left behind.
const SWEEP: Duration = Duration::from_millis(500);
/// The pause when another replica is at the same bucket.
const BUSY: Duration = Duration::from_millis(5);
/// The pause after a failure, doubled up to the second figure.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How long the inbox remembers: longer than the longest retention of a topic (30 days), so that no replay of what
/// Kafka still has can double an effect.
const INBOX_DAYS: i32 = 35;

/// Works on buckets: at most one worker of this process on each, and by a lock in the database at most one among all
/// replicas, so that the order of a key is kept.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    sidecar: Sidecar,
    buckets: Mutex<Buckets>,
    work: Notify,
    idle: Notify,
}

#[derive(Debug, Default)]
struct Buckets {
    /// To be looked at.
    waiting: BTreeSet<i16>,
    /// Being looked at.
    taken: BTreeSet<i16>,
}

/// What became of a turn's buckets.
#[derive(Debug, Default)]
struct Turn {
    /// Another replica is at them.
    busy: BTreeSet<i16>,
    /// Whether the batch was full, so that there may be more.
    more: bool,
}

impl Publisher {
    pub(crate) fn start(pool: PgPool, sidecar: Sidecar, stop: CancellationToken) -> Self {
        let (buckets, work, idle) = (Mutex::default(), Notify::new(), Notify::new());
        let publisher = Self { inner: Arc::new(Inner { pool, sidecar, buckets, work, idle }) };
        for _ in 0..WORKERS {
            tokio::spawn(publisher.clone().work());
        }
        tokio::spawn(publisher.clone().sweep(stop));
        publisher
    }

    /// Makes sure that `buckets` are looked at after this call.
    pub(crate) fn wake(&self, buckets: impl IntoIterator<Item = i16>) {
        self.buckets().waiting.extend(buckets);
        self.inner.work.notify_one();
    }

    /// Resolves when no bucket waits or is being looked at.
    pub(crate) async fn idle(&self) {
        loop {
            let woken = self.inner.idle.notified();
            {
                let buckets = self.buckets();
                if buckets.waiting.is_empty() && buckets.taken.is_empty() {
                    return;
                }
            }
            woken.await;
        }
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.inner.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes every bucket that waits and that no other worker is at.
    fn take(&self) -> BTreeSet<i16> {
        let mut buckets = self.buckets();
        let Buckets { waiting, taken } = &mut *buckets;
        let mine: BTreeSet<i16> = waiting.difference(taken).copied().collect();
        waiting.retain(|bucket| !mine.contains(bucket));
        taken.extend(&mine);
        mine
    }

    fn give_back(&self, mine: &BTreeSet<i16>, again: &BTreeSet<i16>) {
        let mut buckets = self.buckets();
        buckets.taken.retain(|bucket| !mine.contains(bucket));
        buckets.waiting.extend(again);
        // A bucket that was woken while it was taken waits for someone to take it now.
        let more = !buckets.waiting.is_empty();
        drop(buckets);
        if more {
            self.inner.work.notify_one();
        } else {
            self.inner.idle.notify_waiters();
        }
    }

    async fn work(self) {
        let mut pause = BACK_OFF.0;
        while !self.inner.pool.is_closed() {
            let mine = self.take();
            if mine.is_empty() {
                self.inner.work.notified().await;
                continue;
            }
            let again = match self.turn(&mine).await {
                Ok(turn) => {
                    pause = BACK_OFF.0;
                    if !turn.busy.is_empty() && !turn.more {
                        tokio::time::sleep(BUSY).await;
                    }
                    if turn.more { mine.clone() } else { turn.busy }
                }
                Err(reason) => {
                    tracing::warn!(%reason, pause_ms = pause.as_millis() as u64, "events wait in the outbox");
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(BACK_OFF.1);
                    mine.clone()
                }
            };
            self.give_back(&mine, &again);
        }
    }

    /// Takes a batch in order, sends it, removes it. A crash in between sends it again: consumers have an inbox.
    async fn turn(&self, mine: &BTreeSet<i16>) -> Result<Turn, String> {
        let failed = |error: sqlx::Error| error.to_string();
        let mut transaction = self.inner.pool.begin().await.map_err(failed)?;
        let locked = lock(&mut transaction, mine).await.map_err(failed)?;
        let busy: BTreeSet<i16> = mine.difference(&locked.iter().copied().collect()).copied().collect();
        let rows = sqlx::query!(
            "SELECT position, event_id, topic, key, value FROM outbox WHERE bucket = ANY($1) ORDER BY position LIMIT $2",
            &locked,
            BATCH,
        )
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        if rows.is_empty() {
            return Ok(Turn { busy, more: false });
        }
        let taken = fitting(rows.iter().map(|row| row.value.len()));
        let more = taken < rows.len() || rows.len() as i64 == BATCH;
        let records = rows.into_iter().take(taken).map(|row| {
            let record = Record {
                id: row.event_id.to_string(),
                topic: row.topic,
                key: row.key,
                content_type: learnflow_events::CONTENT_TYPE,
                value: row.value.into(),
            };
            (row.position, record)
        });
        let batches = by_topic(records);
        let sent = futures::future::join_all(batches.iter().map(|batch| self.send(&batch.records))).await;
        // A topic that refuses must not make the others' events go out again and again.
        let (mut gone, mut refused) = (Vec::new(), None);
        for (batch, sent) in batches.into_iter().zip(sent) {
            match sent {
                Ok(()) => gone.extend(batch.positions),
                Err(reason) => refused = Some(reason),
            }
        }
        sqlx::query!("DELETE FROM outbox WHERE position = ANY($1)", &gone)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        refused.map_or(Ok(Turn { busy, more }), Err)
    }

    async fn send(&self, records: &[Record]) -> Result<(), String> {
        let Some(first) = records.first() else { return Ok(()) };
        let sent = self.inner.sidecar.publish_bulk(&first.topic, records).await;
        sent.map_err(|error| {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}")
        })
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
        if !buckets.is_empty() {
            self.wake(buckets);
        }
        if clear_inbox {
            let old = sqlx::query!(
                "DELETE FROM inbox WHERE received_at < now() - make_interval(days => $1)",
                INBOX_DAYS
            );
            let removed = old.execute(&self.inner.pool).await?.rows_affected();
            tracing::debug!(removed, "inbox cleared of what is too old to come again");
        }
        Ok(())
    }
}

/// Locks what can be locked, until the transaction ends.
async fn lock(
    transaction: &mut Transaction<'static, Postgres>,
    buckets: &BTreeSet<i16>,
) -> Result<Vec<i16>, sqlx::Error> {
    let wanted: Vec<i16> = buckets.iter().copied().collect();
    sqlx::query_scalar!(
        r#"SELECT bucket AS "bucket!" FROM unnest($1::smallint[]) AS bucket
           WHERE pg_try_advisory_xact_lock(hashtext('publisher ' || current_schema()), bucket::int)"#,
        &wanted,
    )
    .fetch_all(&mut **transaction)
    .await
}

/// How many of the events, by their sizes, fit into one turn; at least one.
fn fitting(sizes: impl Iterator<Item = usize>) -> usize {
    let mut total = 0;
    let fit = sizes.take_while(|size| {
        total += size;
        total <= BATCH_BYTES
    });
    fit.count().max(1)
}

/// Events of one topic, in the order of their positions.
#[derive(Debug, Default)]
struct Batch {
    positions: Vec<i64>,
    records: Vec<Record>,
}

/// One batch a topic, since a bulk publish has one. Order is promised within a topic only.
fn by_topic(records: impl Iterator<Item = (i64, Record)>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for (position, record) in records {
        let known =
            batches.iter().position(|batch| batch.records.first().is_some_and(|it| it.topic == record.topic));
        let index = known.unwrap_or_else(|| {
            batches.push(Batch::default());
            batches.len() - 1
        });
        batches[index].positions.push(position);
        batches[index].records.push(record);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(topic: &str, id: &str) -> Record {
        Record {
            id: id.to_owned(),
            topic: topic.to_owned(),
            key: "k".to_owned(),
            content_type: learnflow_events::CONTENT_TYPE,
            value: bytes::Bytes::new(),
        }
    }

    #[test]
    fn a_turn_takes_what_fits_and_at_least_one() {
        assert_eq!(fitting([10, 20, 30].into_iter()), 3);
        assert_eq!(fitting([BATCH_BYTES / 2, BATCH_BYTES / 2, 1].into_iter()), 2);
        assert_eq!(fitting([BATCH_BYTES + 1, 1].into_iter()), 1);
    }

    #[test]
    fn batches_keep_the_order_within_a_topic() {
        let records =
            [(1, "a"), (2, "b"), (3, "a"), (4, "b")].map(|(position, topic)| (position, record(topic, "id")));
        let batches = by_topic(records.into_iter());
        let positions: Vec<&[i64]> = batches.iter().map(|batch| batch.positions.as_slice()).collect();
        assert_eq!(positions, [[1, 3], [2, 4]]);
    }
}
