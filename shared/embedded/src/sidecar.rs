//! One replica's sidecar: what it knows, and its port.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::Service;

use crate::broker::{Broker, TopicName};
use crate::directory::{AppConnection, SharedDirectory};
use crate::resiliency::Policies;
use crate::resources::{Component, Kind, Pubsub, Resources, SecretScope, Subscription};
use crate::state::Stores;
use crate::{api, listener, proxy};

/// Looks up an environment variable for `secretstores.local.env`.
pub(crate) type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What every sidecar of a runtime shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) resources: Arc<Resources>,
    pub(crate) directory: SharedDirectory,
    pub(crate) broker: Arc<Broker>,
    pub(crate) stores: Arc<Stores>,
    pub(crate) environment: Environment,
    /// How often an app's health is asked.
    pub(crate) probe_interval: Duration,
}

/// The sidecar of one replica of an app.
pub(crate) struct Sidecar {
    pub(crate) app_id: String,
    pub(crate) number: u64,
    /// What `{uuid}` stands for in a component's settings.
    uuid: String,
    pub(crate) app: Option<AppConnection>,
    pub(crate) policies: Policies,
    pub(crate) sampling_rate: f64,
    /// Which secrets may be read.
    pub(crate) secrets: Vec<SecretScope>,
    components: HashMap<String, Component>,
    pub(crate) directory: SharedDirectory,
    pub(crate) broker: Arc<Broker>,
    pub(crate) stores: Arc<Stores>,
    pub(crate) environment: Environment,
    pub(crate) probe_interval: Duration,
    /// From files, then from the app itself once it has been asked.
    subscriptions: RwLock<Vec<Subscription>>,
    /// What SetMetadata added.
    pub(crate) extended: Mutex<HashMap<String, String>>,
}

impl std::fmt::Debug for Sidecar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sidecar")
            .field("app_id", &self.app_id)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Sidecar {
    pub(crate) fn new(
        shared: Shared,
        app_id: String,
        number: u64,
        app: Option<AppConnection>,
        sampling_rate: Option<f64>,
    ) -> Self {
        let Shared { resources, directory, broker, stores, environment, probe_interval } = shared;
        let components = resources.components.iter().filter(|component| component.visible_to(&app_id));
        let subscriptions =
            resources.subscriptions.iter().filter(|subscription| subscription.visible_to(&app_id));
        Self {
            policies: crate::resources::Resiliency::policies(&resources.resiliency, &app_id),
            sampling_rate: sampling_rate.unwrap_or(resources.sampling_rate),
            secrets: resources.secrets.clone(),
            components: components.map(|component| (component.name.clone(), component.clone())).collect(),
            subscriptions: RwLock::new(subscriptions.cloned().collect()),
            uuid: uuid::Uuid::now_v7().to_string(),
            extended: Mutex::default(),
            app_id,
            number,
            app,
            directory,
            broker,
            stores,
            environment,
            probe_interval,
        }
    }

    /// A component that this app sees.
    pub(crate) fn component(&self, name: &str) -> Option<&Component> {
        self.components.get(name)
    }

    /// Every component that this app sees.
    pub(crate) fn components(&self) -> impl Iterator<Item = &Component> {
        self.components.values()
    }

    /// A pub/sub component that this app sees.
    pub(crate) fn pubsub(&self, name: &str) -> Option<&Pubsub> {
        match &self.components.get(name)?.kind {
            Kind::Pubsub(pubsub) => Some(pubsub),
            _ => None,
        }
    }

    /// A topic, as the broker knows it: `pubsub.in-memory` components have topics of their own.
    pub(crate) fn topic(&self, pubsub: &str, topic: &str) -> TopicName {
        let own = self.components.get(pubsub).is_some_and(|component| component.type_name != "pubsub.kafka");
        TopicName { cluster: if own { pubsub.to_owned() } else { String::new() }, topic: topic.to_owned() }
    }

    /// The consumer group of a component, with what stands in braces filled in.
    pub(crate) fn consumer_group(&self, pubsub: &Pubsub) -> String {
        let group = pubsub.consumer_group.replace("{uuid}", &self.uuid).replace("{appID}", &self.app_id);
        group.replace("{namespace}", "default").replace("{podName}", &self.app_id)
    }

    /// Groups of this replica alone, which end with it.
    pub(crate) fn own_groups(&self) -> Vec<String> {
        let pubsubs = self.components.values().filter_map(|component| self.pubsub(&component.name));
        let own = pubsubs.filter(|pubsub| pubsub.consumer_group.contains("{uuid}"));
        own.map(|pubsub| self.consumer_group(pubsub)).collect()
    }

    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        self.subscriptions.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds what the app itself asked for; it goes before a file's wish for the same topic.
    pub(crate) fn subscribe(&self, wished: Vec<Subscription>) {
        let mut subscriptions = self.subscriptions.write().unwrap_or_else(PoisonError::into_inner);
        let same = |a: &Subscription, b: &Subscription| a.pubsub == b.pubsub && a.topic == b.topic;
        subscriptions.retain(|old| !wished.iter().any(|new| same(old, new)));
        subscriptions.extend(wished);
    }

    /// Serves the sidecar's port until `stop`, and closes what is still open at `closed`.
    pub(crate) async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: CancellationToken,
        closed: CancellationToken,
    ) -> Result<(), tonic::transport::Error> {
        tonic::transport::Server::builder()
            .initial_stream_window_size(1024 * 1024)
            .initial_connection_window_size(4 * 1024 * 1024)
            // Long-lived streams are many.
            .max_concurrent_streams(None)
            .serve_with_incoming_shutdown(
                Port { sidecar: self },
                listener::connections(listener, closed),
                stop.cancelled_owned(),
            )
            .await
    }
}

/// Everything that arrives at a sidecar's port.
#[derive(Debug, Clone)]
struct Port {
    sidecar: Arc<Sidecar>,
}

impl Service<Request<Body>> for Port {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let sidecar = Arc::clone(&self.sidecar);
        Box::pin(async move {
            Ok(match request.uri().path().strip_prefix(api::SERVICE) {
                Some(method) => {
                    let method = method.to_owned();
                    api::serve(sidecar, &method, request).await
                }
                None => proxy::forward(&sidecar, request).await,
            })
        })
    }
}
