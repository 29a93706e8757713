//! How each promise is checked: what of `old` does `new` no longer keep?

use std::collections::BTreeMap;

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use crate::contracts::{Contracts, event_rule, http_bindings, words};

pub(crate) fn packages_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
    let now: BTreeMap<String, String> =
        new.files().map(|file| (file.name().to_owned(), file.package_name().to_owned())).collect();
    let moved =
        old.files().filter(|file| now.get(file.name()).is_some_and(|package| package != file.package_name()));
    moved
        .map(|file| format!("{} was {}, is {}", file.name(), file.package_name(), now[file.name()]))
        .collect()
}

fn by_name(contracts: &Contracts) -> BTreeMap<String, MessageDescriptor> {
    contracts.messages().map(|message| (message.full_name().to_owned(), message)).collect()
}

pub(crate) fn messages_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
    let now = by_name(new);
    let gone = by_name(old).into_keys().filter(|name| !now.contains_key(name));
    gone.map(|name| format!("{name} is gone")).collect()
}

pub(crate) fn fields_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
    let now = by_name(new);
    let mut violations = Vec::new();
    for message in old.messages() {
        // A message that is gone is reported as such.
        let Some(now) = now.get(message.full_name()) else { continue };
        for field in message.fields() {
            let name = format!("{} = {}", field.full_name(), field.number());
            let Some(now) = now.get_field(field.number()) else {
                violations.push(format!("{name} is gone"));
                continue;
            };
            if now.name() != field.name() {
                violations.push(format!("{name} is {}", now.name()));
            } else if now.json_name() != field.json_name() {
                violations.push(format!("{name} is {} in JSON", now.json_name()));
            }
            let (was, is) = (shape(&field), shape(&now));
            if was != is {
                violations.push(format!("{name} was {was}, is {is}"));
            }
        }
    }
    violations
}

/// What a field is, but for its name and number.
fn shape(field: &FieldDescriptor) -> String {
    let kind = kind_name(&field.kind());
    let oneof = field.containing_oneof();
    match (field.cardinality(), oneof) {
        (Cardinality::Repeated, _) if field.is_map() => kind,
        (Cardinality::Repeated, _) => format!("repeated {kind}"),
        (_, Some(oneof)) if oneof.is_synthetic() => format!("optional {kind}"),
        (_, Some(oneof)) => format!("{kind} in oneof {}", oneof.name()),
        (_, None) => kind,
    }
}

fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(entry) if entry.is_map_entry() => {
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            format!("map<{}, {}>", kind_name(&key.kind()), kind_name(&value.kind()))
        }
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(each) => each.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    }
}

pub(crate) fn enum_values_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
    let now: BTreeMap<String, _> = new.enums().map(|each| (each.full_name().to_owned(), each)).collect();
    let mut violations = Vec::new();
    for each in old.enums() {
        let Some(now) = now.get(each.full_name()) else {
            violations.push(format!("{} is gone", each.full_name()));
            continue;
        };
        for value in each.values() {
            let name = format!("{} = {}", value.full_name(), value.number());
            let Some(now) = now.get_value(value.number()) else {
                violations.push(format!("{name} is gone"));
                continue;
            };
            if now.name() != value.name() {
                violations.push(format!("{name} is {}", now.name()));
                continue;
            }
            let (was, is) = (words(&value), words(&now));
            if was[0] != is[0] {
                violations.push(format!("{} is no longer {:?} in JSON", value.full_name(), was[0]));
            }
            let lost = was[1..].iter().filter(|word| !is.contains(word));
            violations.extend(lost.map(|word| format!("{} no longer accepts {word:?}", value.full_name())));
        }
    }
    violations
}

fn rpcs_by_name(contracts: &Contracts) -> BTreeMap<String, MethodDescriptor> {
    contracts.methods().map(|method| (method.full_name().to_owned(), method)).collect()
}

pub(crate) fn rpcs_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
    let (services, methods) = (new.services().collect::<Vec<_>>(), rpcs_by_name(new));
    let mut violations = Vec::new();
    for service in old.services() {
        if !services.iter().any(|now| now.full_name() == service.full_name()) {
            violations.push(format!("{} is gone", service.full_name()));
            continue;
        }
        for method in service.methods() {
            let was = signature(&method);
            let is = methods.get(method.full_name()).map(signature);
            if is.as_ref() == Some(&was) {
                continue;
            }
            let fate = is.map_or_else(|| "is gone".to_owned(), |is| format!("was {was}, is {is}"));
            violations.push(format!("{} {fate}", method.full_name()));
        }
    }
    violations
}

/// `(stream a.Request) returns (a.Response)`.
fn signature(method: &MethodDescriptor) -> String {
    let stream = |streaming: bool| if streaming { "stream " } else { "" };
    format!(
        "({}{}) returns ({}{})",
        stream(method.is_client_streaming()),
        method.input().full_name(),
        stream(method.is_server_streaming()),
        method.output().full_name(),
    )
}

pub(crate) fn http_forms_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
    let methods = rpcs_by_name(new);
    let mut violations = Vec::new();
    for method in old.methods() {
        let Some(now) = methods.get(method.full_name()).map(http_bindings) else { continue };
        let lost = http_bindings(&method).into_iter().filter(|binding| !now.contains(binding));
        violations.extend(lost.map(|binding| {
            format!(
                "{} is no longer {} {} with body {:?}",
                method.full_name(),
                binding.verb,
                binding.path,
                binding.body
            )
        }));
    }
    violations
}

pub(crate) fn events_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
    let now = by_name(new);
    let place = |message: &MessageDescriptor| {
        event_rule(message).map(|rule| format!("on {} by {}", rule.topic, rule.key_field))
    };
    let mut violations = Vec::new();
    for message in old.messages() {
        let Some(was) = place(&message) else { continue };
        let is = now.get(message.full_name()).and_then(place).unwrap_or_else(|| "no event".to_owned());
        if was != is {
            violations.push(format!("{} was {was}, is {is}", message.full_name()));
        }
    }
    violations
}
