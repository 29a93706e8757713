//! JSON schemas of messages and enums. Each message that is reached becomes a component under its full name.

use std::collections::BTreeMap;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value as Json, json};

use crate::source::Commented as _;
use crate::transcode::{Words, wkt};

/// The components that were asked for so far.
#[derive(Debug)]
pub(crate) struct Schemas<'a> {
    words: &'a Words,
    components: BTreeMap<String, Json>,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(words: &'a Words) -> Self {
        Self { words, components: BTreeMap::new() }
    }

    /// The schema of a message: a reference, or the form of a well-known type.
    pub(crate) fn message(&mut self, descriptor: &MessageDescriptor) -> Json {
        if let Some(schema) = wkt::schema(descriptor) {
            return schema;
        }
        let name = descriptor.full_name();
        if !self.components.contains_key(name) {
            // Before its fields, which may lead back to it.
            self.components.insert(name.to_owned(), Json::Null);
            let schema = self.object(descriptor, &[]);
            self.components.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    /// The schema of a message, written out, without the fields that are given elsewhere.
    pub(crate) fn object(&mut self, descriptor: &MessageDescriptor, without: &[u32]) -> Json {
        let mut properties = Map::new();
        for field in descriptor.fields().filter(|field| !without.contains(&field.number())) {
            let schema = self.field(&field);
            properties.insert(field.name().to_owned(), schema);
        }
        let mut schema = json!({"type": "object", "properties": properties});
        describe(&mut schema, &descriptor.comment());
        schema
    }

    /// The schema of a field, with its comment.
    pub(crate) fn field(&mut self, field: &FieldDescriptor) -> Json {
        let kind = field.kind();
        let mut schema = match &kind {
            Kind::Message(entry) if field.is_map() => {
                json!({"type": "object", "additionalProperties": self.single(&entry.map_entry_value_field().kind())})
            }
            _ if field.is_list() => json!({"type": "array", "items": self.single(&kind)}),
            _ => self.single(&kind),
        };
        describe(&mut schema, &field.comment());
        schema
    }

    fn single(&mut self, kind: &Kind) -> Json {
        match kind {
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Float => json!({"type": "number", "format": "float"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "format": "int64", "minimum": 0}),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({"type": "string", "format": "int64"}),
            Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "format": "uint64"}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Message(descriptor) => self.message(descriptor),
            Kind::Enum(descriptor) if wkt::accepts_null(kind) => {
                json!({"type": "null", "description": descriptor.comment()})
            }
            Kind::Enum(descriptor) => self.enumeration(descriptor),
        }
    }

    fn enumeration(&mut self, descriptor: &prost_reflect::EnumDescriptor) -> Json {
        let name = descriptor.full_name();
        if !self.components.contains_key(name) {
            let values: Vec<_> = descriptor.values().collect();
            let label = |number| self.words.label(descriptor, number).unwrap_or_default();
            let commented = values.iter().filter(|value| !value.comment().is_empty());
            let lines = commented.map(|value| format!("- `{}`: {}", label(value.number()), value.comment()));
            let description =
                std::iter::once(descriptor.comment()).chain(lines).collect::<Vec<_>>().join("\n");
            let labels: Vec<&str> = values.iter().map(|value| label(value.number())).collect();
            let mut schema = json!({"type": "string", "enum": labels});
            describe(&mut schema, &description);
            self.components.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    /// All components, the error among them.
    pub(crate) fn finish(mut self) -> Map<String, Json> {
        self.components.insert("Error".to_owned(), error());
        self.components.into_iter().collect()
    }
}

fn reference(name: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn describe(schema: &mut Json, description: &str) {
    if !description.is_empty() {
        schema["description"] = description.into();
    }
}

fn error() -> Json {
    json!({
        "type": "object",
        "description": "The body of every answer that is not a success.",
        "required": ["error", "code", "message", "request_id", "timestamp"],
        "properties": {
            "error": {"const": true},
            "code": {"type": "string", "description": "The kind of error, for programs.", "examples": ["NOT_FOUND"]},
            "message": {"type": "string", "description": "What went wrong, for people."},
            "details": {
                "type": "array",
                "description": "The fields that are wrong.",
                "items": {
                    "type": "object",
                    "required": ["field", "description"],
                    "properties": {
                        "field": {"type": "string", "examples": ["context.code"]},
                        "description": {"type": "string"},
                    },
                },
            },
            "request_id": {"type": "string", "description": "The `X-Request-ID` of the request."},
            "timestamp": {"type": "string", "format": "date-time"},
        },
    })
}
