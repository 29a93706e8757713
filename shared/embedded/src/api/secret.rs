//! GetSecret, from environment variables.

use std::collections::HashMap;

use dapr::dapr::proto::runtime::v1 as pb;
use tonic::Status;

use super::Call;
use crate::resources::Kind;

/// One secret. A variable that is not set is an empty one, and Dapr's own are kept back.
pub(super) async fn get(call: Call<pb::GetSecretRequest>) -> Result<pb::GetSecretResponse, Status> {
    let Call { sidecar, request, .. } = call;
    let pb::GetSecretRequest { store_name, key, .. } = request;
    let is_store = |kind: &Kind| matches!(kind, Kind::Secrets(_));
    if !sidecar.components().any(|component| is_store(&component.kind)) {
        return Err(Status::failed_precondition("secret store is not configured"));
    }
    let Some(Kind::Secrets(store)) = sidecar.component(&store_name).map(|component| &component.kind) else {
        return Err(Status::invalid_argument(format!("failed finding secret store with key {store_name}")));
    };
    if !sidecar.secrets.iter().all(|scope| scope.allows(&store_name, &key)) {
        return Err(Status::permission_denied(format!(
            "access denied by policy to get {key:?} from {store_name:?}"
        )));
    }
    let variable = format!("{}{key}", store.prefix);
    let upper = variable.to_uppercase();
    let kept_back = upper == "APP_API_TOKEN" || upper.starts_with("DAPR_");
    let value = if kept_back { None } else { (sidecar.environment)(&variable) };
    Ok(pb::GetSecretResponse { data: HashMap::from([(key, value.unwrap_or_default())]) })
}
