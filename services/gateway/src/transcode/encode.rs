//! Message → JSON, written straight to bytes.
//!
//! Every field without presence is there, with its zero value if need be, so that clients need no defaults; an absent
//! `optional`, message or oneof field is left out. Enums are words, 64-bit integers are text (a JSON number loses them
//! beyond 2⁵³), bytes are base64, well-known types have their own forms.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use super::casing::Case;
use super::wkt;
use super::words::Words;

/// How to write: which words, which names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style<'a> {
    pub(crate) words: &'a Words,
    pub(crate) case: Case,
}

impl Style<'_> {
    /// Writes a message, or one field of it.
    pub(crate) fn write(
        self,
        message: &DynamicMessage,
        field: Option<&FieldDescriptor>,
    ) -> serde_json::Result<Bytes> {
        let written = match field {
            Some(field) => {
                let value = message.get_field(field);
                serde_json::to_vec(&FieldJson { value: &value, field, style: self })
            }
            None => serde_json::to_vec(&MessageJson { message, style: self }),
        };
        written.map(Bytes::from)
    }

    fn name(self, field: &FieldDescriptor) -> String {
        match self.case {
            Case::Snake => field.name().to_owned(),
            Case::Camel => field.json_name().to_owned(),
        }
    }
}

struct MessageJson<'a> {
    message: &'a DynamicMessage,
    style: Style<'a>,
}

impl Serialize for MessageJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let descriptor = self.message.descriptor();
        if wkt::is_special(&descriptor) {
            return wkt::encode(self.message, serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        for field in descriptor.fields() {
            if field.supports_presence() && !self.message.has_field(&field) {
                continue;
            }
            let value = self.message.get_field(&field);
            let json = FieldJson { value: &value, field: &field, style: self.style };
            map.serialize_entry(&self.style.name(&field), &json)?;
        }
        map.end()
    }
}

struct FieldJson<'a> {
    value: &'a Value,
    field: &'a FieldDescriptor,
    style: Style<'a>,
}

impl Serialize for FieldJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = self.field.kind();
        match (self.value, &kind) {
            (Value::List(values), _) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(&SingleJson { value, kind: &kind, style: self.style })?;
                }
                list.end()
            }
            (Value::Map(values), Kind::Message(entry)) => {
                let kind = entry.map_entry_value_field().kind();
                let mut entries: Vec<(String, &Value)> =
                    values.iter().map(|(key, value)| (key_text(key), value)).collect();
                entries.sort_by(|left, right| left.0.cmp(&right.0));
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(&key, &SingleJson { value, kind: &kind, style: self.style })?;
                }
                map.end()
            }
            (value, _) => SingleJson { value, kind: &kind, style: self.style }.serialize(serializer),
        }
    }
}

struct SingleJson<'a> {
    value: &'a Value,
    kind: &'a Kind,
    style: Style<'a>,
}

impl Serialize for SingleJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::I32(value) => serializer.serialize_i32(*value),
            Value::U32(value) => serializer.serialize_u32(*value),
            Value::I64(value) => serializer.collect_str(value),
            Value::U64(value) => serializer.collect_str(value),
            Value::F32(value) if value.is_finite() => serializer.serialize_f32(*value),
            Value::F32(value) => serializer.serialize_str(not_finite(f64::from(*value))),
            Value::F64(value) if value.is_finite() => serializer.serialize_f64(*value),
            Value::F64(value) => serializer.serialize_str(not_finite(*value)),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Value::EnumNumber(number) => match self.kind {
                Kind::Enum(_) if wkt::accepts_null(self.kind) => serializer.serialize_unit(),
                Kind::Enum(descriptor) => match self.style.words.label(descriptor, *number) {
                    Some(label) => serializer.serialize_str(label),
                    None => serializer.serialize_i32(*number),
                },
                _ => serializer.serialize_i32(*number),
            },
            Value::Message(message) => MessageJson { message, style: self.style }.serialize(serializer),
            Value::List(_) | Value::Map(_) => {
                Err(serde::ser::Error::custom("a collection stands where one value must"))
            }
        }
    }
}

fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(value) => value.to_string(),
        MapKey::I32(value) => value.to_string(),
        MapKey::I64(value) => value.to_string(),
        MapKey::U32(value) => value.to_string(),
        MapKey::U64(value) => value.to_string(),
        MapKey::String(value) => value.clone(),
    }
}
