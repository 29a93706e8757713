//! The state API.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use dapr::dapr::proto::common::v1 as common;
use dapr::dapr::proto::runtime::v1 as pb;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tonic::{Code, Status};

use super::{Call, error};
use crate::resources::{Kind, State};
use crate::sidecar::Sidecar;
use crate::state::{Action, Change, Item, stored_key};

/// A state store that the app sees, and how it names keys there.
struct Store<'a> {
    sidecar: &'a Sidecar,
    name: &'a str,
    settings: &'a State,
}

impl<'a> Store<'a> {
    fn find(sidecar: &'a Sidecar, name: &'a str) -> Result<Self, Status> {
        let settings = sidecar.component(name).and_then(|component| match &component.kind {
            Kind::State(settings) => Some(settings),
            _ => None,
        });
        if let Some(settings) = settings {
            return Ok(Self { sidecar, name, settings });
        }
        let any = sidecar.components().any(|component| matches!(component.kind, Kind::State(_)));
        Err(if any {
            let message = format!("state store {name} is not found");
            error::status(Code::InvalidArgument, "DAPR_STATE_NOT_FOUND", message, &[])
        } else {
            let message = format!("state store {name} is not configured");
            error::status(Code::FailedPrecondition, "DAPR_STATE_NOT_CONFIGURED", message, &[])
        })
    }

    fn key(&self, key: &str) -> Result<String, Status> {
        stored_key(&self.settings.prefix, self.name, &self.sidecar.app_id, key)
            .map_err(|message| error::status(Code::InvalidArgument, "DAPR_STATE_ILLEGAL_KEY", message, &[]))
    }

    fn get(&self, key: &str) -> Result<Option<Item>, Status> {
        Ok(self.sidecar.stores.get(self.name, &self.key(key)?, SystemTime::now()))
    }

    fn change(&self, item: common::StateItem, action: Action) -> Result<Change, Status> {
        let concurrency = item.options.unwrap_or_default().concurrency();
        Ok(Change {
            key: self.key(&item.key)?,
            etag: item.etag.map(|etag| etag.value),
            first_write: concurrency == common::state_options::StateConcurrency::ConcurrencyFirstWrite,
            action,
        })
    }

    fn set(&self, mut item: common::StateItem) -> Result<Change, Status> {
        let action = Action::Set { data: std::mem::take(&mut item.value), ttl: ttl(&item.metadata)? };
        self.change(item, action)
    }

    /// Changes one key after the other, as daprd's stores do outside a transaction.
    fn apply_each(&self, changes: Vec<Change>, failed: impl Fn(String) -> String) -> Result<(), Status> {
        for change in changes {
            self.sidecar
                .stores
                .apply(self.name, vec![change], SystemTime::now())
                .map_err(|mismatch| Status::aborted(failed(mismatch.to_string())))?;
        }
        Ok(())
    }
}

fn ttl(metadata: &HashMap<String, String>) -> Result<Option<Duration>, Status> {
    let Some(text) = metadata.get("ttlInSeconds").filter(|text| !text.is_empty()) else { return Ok(None) };
    let seconds: i64 =
        text.parse().map_err(|_| Status::internal(format!("ttlInSeconds: {text:?} is no number")))?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

/// When a value ends, as daprd says it.
fn expiry(item: &Item) -> HashMap<String, String> {
    let time = item.expires.and_then(|expires| {
        let seconds = expires.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
        OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?.format(&Rfc3339).ok()
    });
    time.map(|time| HashMap::from([("ttlExpireTime".to_owned(), time)])).unwrap_or_default()
}

/// GetState: a missing key is an empty value without an ETag.
pub(super) async fn get(call: Call<pb::GetStateRequest>) -> Result<pb::GetStateResponse, Status> {
    let Call { sidecar, request, .. } = call;
    let item = Store::find(&sidecar, &request.store_name)?.get(&request.key)?;
    Ok(item.map_or_else(pb::GetStateResponse::default, |item| {
        let metadata = expiry(&item);
        pb::GetStateResponse { data: item.data, etag: item.etag, metadata }
    }))
}

/// GetBulkState.
pub(super) async fn get_bulk(
    call: Call<pb::GetBulkStateRequest>,
) -> Result<pb::GetBulkStateResponse, Status> {
    let Call { sidecar, request, .. } = call;
    let store = Store::find(&sidecar, &request.store_name)?;
    let read = |key: String| {
        let item = store.get(&key)?;
        Ok(item.map_or_else(
            || pb::BulkStateItem { key: key.clone(), ..Default::default() },
            |item| {
                let metadata = expiry(&item);
                let Item { data, etag, .. } = item;
                pb::BulkStateItem { key: key.clone(), data, etag, metadata, ..Default::default() }
            },
        ))
    };
    let items = request.keys.into_iter().map(read).collect::<Result<_, Status>>()?;
    Ok(pb::GetBulkStateResponse { items })
}

/// SaveState.
pub(super) async fn save(call: Call<pb::SaveStateRequest>) -> Result<(), Status> {
    let Call { sidecar, request, .. } = call;
    let store = Store::find(&sidecar, &request.store_name)?;
    if request.states.iter().any(|item| item.key.is_empty()) {
        return Err(Status::invalid_argument("state key cannot be empty"));
    }
    let changes = request.states.into_iter().map(|item| store.set(item)).collect::<Result<_, _>>()?;
    store.apply_each(changes, |cause| format!("failed saving state in state store {}: {cause}", store.name))
}

/// DeleteState.
pub(super) async fn delete(call: Call<pb::DeleteStateRequest>) -> Result<(), Status> {
    let Call { sidecar, request, .. } = call;
    let store = Store::find(&sidecar, &request.store_name)?;
    let pb::DeleteStateRequest { key, etag, options, metadata, .. } = request;
    let item = common::StateItem { key: key.clone(), etag, options, metadata, ..Default::default() };
    let change = store.change(item, Action::Delete)?;
    store.apply_each(vec![change], |cause| format!("failed deleting state with key {key}: {cause}"))
}

/// DeleteBulkState.
pub(super) async fn delete_bulk(call: Call<pb::DeleteBulkStateRequest>) -> Result<(), Status> {
    let Call { sidecar, request, .. } = call;
    let store = Store::find(&sidecar, &request.store_name)?;
    let changes = request.states.into_iter().map(|item| store.change(item, Action::Delete));
    let changes = changes.collect::<Result<_, _>>()?;
    store.apply_each(changes, |cause| format!("failed deleting state in state store {}: {cause}", store.name))
}

/// ExecuteStateTransaction: all or nothing. A wrong ETag is INTERNAL here, as in daprd.
pub(super) async fn transact(call: Call<pb::ExecuteStateTransactionRequest>) -> Result<(), Status> {
    let Call { sidecar, request, .. } = call;
    let store = Store::find(&sidecar, &request.store_name)?;
    let change = |operation: pb::TransactionalStateOperation| {
        let item = operation.request.unwrap_or_default();
        match operation.operation_type.as_str() {
            "upsert" => store.set(item),
            "delete" => store.change(item, Action::Delete),
            other => Err(Status::unimplemented(format!("operation type {other} not supported"))),
        }
    };
    let changes = request.operations.into_iter().map(change).collect::<Result<_, _>>()?;
    sidecar
        .stores
        .apply(store.name, changes, SystemTime::now())
        .map_err(|mismatch| Status::internal(format!("error while executing state transaction: {mismatch}")))
}
