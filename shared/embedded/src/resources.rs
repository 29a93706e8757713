//! Dapr resource files, read once at start.
//!
//! The same folder serves daprd. What the embedded runtime cannot imitate is an error here, with the file and the
//! field, rather than a difference that is noticed later.

mod component;
mod document;
mod duration;
mod error;
mod resiliency;
mod scopes;
mod settings;
mod subscription;
#[cfg(test)]
mod tests;

use std::path::Path;

pub(crate) use component::{Component, Kind, Pubsub, Start, State};
pub(crate) use document::SecretScope;
use document::{ConfigurationSpec, Document, Header};
pub use error::Error;
use error::Place;
pub(crate) use resiliency::Resiliency;
use serde::Deserialize as _;
use serde_yaml_ng::Value;
pub(crate) use subscription::{BulkSettings, RAW_ONLY, Subscription, is_raw};

/// The components, subscriptions, policies and settings of a folder of Dapr resources.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    pub(crate) components: Vec<Component>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) resiliency: Vec<Resiliency>,
    /// The share of requests that are traced, 0 to 1; 0 turns tracing off. A Configuration that does not say it
    /// leaves it off: daprd would then make spans and sample one in 10,000, but no spans of ours go anywhere.
    pub(crate) sampling_rate: f64,
    /// Which secrets may be read.
    pub(crate) secrets: Vec<SecretScope>,
}

impl Resources {
    /// Reads every `.yaml` and `.yml` file of a folder, in the order of their names, not its subfolders.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let read = |path: &Path, source| Error::Read { path: path.to_owned(), source };
        let entries = std::fs::read_dir(folder).map_err(|source| read(folder, source))?;
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| {
            path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
        });
        files.sort();
        let mut resources = Self::default();
        for path in files {
            let text = std::fs::read_to_string(&path).map_err(|source| read(&path, source))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            resources.add(&name, &text)?;
        }
        Ok(resources)
    }

    /// Adds the documents of one file; `file` is the name that errors mention.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), Error> {
        let place = Place { file };
        let documents = document::split(text);
        let count = documents.len();
        for (index, document) in documents.into_iter().enumerate() {
            let value = Value::deserialize(document).map_err(|error| place.syntax(error))?;
            if value.is_null() {
                continue;
            }
            let header: Header = serde_yaml_ng::from_value(value).map_err(|error| place.syntax(error))?;
            self.add_document(&header, place, text, index, count)?;
        }
        Ok(())
    }

    fn add_document(
        &mut self,
        header: &Header,
        place: Place<'_>,
        text: &str,
        index: usize,
        count: usize,
    ) -> Result<(), Error> {
        match (header.kind.as_str(), header.api_version.as_str()) {
            ("Component", "dapr.io/v1alpha1") => {
                self.components.push(Component::new(document::typed(text, index, place)?, place)?);
            }
            ("Subscription", "dapr.io/v2alpha1") => {
                self.subscriptions.push(Subscription::v2(document::typed(text, index, place)?, place)?);
            }
            ("Subscription", "dapr.io/v1alpha1") => {
                self.subscriptions.push(Subscription::v1(document::typed(text, index, place)?, place)?);
            }
            ("Resiliency", "dapr.io/v1alpha1") if count > 1 => {
                let message = "a Resiliency must be alone in its file: daprd would silently not load it";
                return Err(place.unsupported("kind", message));
            }
            ("Resiliency", "dapr.io/v1alpha1") => {
                self.resiliency.push(Resiliency::new(document::typed(text, index, place)?, place)?);
            }
            ("Configuration", "dapr.io/v1alpha1") => {
                let document: Document<ConfigurationSpec> = document::typed(text, index, place)?;
                self.secrets.extend(document.spec.secrets.scopes.clone());
                self.sampling_rate = sampling_rate(document.spec, place)?.unwrap_or(self.sampling_rate);
            }
            (kind @ ("Component" | "Subscription" | "Resiliency" | "Configuration"), version) => {
                return Err(
                    place.unsupported("apiVersion", format!("{version} of {kind} cannot be imitated"))
                );
            }
            (kind, _) => return Err(place.unsupported("kind", format!("{kind} cannot be imitated"))),
        }
        Ok(())
    }
}

fn sampling_rate(spec: ConfigurationSpec, place: Place<'_>) -> Result<Option<f64>, Error> {
    let rate = match spec.tracing.sampling_rate {
        None => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_f64(),
    };
    match rate.filter(|rate| (0.0..=1.0).contains(rate)) {
        Some(rate) => Ok(Some(rate)),
        None => Err(place.unsupported("spec.tracing.samplingRate", "is a number from 0 to 1")),
    }
}

/// An empty list of scopes is everyone.
fn in_scope(scopes: &[String], app: &str) -> bool {
    scopes.is_empty() || scopes.iter().any(|scope| scope == app)
}
