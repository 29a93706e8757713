//! The YAML of a resource, as Dapr writes it; unknown fields are errors, since a misspelt one would be silence.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_yaml_ng::Value;

use super::error::{Error, Place};

/// A resource of any kind, read far enough to see which.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    pub(super) api_version: String,
    pub(super) kind: String,
}

/// A resource of a known kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Document<S> {
    #[serde(rename = "apiVersion")]
    _api_version: String,
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(default)]
    pub(super) metadata: ObjectMeta,
    pub(super) spec: S,
    /// The app-ids that see it; empty for all.
    #[serde(default)]
    pub(super) scopes: Vec<String>,
    #[serde(default, rename = "auth")]
    _auth: Option<Value>,
}

/// Kubernetes' metadata, of which only the name matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ObjectMeta {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default, rename = "namespace")]
    _namespace: Option<String>,
    #[serde(default, rename = "annotations")]
    _annotations: Option<Value>,
    #[serde(default, rename = "labels")]
    _labels: Option<Value>,
}

/// `spec` of a Component.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ComponentSpec {
    #[serde(rename = "type")]
    pub(super) type_name: String,
    #[serde(default)]
    pub(super) version: String,
    #[serde(default)]
    pub(super) metadata: Vec<Item>,
    #[serde(default, rename = "ignoreErrors")]
    _ignore_errors: bool,
    #[serde(default, rename = "initTimeout")]
    _init_timeout: Option<String>,
}

/// One setting of a component.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Item {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Option<Value>,
    #[serde(default, rename = "secretKeyRef")]
    _secret_key_ref: Option<Value>,
    #[serde(default, rename = "envRef")]
    _env_ref: Option<String>,
}

impl Item {
    /// The value as Dapr reads it: every scalar is text.
    pub(super) fn text(&self) -> Option<String> {
        match self.value.as_ref()? {
            Value::String(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// `spec` of a Subscription, version v2alpha1.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SubscriptionSpec {
    pub(super) pubsubname: String,
    pub(super) topic: String,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) routes: Routes,
    #[serde(default)]
    pub(super) dead_letter_topic: String,
    #[serde(default)]
    pub(super) bulk_subscribe: Option<Bulk>,
}

/// `spec` of a Subscription, version v1alpha1: one route.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SubscriptionSpecV1 {
    pub(super) pubsubname: String,
    pub(super) topic: String,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) route: String,
    #[serde(default)]
    pub(super) dead_letter_topic: String,
    #[serde(default)]
    pub(super) bulk_subscribe: Option<Bulk>,
}

/// Where the events of a subscription go.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Routes {
    #[serde(default)]
    pub(super) rules: Vec<Value>,
    #[serde(default)]
    pub(super) default: String,
}

/// Delivery in batches.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Bulk {
    #[serde(default)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) max_messages_count: i32,
    #[serde(default)]
    pub(super) max_await_duration_ms: i32,
}

/// `spec` of a Configuration, of which tracing and secrets matter here.
#[derive(Debug, Deserialize)]
pub(super) struct ConfigurationSpec {
    #[serde(default)]
    pub(super) tracing: Tracing,
    #[serde(default)]
    pub(super) secrets: SecretsSpec,
}

/// Tracing of a Configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tracing {
    #[serde(default)]
    pub(super) sampling_rate: Option<Value>,
}

/// Which secrets an app may read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SecretsSpec {
    #[serde(default)]
    pub(super) scopes: Vec<SecretScope>,
}

/// The secrets of one store that an app may read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SecretScope {
    store_name: String,
    #[serde(default)]
    default_access: String,
    #[serde(default)]
    allowed_secrets: Vec<String>,
    #[serde(default)]
    denied_secrets: Vec<String>,
}

impl SecretScope {
    /// May `key` of `store` be read, as far as this scope goes? A list of allowed secrets allows nothing else.
    pub(crate) fn allows(&self, store: &str, key: &str) -> bool {
        if self.store_name != store {
            return true;
        }
        let named = |keys: &[String]| keys.iter().any(|other| other == key);
        if !self.allowed_secrets.is_empty() {
            return named(&self.allowed_secrets);
        }
        !named(&self.denied_secrets) && !self.default_access.eq_ignore_ascii_case("deny")
    }
}

/// Every document of a file, as text, since typed errors with a line need the parser to see the text.
pub(super) fn split(text: &str) -> Vec<serde_yaml_ng::Deserializer<'_>> {
    serde_yaml_ng::Deserializer::from_str(text).collect()
}

/// The `index`-th document of `text` as a `T`.
pub(super) fn typed<T: for<'de> Deserialize<'de>>(
    text: &str,
    index: usize,
    place: Place<'_>,
) -> Result<T, Error> {
    let document = serde_yaml_ng::Deserializer::from_str(text)
        .nth(index)
        .ok_or_else(|| place.syntax(format!("document {index} is missing")))?;
    T::deserialize(document).map_err(|error| place.syntax(error))
}
