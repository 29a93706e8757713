//! What the cases run against: the platform in this process, or a real stack.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, ensure};
use learnflow::Role;
use learnflow::collector::Collector;
use learnflow::http::Http;
use learnflow::platform::{Options, Platform};
use learnflow::stack::Stack;
use learnflow_dapr::{Sidecar, SidecarConfig};
use learnflow_runtime::telemetry::{Telemetry, TelemetryConfig};
use rskafka::client::ClientBuilder;
use rskafka::client::partition::{OffsetAt, UnknownTopicHandling};

/// Something that answers questions.
pub(crate) struct Target {
    pub(crate) http: Http,
    pub(crate) collector: Collector,
    sidecars: BTreeMap<String, String>,
    kind: Kind,
}

enum Kind {
    Embedded { platform: Box<Platform>, telemetry: Telemetry },
    Stack(Box<Stack>),
}

/// A record as it stands on a topic.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) key: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) value: Vec<u8>,
}

impl Target {
    /// Starts the embedded platform or, with `LEARNFLOW_TARGET=stack`, the real one.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        if std::env::var("LEARNFLOW_TARGET").is_ok_and(|target| target == "stack") {
            Self::stack().await
        } else {
            Self::embedded().await
        }
    }

    async fn embedded() -> anyhow::Result<Self> {
        let collector = Collector::start(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let config = TelemetryConfig {
            otlp_endpoint: Some(collector.endpoint()),
            log_filter: std::env::var("LEARNFLOW_LOG").unwrap_or_else(|_| "error".to_owned()),
        };
        let telemetry = Telemetry::install("learnflow", &config)?;
        let platform = Platform::start(Options { free_ports: true, ..Options::default() }).await?;
        let sidecars =
            platform.sidecars().iter().map(|(id, address)| ((*id).to_owned(), format!("http://{address}")));
        let target = Self {
            http: Http::new(platform.gateway_url()),
            collector,
            sidecars: sidecars.collect(),
            kind: Kind::Embedded { platform: Box::new(platform), telemetry },
        };
        target.wait_until_ready().await?;
        Ok(target)
    }

    async fn stack() -> anyhow::Result<Self> {
        let collector = Collector::start(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let offset = std::env::var("LEARNFLOW_PORT_OFFSET").unwrap_or_else(|_| "2000".to_owned());
        let offset = offset.parse().context("LEARNFLOW_PORT_OFFSET")?;
        let stack =
            Stack::up(Path::new(env!("CARGO_BIN_EXE_learnflow")), offset, &collector.endpoint()).await?;
        let mut sidecars = BTreeMap::new();
        for role in Role::ALL {
            let variable = format!("LEARNFLOW_SIDECAR_{}", role.app_id().to_uppercase().replace('-', "_"));
            sidecars.insert(role.app_id().to_owned(), format!("http://{}", stack.variable(&variable)?));
        }
        let http = Http::new(stack.variable("LEARNFLOW_GATEWAY_URL")?);
        let target = Self { http, collector, sidecars, kind: Kind::Stack(Box::new(stack)) };
        target.wait_until_ready().await?;
        Ok(target)
    }

    /// Ready for calls: the edge says so.
    async fn wait_until_ready(&self) -> anyhow::Result<()> {
        for _ in 0..150 {
            if self.http.get("/ready").await.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        anyhow::bail!("the edge is not ready after 30 s")
    }

    /// Whether a case makes sense here: another language can only read from a real Kafka.
    pub(crate) fn supports(&self, case: &str) -> bool {
        matches!(self.kind, Kind::Stack(_)) || case != "events::another_language_reads_the_record"
    }

    /// The address of a service's sidecar, as a URI.
    pub(crate) fn sidecar_uri(&self, app_id: &str) -> anyhow::Result<String> {
        self.sidecars.get(app_id).cloned().with_context(|| format!("{app_id} has no sidecar"))
    }

    /// A service's sidecar, as the service itself sees it.
    pub(crate) fn sidecar(&self, app_id: &str) -> anyhow::Result<Sidecar> {
        Ok(Sidecar::new(&SidecarConfig::new(self.sidecar_uri(app_id)?))?)
    }

    /// The real broker's address.
    pub(crate) fn brokers(&self) -> anyhow::Result<&str> {
        match &self.kind {
            Kind::Stack(stack) => stack.variable("LEARNFLOW_KAFKA_BROKERS"),
            Kind::Embedded { .. } => anyhow::bail!("the embedded runtime has no broker to connect to"),
        }
    }

    /// Everything on a topic.
    pub(crate) async fn records(&self, topic: &str) -> anyhow::Result<Vec<Record>> {
        match &self.kind {
            Kind::Embedded { platform, .. } => {
                let records = platform.embedded().topic(learnflow_dapr::PUBSUB, topic);
                Ok(records
                    .into_iter()
                    .map(|record| Record {
                        key: record.key.unwrap_or_default(),
                        headers: record.headers.into_iter().collect(),
                        value: record.value.to_vec(),
                    })
                    .collect())
            }
            Kind::Stack(_) => kafka_records(self.brokers()?, topic).await,
        }
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        match self.kind {
            Kind::Embedded { platform, telemetry } => {
                platform.stop().await?;
                tokio::task::spawn_blocking(move || telemetry.flush()).await?;
                Ok(())
            }
            Kind::Stack(stack) => stack.down().await,
        }
    }
}

async fn kafka_records(brokers: &str, topic: &str) -> anyhow::Result<Vec<Record>> {
    let client = ClientBuilder::new(brokers.split(',').map(ToOwned::to_owned).collect()).build().await?;
    let topics = client.list_topics().await?;
    let found =
        topics.iter().find(|found| found.name == topic).with_context(|| format!("no topic {topic}"))?;
    let mut records = Vec::new();
    for partition in &found.partitions {
        let client = client.partition_client(topic, *partition, UnknownTopicHandling::Error).await?;
        let mut offset = client.get_offset(OffsetAt::Earliest).await?;
        let end = client.get_offset(OffsetAt::Latest).await?;
        while offset < end {
            let (fetched, _) = client.fetch_records(offset, 1..10_000_000, 1_000).await?;
            ensure!(!fetched.is_empty(), "topic {topic} has fewer records than it says");
            offset = fetched.last().map_or(end, |last| last.offset + 1);
            records.extend(fetched.into_iter().map(|fetched| {
                Record {
                    key: String::from_utf8_lossy(&fetched.record.key.unwrap_or_default()).into_owned(),
                    headers: fetched
                        .record
                        .headers
                        .into_iter()
                        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
                        .collect(),
                    value: fetched.record.value.unwrap_or_default(),
                }
            }));
        }
    }
    Ok(records)
}
