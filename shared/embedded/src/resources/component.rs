//! Components: what each type of building block that can be imitated needs to know.

use std::time::Duration;

use regex::Regex;

use super::document::{ComponentSpec, Document};
use super::error::{Error, Place};
use super::scopes::TopicScopes;
use super::settings::Settings;
use crate::resiliency::Retry;

/// A component that can be imitated.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    pub(crate) name: String,
    /// As the file has it, for GetMetadata.
    pub(crate) type_name: String,
    pub(crate) version: String,
    /// The app-ids that see it; empty for all.
    scopes: Vec<String>,
    pub(crate) kind: Kind,
}

/// What a component is imitated as.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Pubsub(Box<Pubsub>),
    State(State),
    Secrets(Secrets),
}

/// A pub/sub component.
#[derive(Debug, Clone)]
pub(crate) struct Pubsub {
    pub(crate) topics: TopicScopes,
    /// May hold `{appID}`, `{uuid}` and the like.
    pub(crate) consumer_group: String,
    pub(crate) start: Start,
    /// Headers of these names are neither written nor read.
    pub(crate) exclude_headers: Option<Regex>,
    /// Keys and header values are URL-escaped on delivery.
    pub(crate) escape_headers: bool,
    /// The largest record, in bytes, counting key, value and headers.
    pub(crate) max_message_bytes: usize,
    /// The component's own retry of a delivery that nobody took.
    pub(crate) retry: Retry,
    /// Off: a failed delivery is passed over, uncommitted.
    pub(crate) retry_enabled: bool,
}

/// Where a consumer group begins that has no offset yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    Oldest,
    Newest,
}

/// A state store.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// `keyPrefix`, lower-cased as daprd does.
    pub(crate) prefix: String,
}

/// Secrets from environment variables.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    pub(crate) prefix: String,
}

impl Component {
    pub(super) fn new(document: Document<ComponentSpec>, place: Place<'_>) -> Result<Self, Error> {
        let Document { metadata, spec, scopes, .. } = document;
        if metadata.name.is_empty() {
            return Err(place.unsupported("metadata.name", "a component needs a name"));
        }
        let kind = match spec.type_name.as_str() {
            "pubsub.kafka" => Kind::Pubsub(Box::new(kafka(&spec, place)?)),
            "pubsub.in-memory" => Kind::Pubsub(Box::new(in_memory(&spec, place)?)),
            "state.in-memory" | "state.postgresql" => Kind::State(state(&spec, place)?),
            "secretstores.local.env" => Kind::Secrets(secrets(&spec, place)?),
            other => {
                let message = format!(
                    "{other} cannot be imitated; pubsub.kafka, pubsub.in-memory, state.postgresql, \
                     state.in-memory and secretstores.local.env can"
                );
                return Err(place.unsupported("spec.type", message));
            }
        };
        let ComponentSpec { type_name, version, .. } = spec;
        Ok(Self { name: metadata.name, type_name, version, scopes, kind })
    }

    /// Does `app` see this component?
    pub(crate) fn visible_to(&self, app: &str) -> bool {
        super::in_scope(&self.scopes, app)
    }
}

/// What every pub/sub component has.
const TOPIC_SETTINGS: [&str; 4] =
    ["publishingScopes", "subscriptionScopes", "protectedTopics", "allowedTopics"];

fn topic_scopes(settings: &Settings<'_>) -> TopicScopes {
    let [publishing, subscribing, protected, allowed] = TOPIC_SETTINGS.map(|name| settings.text(name));
    TopicScopes::new(&publishing, &subscribing, &protected, &allowed)
}

fn kafka(spec: &ComponentSpec, place: Place<'_>) -> Result<Pubsub, Error> {
    let mut known = vec![
        "consumerGroup",
        "consumerID",
        "initialOffset",
        "excludeHeaderMetaRegex",
        "escapeHeaders",
        "maxMessageBytes",
        "consumeRetryEnabled",
        "backOffPolicy",
        "backOffDuration",
        "backOffInitialInterval",
        "backOffMaxInterval",
        "backOffMaxElapsedTime",
        "backOffMaxRetries",
    ];
    known.extend(TOPIC_SETTINGS);
    let settings = Settings::new(place, &spec.metadata, &known, &KAFKA_ONLY)?;
    let start =
        settings.parsed("initialOffset", Start::Newest, |text| match text.to_lowercase().as_str() {
            "oldest" => Some(Start::Oldest),
            "newest" => Some(Start::Newest),
            _ => None,
        })?;
    let group = settings.text("consumerGroup");
    let group = if group.is_empty() { settings.text("consumerID") } else { group };
    Ok(Pubsub {
        topics: topic_scopes(&settings),
        consumer_group: if group.is_empty() { "{appID}".to_owned() } else { group },
        start,
        exclude_headers: settings
            .parsed("excludeHeaderMetaRegex", None, |text| Regex::new(text).ok().map(Some))?,
        escape_headers: settings.parsed("escapeHeaders", false, boolean)?,
        max_message_bytes: settings
            .parsed("maxMessageBytes", DEFAULT_MAX_MESSAGE_BYTES, |t| t.parse().ok())?,
        retry: component_retry(&settings)?,
        retry_enabled: settings.parsed("consumeRetryEnabled", true, boolean)?,
    })
}

/// The producer's limit when the component sets none: 1 MiB, as sarama has it.
const DEFAULT_MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// Settings of `pubsub.kafka` that say how to reach a cluster, which an imitation has no use for.
const KAFKA_ONLY: [&str; 45] = [
    "brokers",
    "clientID",
    "authType",
    "authRequired",
    "saslUsername",
    "saslPassword",
    "saslMechanism",
    "oidcTokenEndpoint",
    "oidcClientID",
    "oidcClientSecret",
    "oidcScopes",
    "oidcExtensions",
    "oidcClientAssertionCert",
    "oidcClientAssertionKey",
    "oidcResource",
    "oidcAudience",
    "oidcKid",
    "disableTls",
    "skipVerify",
    "caCert",
    "clientCert",
    "clientKey",
    "consumeRetryInterval",
    "heartbeatInterval",
    "sessionTimeout",
    "version",
    "clientConnectionTopicMetadataRefreshInterval",
    "clientConnectionKeepAliveInterval",
    "dialTimeout",
    "readTimeout",
    "writeTimeout",
    "metadataTimeout",
    "channelBufferSize",
    "consumerFetchMin",
    "consumerFetchDefault",
    "consumerGroupRebalanceStrategy",
    "compression",
    "producerRequiredAcks",
    "producerRetryMax",
    "awsRegion",
    "awsAccessKey",
    "awsSecretKey",
    "awsSessionToken",
    "awsIamRoleArn",
    "awsStsSessionName",
];

fn component_retry(settings: &Settings<'_>) -> Result<Retry, Error> {
    let mut retry = Retry::default();
    if settings.parsed("backOffPolicy", false, |text| match text.to_lowercase().as_str() {
        "constant" => Some(false),
        "exponential" => Some(true),
        _ => None,
    })? {
        retry.exponential = true;
    }
    retry.duration = settings.duration("backOffDuration", retry.duration)?;
    retry.initial_interval = settings.duration("backOffInitialInterval", retry.initial_interval)?;
    retry.max_interval = settings.duration("backOffMaxInterval", retry.max_interval)?;
    retry.max_elapsed = settings.duration("backOffMaxElapsedTime", retry.max_elapsed)?;
    let max_retries: i64 = settings.parsed("backOffMaxRetries", -1, |text| text.parse().ok())?;
    retry.max_retries = u32::try_from(max_retries).ok();
    Ok(retry)
}

fn in_memory(spec: &ComponentSpec, place: Place<'_>) -> Result<Pubsub, Error> {
    let settings = Settings::new(place, &spec.metadata, &TOPIC_SETTINGS, &["consumerID"])?;
    Ok(Pubsub {
        topics: topic_scopes(&settings),
        consumer_group: "{appID}".to_owned(),
        start: Start::Newest,
        exclude_headers: None,
        escape_headers: false,
        max_message_bytes: usize::MAX,
        // The real one tries ten times, 100 ms apart, and gives up.
        retry: Retry { duration: Duration::from_millis(100), max_retries: Some(10), ..Retry::default() },
        retry_enabled: true,
    })
}

fn state(spec: &ComponentSpec, place: Place<'_>) -> Result<State, Error> {
    const POSTGRESQL_ONLY: [&str; 14] = [
        "connectionString",
        "host",
        "hostaddr",
        "port",
        "database",
        "user",
        "password",
        "sslRootCert",
        "tableName",
        "metadataTableName",
        "tablePrefix",
        "timeout",
        "maxConns",
        "queryExecMode",
    ];
    let mut ignored = POSTGRESQL_ONLY.to_vec();
    ignored.extend([
        "cleanupInterval",
        "connectionMaxIdleTime",
        "actorStateStore",
        "useAzureAD",
        "useAWSIAM",
    ]);
    let settings = Settings::new(place, &spec.metadata, &["keyPrefix"], &ignored)?;
    let prefix = settings.text("keyPrefix").to_lowercase();
    if prefix.contains("||") {
        return Err(settings.wrong("keyPrefix", "may not contain \"||\""));
    }
    Ok(State { prefix: if prefix.is_empty() { "appid".to_owned() } else { prefix } })
}

fn secrets(spec: &ComponentSpec, place: Place<'_>) -> Result<Secrets, Error> {
    let settings = Settings::new(place, &spec.metadata, &["prefix"], &[])?;
    Ok(Secrets { prefix: settings.text("prefix") })
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" => Some(true),
        "false" | "0" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}
