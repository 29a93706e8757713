//! `/services`: which services there are, by app-id, with their RPCs and where these are found over HTTP.

use serde_json::{Map, Value as Json, json};

use crate::source::{self, Commented as _};
use crate::transcode::{Contracts, app_id};

/// The document.
pub(crate) fn document(contracts: &Contracts) -> Json {
    let mut services = Map::new();
    for service in contracts.pool.services() {
        let Some(app_id) = app_id(service.package_name()) else { continue };
        let methods: Vec<Json> = service
            .methods()
            .map(|method| {
                let http: Vec<Json> = contracts
                    .bindings
                    .iter()
                    .filter(|binding| binding.rpc.method == method)
                    .map(|binding| json!({"method": binding.http_method.as_str(), "path": &*binding.route}))
                    .collect();
                json!({
                    "name": method.name(),
                    "grpc": format!("/{}/{}", service.full_name(), method.name()),
                    "description": source::first_sentence(&method.comment()),
                    "access": source::access(&method),
                    "server_streaming": method.is_server_streaming(),
                    "http": http,
                })
            })
            .collect();
        let entry = json!({
            "app_id": app_id,
            "service": service.full_name(),
            "description": service.comment(),
            "methods": methods,
        });
        services.insert(service.full_name().to_owned(), entry);
    }
    json!({"services": services.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>()})
}
