//! The state store: caches and sessions, with ETags and time to live.

use std::collections::HashMap;
use std::time::Duration;

use dapr::dapr::proto::common::v1::state_options::{StateConcurrency, StateConsistency};
use dapr::dapr::proto::common::v1::{Etag as PbEtag, StateItem, StateOptions};
use dapr::dapr::proto::runtime::v1::{DeleteStateRequest, GetStateRequest, SaveStateRequest};

use crate::{Error, Sidecar};

/// The version of a value, as the store gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(pub String);

/// A value and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The bytes that were saved.
    pub value: Vec<u8>,
    /// Their version.
    pub etag: Etag,
}

/// One state store component, seen by this service: keys are prefixed with its app-id by Dapr.
#[derive(Clone, Debug)]
pub struct StateStore {
    sidecar: Sidecar,
    name: String,
}

impl StateStore {
    pub(crate) fn new(sidecar: Sidecar, name: String) -> Self {
        Self { sidecar, name }
    }

    /// Reads a value; `None` when there is none or its time is over.
    pub async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        let request = GetStateRequest {
            store_name: self.name.clone(),
            key: key.to_owned(),
            consistency: StateConsistency::ConsistencyStrong as i32,
            metadata: HashMap::new(),
        };
        let response = self
            .sidecar
            .api()
            .get_state(self.sidecar.request(request))
            .await
            .map_err(Error::sidecar(format!("read state {key}")))?
            .into_inner();
        // Dapr answers a missing key with empty data and an empty ETag.
        Ok((!response.etag.is_empty()).then_some(Entry { value: response.data, etag: Etag(response.etag) }))
    }

    /// Writes a value that lives for `ttl` (whole seconds), whatever stood there.
    pub async fn set(&self, key: &str, value: Vec<u8>, ttl: Option<Duration>) -> Result<(), Error> {
        self.save(key, value, ttl, None).await
    }

    /// Writes a value only if `etag` is still its version; [`Error::EtagMismatch`] otherwise.
    pub async fn replace(
        &self,
        key: &str,
        value: Vec<u8>,
        ttl: Option<Duration>,
        etag: &Etag,
    ) -> Result<(), Error> {
        self.save(key, value, ttl, Some(etag)).await
    }

    /// Removes a value; removing what is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let request = DeleteStateRequest {
            store_name: self.name.clone(),
            key: key.to_owned(),
            ..DeleteStateRequest::default()
        };
        let failed = Error::sidecar(format!("delete state {key}"));
        self.sidecar.api().delete_state(self.sidecar.request(request)).await.map_err(failed)?;
        Ok(())
    }

    async fn save(
        &self,
        key: &str,
        value: Vec<u8>,
        ttl: Option<Duration>,
        etag: Option<&Etag>,
    ) -> Result<(), Error> {
        let mut metadata = HashMap::new();
        if let Some(ttl) = ttl {
            metadata.insert("ttlInSeconds".to_owned(), ttl.as_secs().max(1).to_string());
        }
        let concurrency = if etag.is_some() {
            StateConcurrency::ConcurrencyFirstWrite
        } else {
            StateConcurrency::ConcurrencyLastWrite
        };
        let item = StateItem {
            key: key.to_owned(),
            value,
            etag: etag.map(|etag| PbEtag { value: etag.0.clone() }),
            metadata,
            options: Some(StateOptions {
                concurrency: concurrency as i32,
                consistency: StateConsistency::ConsistencyStrong as i32,
            }),
        };
        let request = SaveStateRequest { store_name: self.name.clone(), states: vec![item] };
        match self.sidecar.api().save_state(self.sidecar.request(request)).await {
            Ok(_) => Ok(()),
            Err(status) if status.code() == tonic::Code::Aborted => Err(Error::EtagMismatch(key.to_owned())),
            Err(status) => Err(Error::sidecar(format!("save state {key}"))(status)),
        }
    }
}
