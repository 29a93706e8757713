//! Apps with sidecars, of one kind or the other.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use dapr::dapr::proto::runtime::v1 as pb;
use learnflow_embedded::{App, Embedded, Resources, TopicRecord};
use pb::dapr_client::DaprClient;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use crate::app::TestApp;
use crate::daprd::Daprds;
use crate::echo::EchoClient;
use crate::kafka;
use crate::resources::{PARTITIONS, Run};

/// The apps, and how many replicas each has. `timed`, `retried`, `both` and `moody` have policies of their own.
pub(crate) const APPS: &[(&str, usize)] = &[
    ("alpha", 1),
    ("beta", 1),
    ("timed", 1),
    ("retried", 1),
    ("both", 1),
    ("moody", 1),
    ("down", 1),
    ("traced", 1),
    ("twin", 2),
];

/// The app whose sidecar traces.
pub(crate) const TRACED: &str = "traced";

/// What the secret store holds.
pub(crate) const SECRETS: &[(&str, &str)] = &[("CONFORMANCE_WORD", "open sesame"), ("DAPR_OWN", "hidden")];

/// A runtime with its apps.
pub(crate) struct World {
    pub(crate) run: Run,
    apps: HashMap<&'static str, Vec<TestApp>>,
    sidecars: HashMap<&'static str, Vec<(SocketAddr, Channel)>>,
    runtime: Runtime,
}

enum Runtime {
    Embedded(Embedded),
    Daprd { _processes: Daprds, _folder: tempfile::TempDir },
}

impl World {
    /// On the embedded runtime.
    pub(crate) async fn embedded() -> Arc<Self> {
        let run = Run { id: "run".to_owned(), brokers: "nowhere:9092".to_owned() };
        let folder = tempfile::tempdir().unwrap();
        run.write(folder.path());
        let apps = start_apps(&run).await;
        let secrets = |name: &str| {
            let secret = SECRETS.iter().find(|(other, _)| *other == name);
            secret.map(|(_, value)| (*value).to_owned())
        };
        let runtime = Embedded::builder(Resources::load(folder.path()).unwrap())
            .partitions(PARTITIONS.unsigned_abs())
            .environment(secrets)
            .start()
            .await
            .unwrap();
        let mut sidecars: HashMap<_, Vec<_>> = HashMap::new();
        for (id, _) in APPS {
            for app in &apps[id] {
                let rate = if *id == TRACED { 1.0 } else { 0.0 };
                let wanted = App::new(*id).listening_on(app.address).sampling_rate(rate);
                let replica = runtime.add_app(wanted).await.unwrap();
                sidecars.entry(*id).or_default().push((replica.sidecar, channel(replica.sidecar)));
            }
        }
        apps["down"][0].stop();
        Arc::new(Self { run, apps, sidecars, runtime: Runtime::Embedded(runtime) })
    }

    /// On daprd processes and Kafka.
    pub(crate) async fn daprd(program: String, brokers: String) -> Arc<Self> {
        let id = format!("{:08x}", rand::random::<u32>());
        let run = Run { id, brokers };
        kafka::create_topics(&run).await;
        let folder = tempfile::tempdir().unwrap();
        run.write(folder.path());
        let apps = start_apps(&run).await;
        let processes = Daprds::start(&program, folder.path(), &apps).await;
        let mut sidecars: HashMap<_, Vec<_>> = HashMap::new();
        for (id, address) in processes.sidecars() {
            sidecars.entry(id).or_default().push((address, channel(address)));
        }
        apps["down"][0].stop();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let runtime = Runtime::Daprd { _processes: processes, _folder: folder };
        Arc::new(Self { run, apps, sidecars, runtime })
    }

    pub(crate) fn app(&self, id: &str) -> &TestApp {
        &self.apps[id][0]
    }

    pub(crate) fn replicas(&self, id: &str) -> &[TestApp] {
        &self.apps[id]
    }

    /// The real name of a topic.
    pub(crate) fn topic(&self, name: &str) -> String {
        self.run.topic(name)
    }

    /// Calls through the sidecar of `caller`.
    pub(crate) fn echo(&self, caller: &str) -> EchoClient {
        EchoClient { channel: self.channel(caller) }
    }

    pub(crate) fn channel(&self, app: &str) -> Channel {
        self.sidecars[app][0].1.clone()
    }

    /// A connection of its own, which no other case uses.
    pub(crate) fn new_channel(&self, app: &str) -> Channel {
        channel(self.sidecars[app][0].0)
    }

    /// Dapr's API at the sidecar of `app`.
    pub(crate) fn dapr(&self, app: &str) -> DaprClient<Channel> {
        DaprClient::new(self.channel(app)).max_encoding_message_size(16 * 1024 * 1024)
    }

    /// Publishes one raw event from `alpha`.
    pub(crate) async fn publish(&self, pubsub: &str, topic: &str, key: &str, data: &[u8]) {
        self.publish_with(pubsub, topic, &[("partitionKey", key)], data).await.unwrap();
    }

    /// Publishes one raw event from `alpha` with metadata.
    pub(crate) async fn publish_with(
        &self,
        pubsub: &str,
        topic: &str,
        metadata: &[(&str, &str)],
        data: &[u8],
    ) -> Result<(), Status> {
        let request = publish_request(pubsub, &self.topic(topic), metadata, data);
        self.dapr("alpha").publish_event(request).await.map(drop)
    }

    /// What is really on a topic.
    pub(crate) async fn records(&self, topic: &str) -> Vec<TopicRecord> {
        match &self.runtime {
            Runtime::Embedded(runtime) => runtime.topic("events", &self.topic(topic)),
            Runtime::Daprd { .. } => kafka::records(&self.run, topic).await,
        }
    }

    /// Waits until a topic holds `count` records.
    pub(crate) async fn wait_for_records(&self, topic: &str, count: usize) -> Vec<TopicRecord> {
        let deadline = std::time::Instant::now() + crate::app::PATIENCE;
        loop {
            let records = self.records(topic).await;
            if records.len() >= count {
                return records;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "{topic}: only {} of {count} records",
                records.len()
            );
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Ends everything.
    pub(crate) async fn end(self) {
        if let Runtime::Embedded(runtime) = self.runtime {
            runtime.shutdown().await;
        }
    }
}

/// A raw publish.
pub(crate) fn publish_request(
    pubsub: &str,
    topic: &str,
    metadata: &[(&str, &str)],
    data: &[u8],
) -> pb::PublishEventRequest {
    let raw = [("rawPayload", "true")];
    let metadata = metadata.iter().chain(&raw).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    pb::PublishEventRequest {
        pubsub_name: pubsub.to_owned(),
        topic: topic.to_owned(),
        data: data.to_vec(),
        data_content_type: String::new(),
        metadata: metadata.collect(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a test that is the caller's side of a sidecar")]
fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy()
}

async fn start_apps(run: &Run) -> HashMap<&'static str, Vec<TestApp>> {
    let mut apps: HashMap<_, Vec<_>> = HashMap::new();
    for (id, replicas) in APPS {
        for replica in 0..*replicas {
            let name = if *replicas == 1 { (*id).to_owned() } else { format!("{id}-{replica}") };
            let wishes = if *id == "beta" { run.wishes() } else { Vec::new() };
            apps.entry(*id).or_default().push(TestApp::start(&name, wishes).await);
        }
    }
    apps
}
