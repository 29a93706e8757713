//! Well-known types, which have a JSON form of their own: timestamps are RFC 3339 text, durations `1.5s`, wrappers
//! their bare value, and so on. prost-reflect knows these forms.

use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, SerializeOptions};
use serde_json::Value as Json;

/// Whether the message has a JSON form of its own.
pub(crate) fn is_special(descriptor: &MessageDescriptor) -> bool {
    form(descriptor).is_some()
}

/// Whether `null` is a value of this kind, and not the absence of one.
pub(crate) fn accepts_null(kind: &Kind) -> bool {
    match kind {
        Kind::Message(message) => message.full_name() == "google.protobuf.Value",
        Kind::Enum(each) => each.full_name() == "google.protobuf.NullValue",
        _ => false,
    }
}

/// What the JSON of a well-known type must be, in words.
fn form(descriptor: &MessageDescriptor) -> Option<&'static str> {
    Some(match descriptor.full_name().strip_prefix("google.protobuf.")? {
        "Timestamp" => "must be a time such as 2026-01-31T12:00:00Z",
        "Duration" => "must be a duration such as 1.5s",
        "DoubleValue" | "FloatValue" => "must be a number",
        "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value" => "must be a whole number",
        "BoolValue" => "must be true or false",
        "StringValue" => "must be text",
        "BytesValue" => "must be base64 text",
        "FieldMask" => "must be field names with commas between them",
        "Struct" | "Empty" => "must be an object",
        "ListValue" => "must be a list",
        "Value" => "must be a JSON value",
        "Any" => "must be an object with @type",
        _ => return None,
    })
}

/// Reads a well-known type; the error says what it must be.
pub(crate) fn decode(descriptor: &MessageDescriptor, json: Json) -> Result<DynamicMessage, String> {
    DynamicMessage::deserialize(descriptor.clone(), json)
        .map_err(|_| form(descriptor).unwrap_or("does not fit").to_owned())
}

/// The JSON of a well-known type that came as text, in a path or a query string.
pub(crate) fn from_text(descriptor: &MessageDescriptor, text: &str) -> Json {
    match (descriptor.full_name(), text) {
        ("google.protobuf.BoolValue", "true") => Json::Bool(true),
        ("google.protobuf.BoolValue", "false") => Json::Bool(false),
        _ => Json::String(text.to_owned()),
    }
}

/// Writes a well-known type.
pub(crate) fn encode<S: serde::Serializer>(
    message: &DynamicMessage,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    message.serialize_with_options(serializer, &SerializeOptions::new())
}

/// The JSON schema of a well-known type.
pub(crate) fn schema(descriptor: &MessageDescriptor) -> Option<Json> {
    use serde_json::json;
    Some(match descriptor.full_name().strip_prefix("google.protobuf.")? {
        "Timestamp" => json!({"type": "string", "format": "date-time"}),
        "Duration" => json!({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"}),
        "DoubleValue" | "FloatValue" => json!({"type": "number"}),
        "Int64Value" => json!({"type": "string", "format": "int64"}),
        "UInt64Value" => json!({"type": "string", "format": "uint64"}),
        "Int32Value" | "UInt32Value" => json!({"type": "integer"}),
        "BoolValue" => json!({"type": "boolean"}),
        "StringValue" | "FieldMask" => json!({"type": "string"}),
        "BytesValue" => json!({"type": "string", "contentEncoding": "base64"}),
        "Struct" | "Empty" | "Any" => json!({"type": "object"}),
        "ListValue" => json!({"type": "array", "items": {}}),
        "Value" => json!({}),
        _ => return None,
    })
}
