//! What a change must leave as it is. The wire knows fields by number and JSON by name, so both stay; names of types
//! and methods are in paths and in CloudEvents types.

use std::collections::BTreeMap;

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use crate::contracts::{Contracts, event_rule, http_bindings, words};

/// One promise.
pub(crate) struct Rule {
    /// Said before each violation.
    pub(crate) name: &'static str,
    /// Says what of the first the second no longer keeps.
    pub(crate) check: fn(&Contracts, &Contracts) -> Vec<String>,
    /// Changes that break it, each once.
    pub(crate) broken_by: &'static [Change],
}

/// A change that breaks a promise.
pub(crate) struct Change {
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
    /// What the violation says, in part.
    pub(crate) report: &'static str,
}

const fn change(before: &'static str, after: &'static str, report: &'static str) -> Change {
    Change { before, after, report }
}

/// A service with one RPC of the given signature and options, and messages to choose from.
macro_rules! rpc {
    ($signature:expr, $options:expr) => {
        concat!(
            "service SampleService { rpc ", $signature, " {", $options, "} }",
            "message GetRequest { string name = 1; } message GetResponse {} message Other { string name = 1; }"
        )
    };
}

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "packages stay",
        check: packages_stay,
        broken_by: &[change(
            r#"syntax = "proto3"; package learnflow.sample.v1;"#,
            r#"syntax = "proto3"; package learnflow.sample.v2;"#,
            "learnflow/sample/v1/sample.proto was learnflow.sample.v1, is learnflow.sample.v2",
        )],
    },
    Rule {
        name: "messages stay",
        check: messages_stay,
        broken_by: &[
            change("message Sample {}", "", "learnflow.sample.v1.Sample is gone"),
            change("message Sample { message Inner {} }", "message Sample {}", "Sample.Inner is gone"),
        ],
    },
    Rule {
        name: "fields stay",
        check: fields_stay,
        broken_by: &[
            change("message Sample { string name = 1; }", "message Sample {}", "Sample.name = 1 is gone"),
            change(
                "message Sample { string name = 1; }",
                "message Sample { reserved 1; reserved \"name\"; }",
                "Sample.name = 1 is gone",
            ),
            change("message Sample { string name = 1; }", "message Sample { string title = 1; }", "is title"),
            change(
                "message Sample { string name = 1; }",
                "message Sample { string name = 2; }",
                "Sample.name = 1 is gone",
            ),
            change(
                "message Sample { string name = 1; }",
                "message Sample { bytes name = 1; }",
                "was string, is bytes",
            ),
            change(
                "message Sample { string name = 1; }",
                "message Sample { repeated string name = 1; }",
                "was string, is repeated string",
            ),
            change(
                "message Sample { string name = 1; }",
                "message Sample { optional string name = 1; }",
                "was string, is optional string",
            ),
            change(
                "message Sample { string name = 1; }",
                "message Sample { oneof kind { string name = 1; } }",
                "was string, is string in oneof kind",
            ),
            change(
                "message Sample { map<string, int32> sizes = 1; }",
                "message Sample { map<string, int64> sizes = 1; }",
                "was map<string, int32>, is map<string, int64>",
            ),
            change(
                "message Sample { learnflow.common.v1.Difficulty kind = 1; }",
                "message Sample { learnflow.common.v1.AgentType kind = 1; }",
                "was learnflow.common.v1.Difficulty, is learnflow.common.v1.AgentType",
            ),
            change(
                "message Sample { string name = 1; }",
                "message Sample { string name = 1 [json_name = \"title\"]; }",
                "is title in JSON",
            ),
        ],
    },
    Rule {
        name: "enum values stay",
        check: enum_values_stay,
        broken_by: &[
            change("enum Kind { KIND_UNSPECIFIED = 0; }", "", "learnflow.sample.v1.Kind is gone"),
            change(
                "enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = 1; }",
                "enum Kind { KIND_UNSPECIFIED = 0; }",
                "KIND_BIG = 1 is gone",
            ),
            change(
                "enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = 1; }",
                "enum Kind { KIND_UNSPECIFIED = 0; KIND_LARGE = 1; }",
                "KIND_BIG = 1 is KIND_LARGE",
            ),
            change(
                "enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = 1; }",
                "enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = 1 [(learnflow.api.v1.label) = \"large\"]; }",
                "KIND_BIG is no longer \"big\" in JSON",
            ),
            change(
                "enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = 1 [(learnflow.api.v1.aliases) = \"large\"]; }",
                "enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = 1; }",
                "KIND_BIG no longer accepts \"large\"",
            ),
        ],
    },
    Rule {
        name: "RPCs stay",
        check: rpcs_stay,
        broken_by: &[
            change("service SampleService {}", "", "learnflow.sample.v1.SampleService is gone"),
            change(
                rpc!("Get(GetRequest) returns (GetResponse)", ""),
                "service SampleService {} message GetRequest {} message GetResponse {} message Other {}",
                "SampleService.Get is gone",
            ),
            change(
                rpc!("Get(GetRequest) returns (GetResponse)", ""),
                rpc!("Get(Other) returns (GetResponse)", ""),
                "(learnflow.sample.v1.Other) returns",
            ),
            change(
                rpc!("Get(GetRequest) returns (GetResponse)", ""),
                rpc!("Get(GetRequest) returns (Other)", ""),
                "returns (learnflow.sample.v1.Other)",
            ),
            change(
                rpc!("Get(GetRequest) returns (GetResponse)", ""),
                rpc!("Get(GetRequest) returns (stream GetResponse)", ""),
                "returns (stream learnflow.sample.v1.GetResponse)",
            ),
            change(
                rpc!("Get(GetRequest) returns (GetResponse)", ""),
                rpc!("Get(stream GetRequest) returns (GetResponse)", ""),
                "(stream learnflow.sample.v1.GetRequest)",
            ),
        ],
    },
    Rule {
        name: "HTTP forms stay",
        check: http_forms_stay,
        broken_by: &[
            change(
                rpc!(
                    "Get(GetRequest) returns (GetResponse)",
                    r#"option (google.api.http) = {get: "/api/v1/a"};"#
                ),
                rpc!(
                    "Get(GetRequest) returns (GetResponse)",
                    r#"option (google.api.http) = {get: "/api/v1/b"};"#
                ),
                "GET /api/v1/a",
            ),
            change(
                rpc!(
                    "Get(GetRequest) returns (GetResponse)",
                    r#"option (google.api.http) = {get: "/api/v1/a" additional_bindings: {get: "/api/v1/b"}};"#
                ),
                rpc!(
                    "Get(GetRequest) returns (GetResponse)",
                    r#"option (google.api.http) = {get: "/api/v1/a"};"#
                ),
                "GET /api/v1/b",
            ),
            change(
                rpc!(
                    "Get(GetRequest) returns (GetResponse)",
                    r#"option (google.api.http) = {post: "/api/v1/a" body: "*"};"#
                ),
                rpc!(
                    "Get(GetRequest) returns (GetResponse)",
                    r#"option (google.api.http) = {post: "/api/v1/a"};"#
                ),
                "POST /api/v1/a",
            ),
        ],
    },
    Rule {
        name: "events stay",
        check: events_stay,
        broken_by: &[
            change(
                r#"message Taken { option (learnflow.api.v1.event) = {topic: "a.b" key_field: "id"}; string id = 1; }"#,
                r#"message Taken { option (learnflow.api.v1.event) = {topic: "a.c" key_field: "id"}; string id = 1; }"#,
                "learnflow.sample.v1.Taken was on a.b by id, is on a.c by id",
            ),
            change(
                r#"message Taken { option (learnflow.api.v1.event) = {topic: "a.b" key_field: "id"}; string id = 1; }"#,
                "message Taken { string id = 1; }",
                "learnflow.sample.v1.Taken was on a.b by id, is no event",
            ),
            change(
                r#"message Taken { option (learnflow.api.v1.event) = {topic: "a.b" key_field: "id"}; string id = 1; }"#,
                r#"message Given { option (learnflow.api.v1.event) = {topic: "a.b" key_field: "id"}; string id = 1; }"#,
                "learnflow.sample.v1.Taken was on a.b by id, is no event",
            ),
        ],
    },
];

fn packages_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
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

fn messages_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
    let now = by_name(new);
    let gone = by_name(old).into_keys().filter(|name| !now.contains_key(name));
    gone.map(|name| format!("{name} is gone")).collect()
}

fn fields_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
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

fn enum_values_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
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

fn rpcs_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
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

fn http_forms_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
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

fn events_stay(old: &Contracts, new: &Contracts) -> Vec<String> {
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
