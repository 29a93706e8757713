//! What a change must leave as it is. The wire knows fields by number and JSON by name, so both stay; names of types
//! and methods are in paths and in CloudEvents types.

use crate::checks;
use crate::contracts::Contracts;

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
        check: checks::packages_stay,
        broken_by: &[change(
            r#"syntax = "proto3"; package learnflow.sample.v1;"#,
            r#"syntax = "proto3"; package learnflow.sample.v2;"#,
            "learnflow/sample/v1/sample.proto was learnflow.sample.v1, is learnflow.sample.v2",
        )],
    },
    Rule {
        name: "messages stay",
        check: checks::messages_stay,
        broken_by: &[
            change("message Sample {}", "", "learnflow.sample.v1.Sample is gone"),
            change("message Sample { message Inner {} }", "message Sample {}", "Sample.Inner is gone"),
        ],
    },
    Rule {
        name: "fields stay",
        check: checks::fields_stay,
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
        check: checks::enum_values_stay,
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
        check: checks::rpcs_stay,
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
        check: checks::http_forms_stay,
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
        check: checks::events_stay,
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
