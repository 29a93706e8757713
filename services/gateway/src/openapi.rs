//! `/openapi.json`: OpenAPI 3.1, written from the contracts that the transcoder serves, so the two cannot disagree.

mod operation;
mod schema;

use serde_json::{Map, Value as Json, json};

use crate::source;
use crate::transcode::Contracts;

/// How the edge behaves, beyond what OpenAPI can say.
const DESCRIPTION: &str = "Names are accepted in snake_case and camelCase, enum words by label, alias or full name. \
    Answers have snake_case names; `?case=camel` or `Accept: application/json; case=camel` gives camelCase. Fields that \
    are not declared here are refused. Every error has the schema `Error`.";

/// The document.
pub(crate) fn document(contracts: &Contracts) -> Json {
    let mut schemas = schema::Schemas::new(&contracts.words);
    let mut paths: Map<String, Json> = Map::new();
    let mut ids = operation::Ids::default();
    for binding in &contracts.bindings {
        let operation = operation::write(binding, &mut ids, &mut schemas);
        let path = paths.entry(binding.template.openapi()).or_insert_with(|| json!({}));
        path[binding.http_method.as_str().to_ascii_lowercase()] = operation;
    }
    for (path, summary) in [
        ("/health", "Whether the process lives"),
        ("/ready", "Whether requests can be served; 503 while the sidecar is down"),
        ("/services", "The services, their RPCs and paths"),
        ("/openapi.json", "This document"),
    ] {
        paths.insert(path.to_owned(), operation::fixed(path, summary));
    }
    let tags: Vec<Json> = contracts
        .pool
        .services()
        .filter(|service| {
            contracts.bindings.iter().any(|binding| binding.rpc.method.parent_service() == service)
        })
        .map(|service| json!({"name": service.name(), "description": source::Commented::comment(&service)}))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {"title": "LearnFlow", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION},
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.finish(),
            "responses": {"Error": {
                "description": "Why the request was not served",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    })
}
