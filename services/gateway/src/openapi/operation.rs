//! One operation: a binding, in OpenAPI's words.

use std::collections::HashMap;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value as Json, json};

use super::schema::Schemas;
use crate::source::{self, Commented as _};
use crate::transcode::{Binding, BodyRule, wkt};

/// Operation ids, which must be unique: the second binding of an RPC is `…_2`.
#[derive(Debug, Default)]
pub(crate) struct Ids(HashMap<String, u32>);

impl Ids {
    fn next(&mut self, id: String) -> String {
        let count = self.0.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 { id } else { format!("{id}_{count}") }
    }
}

/// Writes a binding.
pub(crate) fn write(binding: &Binding, ids: &mut Ids, schemas: &mut Schemas<'_>) -> Json {
    let method = &binding.rpc.method;
    let service = method.parent_service();
    let comment = method.comment();
    let access = source::access(method);
    let mut operation = json!({
        "operationId": ids.next(format!("{}_{}", service.name(), method.name())),
        "tags": [service.name()],
        "summary": source::first_sentence(&comment),
        "description": comment,
        "parameters": parameters(binding, schemas),
        "responses": {
            "200": {"description": "The answer", "content": content(binding, schemas)},
            "default": {"$ref": "#/components/responses/Error"},
        },
        "x-grpc-method": format!("{}/{}", service.full_name(), method.name()),
    });
    if access.as_deref() != Some("public") {
        operation["security"] = json!([{"bearer": []}]);
    }
    if let Some(access) = access {
        operation["x-access"] = access.into();
    }
    if let Some(schema) = body(binding, schemas) {
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

/// One of the gateway's own routes.
pub(crate) fn fixed(path: &str, summary: &str) -> Json {
    json!({"get": {
        "operationId": path.trim_matches('/').replace('.', "_"),
        "tags": ["gateway"],
        "summary": summary,
        "responses": {
            "200": {"description": summary, "content": {"application/json": {"schema": {"type": "object"}}}},
            "default": {"$ref": "#/components/responses/Error"},
        },
    }})
}

fn parameters(binding: &Binding, schemas: &mut Schemas<'_>) -> Vec<Json> {
    let mut parameters = Vec::new();
    for (_, fields) in &binding.variables {
        let Some(field) = fields.last() else { continue };
        parameters.push(parameter("path", &names(fields), field, schemas));
    }
    if binding.body != BodyRule::Message {
        let taken: Vec<&[FieldDescriptor]> =
            binding.variables.iter().map(|(_, fields)| fields.as_slice()).collect();
        let mut way = Vec::new();
        query(&binding.rpc.method.input(), binding, &taken, &mut way, schemas, &mut parameters);
    }
    parameters
}

/// Every field that the query string may fill, down into messages.
fn query(
    message: &MessageDescriptor,
    binding: &Binding,
    taken: &[&[FieldDescriptor]],
    way: &mut Vec<FieldDescriptor>,
    schemas: &mut Schemas<'_>,
    parameters: &mut Vec<Json>,
) {
    /// Messages that lead back to themselves must end somewhere.
    const DEEPEST: usize = 4;
    for field in message.fields() {
        let in_body = way.is_empty() && binding.body == BodyRule::Field(field.clone());
        way.push(field.clone());
        let in_path = taken.contains(&way.as_slice());
        match field.kind() {
            _ if in_body || in_path || field.is_map() => {}
            Kind::Message(inner) if !wkt::is_special(&inner) => {
                if !field.is_list() && way.len() < DEEPEST {
                    query(&inner, binding, taken, way, schemas, parameters);
                }
            }
            _ => parameters.push(parameter("query", &names(way), &field, schemas)),
        }
        way.pop();
    }
}

fn parameter(place: &str, name: &str, field: &FieldDescriptor, schemas: &mut Schemas<'_>) -> Json {
    let mut schema = schemas.field(field);
    let description = schema.as_object_mut().and_then(|schema| schema.shift_remove("description"));
    let mut parameter = json!({"name": name, "in": place, "required": place == "path", "schema": schema});
    if let Some(description) = description {
        parameter["description"] = description;
    }
    parameter
}

/// The schema of the body, without what the path gives.
fn body(binding: &Binding, schemas: &mut Schemas<'_>) -> Option<Json> {
    match &binding.body {
        BodyRule::Nothing => None,
        BodyRule::Field(field) => Some(schemas.field(field)),
        BodyRule::Message => {
            let input = binding.rpc.method.input();
            let in_path: Vec<u32> = binding
                .variables
                .iter()
                .filter_map(
                    |(_, fields)| if let [field] = fields.as_slice() { Some(field.number()) } else { None },
                )
                .collect();
            Some(if in_path.is_empty() { schemas.message(&input) } else { schemas.object(&input, &in_path) })
        }
    }
}

fn content(binding: &Binding, schemas: &mut Schemas<'_>) -> Json {
    let schema = match &binding.response_field {
        Some(field) => schemas.field(field),
        None => schemas.message(&binding.rpc.method.output()),
    };
    if binding.rpc.method.is_server_streaming() {
        json!({"application/x-ndjson": {"schema": schema.clone()}, "text/event-stream": {"schema": schema}})
    } else {
        json!({"application/json": {"schema": schema}})
    }
}

fn names(fields: &[FieldDescriptor]) -> String {
    fields.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
}
