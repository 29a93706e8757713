//! JSON → message.
//!
//! Names come in snake_case or camelCase. A field that the contract does not have is refused, for a misspelt optional
//! field that is silently ignored is a defect that nobody finds; so is a field that is given under both names.

use std::collections::{HashMap, HashSet};

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};
use serde_json::{Map, Value as Json};

use super::report::Report;
use super::words::Words;
use super::{scalar, wkt};

/// Messages nest no deeper; prost decodes 100 levels on the other side.
const DEEPEST: usize = 32;

/// Reads JSON into messages and notes what does not fit.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    words: &'a Words,
    pub(crate) report: Report,
    depth: usize,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(words: &'a Words) -> Self {
        Self { words, report: Report::default(), depth: 0 }
    }

    /// Reads an object into a message.
    pub(crate) fn message(&mut self, message: &mut DynamicMessage, object: Map<String, Json>) {
        if self.depth == DEEPEST {
            return self.report.wrong("is nested too deeply");
        }
        self.depth += 1;
        let descriptor = message.descriptor();
        let mut seen = HashSet::new();
        for (name, json) in object {
            let known = field(&descriptor, &name);
            let mark = self.report.enter(known.as_ref().map_or(name.as_str(), FieldDescriptor::name));
            match known {
                Some(field) => self.member(message, &field, json, &mut seen),
                None if self.report.is_full() => {}
                None => self.report.wrong(unknown(&descriptor, &name)),
            }
            self.report.leave(mark);
        }
        self.depth -= 1;
    }

    /// Reads one field of an object.
    fn member(
        &mut self,
        message: &mut DynamicMessage,
        field: &FieldDescriptor,
        json: Json,
        seen: &mut HashSet<u32>,
    ) {
        if !seen.insert(field.number()) {
            return self.report.wrong("is given twice");
        }
        if json.is_null() && !wkt::accepts_null(&field.kind()) {
            return;
        }
        if let Some(other) = set_sibling(message, field) {
            return self.report.wrong(format!("must not stand beside {other}"));
        }
        self.fill(message, field, json);
    }

    /// Reads a value into a field; the path is the field's already.
    pub(crate) fn fill(&mut self, message: &mut DynamicMessage, field: &FieldDescriptor, json: Json) {
        let value = if field.is_map() {
            self.map(field, json)
        } else if field.is_list() {
            self.list(field, json)
        } else {
            self.single(&field.kind(), json)
        };
        if let Some(value) = value {
            message.set_field(field, value);
        }
    }

    fn list(&mut self, field: &FieldDescriptor, json: Json) -> Option<Value> {
        let Json::Array(elements) = json else {
            self.report.wrong("must be a list");
            return None;
        };
        let mut values = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            let mark = self.report.enter_element(index);
            values.extend(self.single(&field.kind(), element));
            self.report.leave(mark);
        }
        Some(Value::List(values))
    }

    fn map(&mut self, field: &FieldDescriptor, json: Json) -> Option<Value> {
        let (Json::Object(object), Kind::Message(entry)) = (json, field.kind()) else {
            self.report.wrong("must be an object");
            return None;
        };
        let (key_kind, value_kind) =
            (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        let mut values = HashMap::with_capacity(object.len());
        for (key, json) in object {
            let mark = self.report.enter(&key);
            match scalar::map_key(&key_kind, &key) {
                Ok(key) => values.extend(self.single(&value_kind, json).map(|value| (key, value))),
                Err(problem) => self.report.wrong(format!("the key {problem}")),
            }
            self.report.leave(mark);
        }
        Some(Value::Map(values))
    }

    /// Reads one value that is no list and no map.
    pub(crate) fn single(&mut self, kind: &Kind, json: Json) -> Option<Value> {
        let value = match kind {
            Kind::Message(descriptor) if wkt::is_special(descriptor) => {
                wkt::decode(descriptor, json).map(Value::Message)
            }
            Kind::Message(descriptor) => match json {
                Json::Object(object) => {
                    let mut message = DynamicMessage::new(descriptor.clone());
                    self.message(&mut message, object);
                    Ok(Value::Message(message))
                }
                _ => Err("must be an object".to_owned()),
            },
            Kind::Enum(_) if json.is_null() && wkt::accepts_null(kind) => Ok(Value::EnumNumber(0)),
            Kind::Enum(descriptor) => match &json {
                Json::String(word) => self.words.number(descriptor, word).map(Value::EnumNumber),
                _ => self.words.declared(descriptor, json.as_i64()).map(Value::EnumNumber),
            },
            _ => scalar::decode(kind, json),
        };
        value.map_err(|problem| self.report.wrong(problem)).ok()
    }
}

/// The field that a JSON name means.
pub(crate) fn field(descriptor: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name))
}

/// What an unknown name is answered with.
pub(crate) fn unknown(descriptor: &MessageDescriptor, name: &str) -> String {
    let near = descriptor
        .fields()
        .map(|field| (strsim::jaro_winkler(name, field.name()), field))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    match near {
        Some((_, field)) => format!("is not a field here; did you mean {}?", field.name()),
        None => "is not a field here".to_owned(),
    }
}

/// Another member of the field's oneof that is set already.
pub(crate) fn set_sibling(message: &DynamicMessage, field: &FieldDescriptor) -> Option<String> {
    let siblings = field.containing_oneof()?;
    siblings
        .fields()
        .find(|sibling| sibling != field && message.has_field(sibling))
        .map(|each| each.name().to_owned())
}
