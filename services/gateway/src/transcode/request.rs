//! HTTP request → message: the body first, then the query string, then the path, whose word is the last.

use http::Uri;
use prost_reflect::{DynamicMessage, FieldDescriptor};
use serde_json::Value as Json;

use super::binding::{Binding, BodyRule};
use super::casing::Case;
use super::decode::Decoder;
use super::path::Path;
use super::query::{self, QueryFields};
use super::words::Words;
use crate::refusal::Refusal;

/// The parameter that is the edge's own: which names the answer has.
const CASE: &str = "case";

/// What a request says.
pub(crate) struct Parsed {
    pub(crate) message: DynamicMessage,
    /// The value of `?case=`.
    pub(crate) case: Option<Case>,
}

/// Reads the message of a request; every field that does not fit is named.
pub(crate) fn parse(
    binding: &Binding,
    words: &Words,
    path: &Path<'_>,
    uri: &Uri,
    body: Option<Json>,
) -> Result<Parsed, Refusal> {
    let mut message = DynamicMessage::new(binding.rpc.method.input());
    let mut decoder = Decoder::new(words);
    read_body(binding, &mut decoder, &mut message, body);

    let (controls, mut parameters): (Vec<_>, Vec<_>) =
        query::parameters(uri).into_iter().partition(|(name, _)| name == CASE);
    let mut case = None;
    for (_, value) in &controls {
        case = Case::parse(value);
        if case.is_none() {
            let mark = decoder.report.enter(CASE);
            decoder.report.wrong("must be one of snake, camel");
            decoder.report.leave(mark);
        }
    }
    if binding.body == BodyRule::Message {
        for (name, _) in parameters.drain(..) {
            let mark = decoder.report.enter(&name);
            decoder.report.wrong("must stand in the body, not in the query string");
            decoder.report.leave(mark);
        }
    }
    let taken = taken(binding);
    QueryFields { taken: &taken }.read(&mut decoder, &mut message, &parameters);

    for (variable, fields) in &binding.variables {
        let text = path.capture(variable, binding.template.verb.as_deref());
        let mark = decoder.report.enter(&query::dotted(fields));
        query::set(&mut decoder, &mut message, fields, &text);
        decoder.report.leave(mark);
    }
    decoder.report.finish()?;
    Ok(Parsed { message, case })
}

fn read_body(binding: &Binding, decoder: &mut Decoder<'_>, message: &mut DynamicMessage, body: Option<Json>) {
    match (&binding.body, body) {
        (BodyRule::Nothing, _) | (_, None) => {}
        (BodyRule::Message, Some(Json::Object(object))) => decoder.message(message, object),
        (BodyRule::Message, Some(_)) => decoder.report.wrong("must be an object"),
        (BodyRule::Field(field), Some(json)) => {
            let mark = decoder.report.enter(field.name());
            decoder.fill(message, field, json);
            decoder.report.leave(mark);
        }
    }
}

/// The fields that the query string must not fill.
fn taken(binding: &Binding) -> Vec<Vec<u32>> {
    let numbers = |fields: &[FieldDescriptor]| fields.iter().map(FieldDescriptor::number).collect();
    let mut taken: Vec<Vec<u32>> = binding.variables.iter().map(|(_, fields)| numbers(fields)).collect();
    if let BodyRule::Field(field) = &binding.body {
        taken.push(vec![field.number()]);
    }
    taken
}
