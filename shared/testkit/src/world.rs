//! A database and an embedded runtime, in which services are started and other apps are played.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use learnflow_dapr::{PUBSUB, Record, Sidecar, SidecarConfig};
use learnflow_embedded::{App, Embedded, Resources, TopicRecord};
use learnflow_events::{Context, Event, Incoming, Outgoing, dead_letter_topic};
use learnflow_mailbox::Service;
use learnflow_runtime::{Error, Shutdown, Vars};
use time::OffsetDateTime;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::ports::free_address;
use crate::replica::Replica;
use crate::store::Database;

/// As most topics have them in production.
const PARTITIONS: u32 = 8;

/// Where a service is asked for its health: often, so that a test need not wait.
const PROBE_INTERVAL: Duration = Duration::from_millis(200);

/// What surrounds the service of a test.
#[derive(Debug)]
pub struct World {
    /// The database that services are given.
    pub database: Database,
    embedded: Embedded,
    /// Sidecars of apps that the test plays, by app-id.
    played: Mutex<HashMap<String, Sidecar>>,
}

/// An event as it stands on its topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Said<E> {
    /// The record's key.
    pub key: String,
    /// The CloudEvents id.
    pub id: String,
    /// The CloudEvents source.
    pub source: String,
    /// The trace and the request that it belongs to.
    pub context: Context,
    /// What is said.
    pub event: E,
}

impl World {
    /// A new database, and a runtime on `components/local` without any app.
    pub async fn new() -> Self {
        let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../components/local");
        let resources = Resources::load(components).expect("the components can be used");
        let runtime = Embedded::builder(resources).partitions(PARTITIONS).probe_interval(PROBE_INTERVAL);
        let (database, embedded) = tokio::join!(Database::fresh(), runtime.start());
        Self { database, embedded: embedded.expect("the runtime starts"), played: Mutex::default() }
    }

    /// The keys of a service whose sidecar will listen on `sidecar`: on any free port, with this world's database.
    pub fn env(&self, sidecar: SocketAddr) -> Vars {
        Vars::default()
            .with("LEARNFLOW_LISTEN", "127.0.0.1:0")
            .with("DAPR_GRPC_ENDPOINT", format!("http://{sidecar}"))
            .with("DATABASE_URL", self.database.url())
            .with("LEARNFLOW_DB_CONNECTIONS", "6")
            .with("LEARNFLOW_DRAIN_MS", "10000")
    }

    /// Starts a replica of a service behind a sidecar of its own. `build` is given the usual keys, to which it may add.
    pub async fn start<B>(&self, app_id: &str, build: B) -> Replica
    where
        B: AsyncFnOnce(Vars, Shutdown) -> Result<Service, Error>,
    {
        let (sidecar, shutdown) = (free_address(), Shutdown::new());
        let service = build(self.env(sidecar), shutdown.clone()).await.expect("the service can be built");
        let address = service.address().expect("the service has an address");
        let running = tokio::spawn(service.run(shutdown.clone()));
        let app = App::new(app_id).listening_on(address).sidecar_on(sidecar);
        let embedded = self.embedded.add_app(app).await.expect("a sidecar");
        Replica { address, sidecar: sidecar_at(sidecar), embedded, shutdown, running }
    }

    /// Drains a replica, then stops its sidecar.
    pub async fn stop(&self, replica: Replica) {
        replica.shutdown.start();
        replica.running.await.expect("the service does not panic").expect("the service ends well");
        self.embedded.stop_app(&replica.embedded).await;
    }

    /// A sidecar of an app that the test plays: it calls and publishes, and nothing is delivered to it.
    pub async fn sidecar(&self, app_id: &str) -> Sidecar {
        let mut played = self.played.lock().await;
        if let Some(sidecar) = played.get(app_id) {
            return sidecar.clone();
        }
        let replica = self.embedded.add_app(App::new(app_id)).await.expect("a sidecar");
        let sidecar = sidecar_at(replica.sidecar);
        played.insert(app_id.to_owned(), sidecar.clone());
        sidecar
    }

    /// Opens a sidecar of `app_id` at an address that its app knows already; nothing is delivered to it.
    pub async fn open_sidecar(&self, app_id: &str, address: SocketAddr) -> learnflow_embedded::Replica {
        self.embedded.add_app(App::new(app_id).sidecar_on(address)).await.expect("a sidecar")
    }

    /// Closes a sidecar.
    pub async fn close_sidecar(&self, sidecar: &learnflow_embedded::Replica) {
        self.embedded.stop_app(sidecar).await;
    }

    /// Publishes `event` as `app_id`; returns it as it went out.
    pub async fn publish<E: Event>(&self, app_id: &str, event: &E) -> Outgoing {
        let now = OffsetDateTime::now_utc();
        let outgoing = Outgoing::new(event, app_id, Uuid::now_v7(), now, &Context::default());
        self.publish_again(app_id, &outgoing).await;
        outgoing
    }

    /// Publishes the very same event, as a retry or a replay does.
    pub async fn publish_again(&self, app_id: &str, event: &Outgoing) {
        self.publish_value(app_id, event.topic, &event.key, event.value.clone()).await;
    }

    /// Publishes any bytes as `app_id`.
    pub async fn publish_value(&self, app_id: &str, topic: &str, key: &str, value: impl Into<Bytes>) {
        let record = Record {
            id: Uuid::now_v7().to_string(),
            topic: topic.to_owned(),
            key: key.to_owned(),
            content_type: learnflow_events::CONTENT_TYPE,
            value: value.into(),
        };
        self.sidecar(app_id).await.publish(&record).await.expect("the record is published");
    }

    /// Everything on a topic.
    pub fn records(&self, topic: &str) -> Vec<TopicRecord> {
        self.embedded.topic(PUBSUB, topic)
    }

    /// The values that `consumer` could not handle.
    pub fn dead_letters(&self, topic: &str, consumer: &str) -> Vec<Bytes> {
        self.records(&dead_letter_topic(topic, consumer)).into_iter().map(|record| record.value).collect()
    }

    /// Every `E` on its topic; those of one key are in order. Fails the test when a record there is no event.
    pub fn events<E: Event>(&self) -> Vec<Said<E>> {
        let parsed = self.records(E::TOPIC).into_iter().map(|record| {
            let incoming =
                Incoming::parse(E::TOPIC, &record.value).expect("a record is an event of its topic");
            (record.key.unwrap_or_default(), incoming)
        });
        parsed
            .filter(|(_, incoming)| incoming.is::<E>())
            .map(|(key, incoming)| {
                let event = incoming.data().expect("an event has the data of its type");
                let Incoming { id, source, context, .. } = incoming;
                Said { key, id, source, context, event }
            })
            .collect()
    }
}

/// The sidecar at an address, whether it is there or not.
pub fn sidecar_at(address: SocketAddr) -> Sidecar {
    Sidecar::new(&SidecarConfig::new(format!("http://{address}"))).expect("an address is a URI")
}
