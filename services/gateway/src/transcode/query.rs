//! Query strings and path variables → fields.

use std::collections::HashSet;

use axum::extract::Query;
use http::Uri;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _};
use serde_json::Value as Json;

use super::decode::{self, Decoder};
use super::{scalar, wkt};

/// The parameters of a request, in order.
pub(crate) fn parameters(uri: &Uri) -> Vec<(String, String)> {
    // Broken escapes are read as text, as browsers do; that never fails.
    Query::try_from_uri(uri).map(|Query(parameters)| parameters).unwrap_or_default()
}

/// The fields that a dotted name leads through; the error says where it ends.
pub(crate) fn resolve<'n>(
    descriptor: &MessageDescriptor,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<Vec<FieldDescriptor>, String> {
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    let mut within = Some(descriptor.clone());
    for name in names {
        let Some(message) = within else { return Err("is not a field here".to_owned()) };
        let field = decode::field(&message, name).ok_or_else(|| decode::unknown(&message, name))?;
        within = match field.kind() {
            Kind::Message(inner) if !field.is_list() && !field.is_map() && !wkt::is_special(&inner) => {
                Some(inner)
            }
            _ => None,
        };
        fields.push(field);
    }
    match within {
        Some(_) => Err("is an object: name its fields, as in context.code".to_owned()),
        None => Ok(fields),
    }
}

/// Reads the query string of a request into a message, but for what the path or the body has.
#[derive(Debug)]
pub(crate) struct QueryFields<'a> {
    /// Fields, by the row of their numbers, that the path or the body fills.
    pub(crate) taken: &'a [Vec<u32>],
}

impl QueryFields<'_> {
    pub(crate) fn read(
        &self,
        decoder: &mut Decoder<'_>,
        message: &mut DynamicMessage,
        parameters: &[(String, String)],
    ) {
        let mut seen = HashSet::new();
        for (name, text) in parameters {
            let resolved = resolve(&message.descriptor(), name.split('.'));
            let canonical = resolved.as_deref().map_or_else(|_| name.clone(), dotted);
            let mark = decoder.report.enter(&canonical);
            match resolved {
                Err(problem) => decoder.report.wrong(problem),
                Ok(fields) => {
                    let numbers: Vec<u32> = fields.iter().map(FieldDescriptor::number).collect();
                    let repeated = fields.last().is_some_and(FieldDescriptor::is_list);
                    if self.taken.iter().any(|taken| numbers.starts_with(taken)) {
                        decoder.report.wrong("is given by the path or the body");
                    } else if !seen.insert(numbers) && !repeated {
                        decoder.report.wrong("is given twice");
                    } else {
                        set(decoder, message, &fields, text);
                    }
                }
            }
            decoder.report.leave(mark);
        }
    }
}

/// Sets a field from text, making the messages on the way to it. A list grows by one.
pub(crate) fn set(
    decoder: &mut Decoder<'_>,
    message: &mut DynamicMessage,
    fields: &[FieldDescriptor],
    text: &str,
) {
    let Some((field, way)) = fields.split_last() else { return };
    let mut target = message;
    for step in way {
        let Some(inner) = target.get_field_mut(step).as_message_mut() else { return };
        target = inner;
    }
    if field.is_map() {
        return decoder.report.wrong("is an object and must stand in the body");
    }
    if let Some(other) = decode::set_sibling(target, field) {
        return decoder.report.wrong(format!("must not stand beside {other}"));
    }
    let kind = field.kind();
    let json = match &kind {
        Kind::Message(descriptor) => wkt::from_text(descriptor, text),
        Kind::Enum(_) => text.parse::<i32>().map_or_else(|_| Json::String(text.to_owned()), Json::from),
        _ => scalar::from_text(&kind, text),
    };
    let Some(value) = decoder.single(&kind, json) else { return };
    if field.is_list() {
        if let Some(list) = target.get_field_mut(field).as_list_mut() {
            list.push(value);
        }
    } else {
        target.set_field(field, value);
    }
}

/// `context.code`
pub(crate) fn dotted(fields: &[FieldDescriptor]) -> String {
    fields.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
}
