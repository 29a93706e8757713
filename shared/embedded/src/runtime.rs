//! Starting and stopping: sidecars for apps, and what they share.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::broker::{Broker, Retention, TopicName};
use crate::directory::{AppConnection, Directory};
use crate::resources::Resources;
use crate::sidecar::{Environment, Shared, Sidecar};
use crate::{Error, delivery};

/// How long streams may go on after the stop.
const GRACE: Duration = Duration::from_secs(5);

/// An app that wants a sidecar.
#[derive(Debug, Clone)]
pub struct App {
    id: String,
    listening_on: Option<SocketAddr>,
    sidecar_on: SocketAddr,
    sampling_rate: Option<f64>,
}

impl App {
    /// An app that only calls others, with a sidecar on a free port of 127.0.0.1.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            listening_on: None,
            sidecar_on: (Ipv4Addr::LOCALHOST, 0).into(),
            sampling_rate: None,
        }
    }

    /// Where the app serves gRPC: calls and events go there.
    #[must_use]
    pub fn listening_on(self, address: SocketAddr) -> Self {
        Self { listening_on: Some(address), ..self }
    }

    /// Where the sidecar is to listen; port 0 takes a free one.
    #[must_use]
    pub fn sidecar_on(self, address: SocketAddr) -> Self {
        Self { sidecar_on: address, ..self }
    }

    /// The share of requests that this sidecar traces, 0 to 1, as a Configuration of its own would say it.
    #[must_use]
    pub fn sampling_rate(self, rate: f64) -> Self {
        Self { sampling_rate: Some(rate), ..self }
    }
}

/// One running sidecar, and through it one replica of an app.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Replica {
    /// The app's id.
    pub app_id: String,
    /// Where its sidecar listens.
    pub sidecar: SocketAddr,
    number: u64,
}

/// A record of a topic, for tests and for looking around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRecord {
    /// Which partition holds it.
    pub partition: u32,
    /// Its place there.
    pub offset: u64,
    /// The key; records of one key are in order.
    pub key: Option<String>,
    /// The exact bytes that were published.
    pub value: Bytes,
    /// Headers, sorted by name.
    pub headers: Vec<(String, String)>,
}

/// How an embedded runtime is to be.
pub struct Builder {
    resources: Resources,
    apps: Vec<App>,
    partitions: u32,
    retention: Retention,
    probe_interval: Duration,
    environment: Environment,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("apps", &self.apps).finish_non_exhaustive()
    }
}

impl Builder {
    /// Adds an app; several of one id are replicas.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// Partitions of each topic; 3, if not said.
    #[must_use]
    pub fn partitions(self, partitions: u32) -> Self {
        Self { partitions, ..self }
    }

    /// How much a topic may hold.
    #[must_use]
    pub fn retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// How often an app is asked for its health, which is also how long the answer may take; 1 s, if not said.
    #[must_use]
    pub fn probe_interval(self, probe_interval: Duration) -> Self {
        Self { probe_interval, ..self }
    }

    /// Where `secretstores.local.env` finds its variables; the process's own, if not said.
    #[must_use]
    pub fn environment(self, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { environment: Arc::new(lookup), ..self }
    }

    /// Starts the sidecars; events begin to flow to each app as soon as it is healthy.
    pub async fn start(self) -> Result<Embedded, Error> {
        tracing::warn!(
            "the embedded runtime imitates Dapr and Kafka in memory: it is not a production broker"
        );
        let shared = Shared {
            resources: Arc::new(self.resources),
            directory: Arc::new(Directory::default()),
            broker: Arc::new(Broker::new(self.partitions, self.retention)),
            stores: Arc::default(),
            environment: self.environment,
            probe_interval: self.probe_interval,
        };
        let embedded = Embedded { shared, next: AtomicU64::new(1), running: Mutex::default() };
        for app in self.apps {
            embedded.add_app(app).await?;
        }
        Ok(embedded)
    }
}

/// A running embedded runtime. Dropping it stops everything at once; [`Embedded::shutdown`] lets calls finish.
pub struct Embedded {
    shared: Shared,
    next: AtomicU64,
    running: Mutex<HashMap<u64, Running>>,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("replicas", &self.replicas()).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Running {
    replica: Replica,
    sidecar: Arc<Sidecar>,
    stop: CancellationToken,
    closed: CancellationToken,
    tasks: JoinSet<()>,
}

impl Embedded {
    /// Begins to describe a runtime on a folder of resources.
    pub fn builder(resources: Resources) -> Builder {
        Builder {
            resources,
            apps: Vec::new(),
            partitions: 3,
            retention: Retention::default(),
            probe_interval: Duration::from_secs(1),
            environment: Arc::new(|name| std::env::var(name).ok()),
        }
    }

    /// Starts a sidecar for an app, or for another replica of one.
    pub async fn add_app(&self, app: App) -> Result<Replica, Error> {
        let App { id, listening_on, sidecar_on, sampling_rate } = app;
        let listen = |source| Error::Listen { app_id: id.clone(), address: sidecar_on, source };
        let listener = TcpListener::bind(sidecar_on).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let connection = listening_on.map(AppConnection::new);
        if let Some(connection) = &connection {
            self.shared.directory.add(&id, number, connection.clone());
        }
        let replica = Replica { app_id: id.clone(), sidecar: address, number };
        let sidecar = Arc::new(Sidecar::new(self.shared.clone(), id, number, connection, sampling_rate));
        let (stop, closed) = (CancellationToken::new(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        let serving = Arc::clone(&sidecar).serve(listener, stop.clone(), closed.clone());
        let app_id = replica.app_id.clone();
        tasks.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(app.id = app_id, %error, "sidecar failed");
            }
        });
        tasks.spawn(delivery::run(Arc::clone(&sidecar), stop.clone()));
        tracing::debug!(app.id = replica.app_id, sidecar.address = %address, "sidecar started");
        let running = Running { replica: replica.clone(), sidecar, stop, closed, tasks };
        self.running().insert(number, running);
        Ok(replica)
    }

    /// Where the sidecar of an app listens; the first replica's, if there are several.
    pub fn sidecar(&self, app_id: &str) -> Option<SocketAddr> {
        self.replicas().into_iter().find(|replica| replica.app_id == app_id).map(|replica| replica.sidecar)
    }

    /// Every running replica, in the order of their start.
    pub fn replicas(&self) -> Vec<Replica> {
        let mut replicas: Vec<_> = self.running().values().map(|running| running.replica.clone()).collect();
        replicas.sort_by_key(|replica| replica.number);
        replicas
    }

    /// Everything that a topic of a pub/sub component still holds, by partition and offset.
    pub fn topic(&self, pubsub: &str, topic: &str) -> Vec<TopicRecord> {
        let components = &self.shared.resources.components;
        let kafka = components.iter().any(|it| it.name == pubsub && it.type_name == "pubsub.kafka");
        let cluster = if kafka { String::new() } else { pubsub.to_owned() };
        let records = self.shared.broker.records(&TopicName { cluster, topic: topic.to_owned() });
        let view = |fetched: crate::broker::Fetched| TopicRecord {
            partition: fetched.partition,
            offset: fetched.offset,
            key: fetched.record.key.clone(),
            value: fetched.record.value.clone(),
            headers: fetched.record.headers.clone(),
        };
        records.into_iter().map(view).collect()
    }

    /// Stops one replica's sidecar: no new events or calls, what is in hand may finish for a few seconds.
    pub async fn stop_app(&self, replica: &Replica) {
        let running = self.running().remove(&replica.number);
        if let Some(running) = running {
            stop(self.shared.clone(), running).await;
        }
    }

    /// Stops everything, as [`Embedded::stop_app`] does for one.
    pub async fn shutdown(self) {
        let running: Vec<_> = self.running().drain().map(|(_, running)| running).collect();
        let mut stopping: JoinSet<()> =
            running.into_iter().map(|running| stop(self.shared.clone(), running)).collect();
        while stopping.join_next().await.is_some() {}
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn stop(shared: Shared, mut running: Running) {
    shared.directory.remove(&running.replica.app_id, running.replica.number);
    running.stop.cancel();
    let finished = async { while running.tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        running.closed.cancel();
        running.tasks.shutdown().await;
    }
    for group in running.sidecar.own_groups() {
        shared.broker.forget(&group);
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        for running in self.running().values() {
            running.stop.cancel();
            running.closed.cancel();
        }
    }
}
