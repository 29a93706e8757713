//! What an RPC says about its callers and its HTTP forms.

use std::collections::BTreeMap;

use learnflow_wire::learnflow::api::v1::Access;
use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor, Value};

use crate::contracts::{Contracts, HttpBinding, extension, http_bindings};
use crate::rule::{Rule, breach};

/// A service with one RPC that has the given options.
macro_rules! rpc {
    ($options:expr) => {
        concat!(
            "service SampleService { rpc Get(GetRequest) returns (GetResponse) {",
            $options,
            "} } message GetRequest { string name = 1; repeated string names = 2; } message GetResponse {}"
        )
    };
}

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "ACCESS_DECLARED",
        check: access_is_declared,
        broken_by: &[
            breach(rpc!(""), "SampleService.Get"),
            breach(rpc!("option (learnflow.api.v1.access) = ACCESS_UNSPECIFIED;"), "SampleService.Get"),
        ],
    },
    Rule {
        name: "STUDENT_NAMED",
        check: students_are_named,
        broken_by: &[breach(
            "service SampleService { rpc Get(GetRequest) returns (GetResponse) {
               option (learnflow.api.v1.access) = ACCESS_STUDENT_SELF;
             } }
             message GetRequest { int32 student_id = 1; } message GetResponse {}",
            "GetRequest has no string student_id",
        )],
    },
    Rule {
        name: "HTTP_PATH",
        check: paths_are_well_formed,
        broken_by: &[
            breach(rpc!(r#"option (google.api.http) = {get: "/v1/samples"};"#), "/v1/samples"),
            breach(rpc!(r#"option (google.api.http) = {get: "/api/v1/mySamples"};"#), "/api/v1/mySamples"),
            breach(rpc!(r#"option (google.api.http) = {get: "/api/v1/samples/"};"#), "/api/v1/samples/"),
            breach(rpc!(r#"option (google.api.http) = {get: "/api/v1/{name=**}"};"#), "/api/v1/{name=**}"),
            breach(
                rpc!(
                    r#"option (google.api.http) = {get: "/api/v1/a" additional_bindings: {get: "/api/b"}};"#
                ),
                "/api/b",
            ),
        ],
    },
    Rule {
        name: "HTTP_VARIABLE",
        check: variables_are_request_fields,
        broken_by: &[
            breach(rpc!(r#"option (google.api.http) = {get: "/api/v1/samples/{colour}"};"#), "colour"),
            breach(rpc!(r#"option (google.api.http) = {get: "/api/v1/samples/{names}"};"#), "names"),
        ],
    },
    Rule {
        name: "HTTP_UNIQUE",
        check: paths_are_unique,
        broken_by: &[breach(
            r#"service SampleService {
                 rpc Get(GetRequest) returns (GetResponse) {
                   option (google.api.http) = {get: "/api/v1/samples/{name}"};
                 }
                 rpc Find(FindRequest) returns (FindResponse) {
                   option (google.api.http) = {get: "/api/v1/samples/{text}"};
                 }
               }
               message GetRequest { string name = 1; } message GetResponse {}
               message FindRequest { string text = 1; } message FindResponse {}"#,
            "GET /api/v1/samples/{} belongs to",
        )],
    },
    Rule {
        name: "HTTP_BODY",
        check: bodies_fit_the_verb,
        broken_by: &[
            breach(rpc!(r#"option (google.api.http) = {get: "/api/v1/samples" body: "*"};"#), "body"),
            breach(rpc!(r#"option (google.api.http) = {post: "/api/v1/samples"};"#), "body"),
            breach(rpc!(r#"option (google.api.http) = {body: "*"};"#), "names no method"),
        ],
    },
    Rule {
        name: "HTTP_UNARY",
        check: streams_have_no_http_form,
        broken_by: &[breach(
            r#"service SampleService { rpc Get(GetRequest) returns (stream GetResponse) {
                 option (google.api.http) = {get: "/api/v1/samples"};
               } }
               message GetRequest {} message GetResponse {}"#,
            "SampleService.Get",
        )],
    },
];

/// Who may call an RPC.
pub(crate) fn access(method: &MethodDescriptor) -> Access {
    let access = extension(&method.options(), "learnflow.api.v1.access");
    let number = access.as_ref().and_then(Value::as_enum_number).unwrap_or_default();
    Access::try_from(number).unwrap_or_default()
}

fn access_is_declared(contracts: &Contracts) -> Vec<String> {
    contracts
        .methods()
        .filter(|method| access(method) == Access::Unspecified)
        .map(|method| method.full_name().to_owned())
        .collect()
}

fn students_are_named(contracts: &Contracts) -> Vec<String> {
    let requests = contracts
        .methods()
        .filter(|method| access(method) == Access::StudentSelf)
        .map(|method| method.input());
    let unnamed = requests.filter(|request| {
        let field = request.get_field_by_name("student_id");
        !field.is_some_and(|field| field.kind() == Kind::String && !field.is_list())
    });
    unnamed.map(|request| format!("{} has no string student_id", request.full_name())).collect()
}

fn paths_are_well_formed(contracts: &Contracts) -> Vec<String> {
    report(contracts, |_, binding| {
        let segments = binding.path.strip_prefix("/api/v1/");
        let good = binding.verb.is_empty() || segments.is_some_and(|rest| rest.split('/').all(is_segment));
        (!good).then(|| "is not made of /api/v1, lower-case words and {fields}".to_owned())
    })
}

fn variables_are_request_fields(contracts: &Contracts) -> Vec<String> {
    report(contracts, |request, binding| {
        let unknown: Vec<&str> = variables(&binding.path).filter(|name| !is_scalar(request, name)).collect();
        (!unknown.is_empty()).then(|| format!("has no such field of one plain value: {}", unknown.join(", ")))
    })
}

fn paths_are_unique(contracts: &Contracts) -> Vec<String> {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for method in contracts.methods() {
        for binding in http_bindings(&method) {
            let blank = |segment| if variable(segment).is_some() { "{}" } else { segment };
            let path: Vec<&str> = binding.path.split('/').map(blank).collect();
            let call = format!("{} {}", binding.verb, path.join("/"));
            owners.entry(call).or_default().push(method.full_name().to_owned());
        }
    }
    owners.retain(|_, methods| methods.len() > 1);
    owners.into_iter().map(|(call, methods)| format!("{call} belongs to {}", methods.join(" and "))).collect()
}

fn bodies_fit_the_verb(contracts: &Contracts) -> Vec<String> {
    report(contracts, |_, binding| match (binding.verb.as_str(), binding.body.as_str()) {
        ("", _) => Some("names no method".to_owned()),
        ("GET" | "DELETE", "") | ("POST" | "PUT" | "PATCH", "*") => None,
        (verb, body) => Some(format!("{verb} with body {body:?}")),
    })
}

fn streams_have_no_http_form(contracts: &Contracts) -> Vec<String> {
    let streams =
        contracts.methods().filter(|method| method.is_client_streaming() || method.is_server_streaming());
    let mapped = streams.filter(|method| !http_bindings(method).is_empty());
    mapped.map(|method| method.full_name().to_owned()).collect()
}

/// What `complaint` has to say about each HTTP form, with the RPC and the path before it.
fn report(
    contracts: &Contracts,
    complaint: impl Fn(&MessageDescriptor, &HttpBinding) -> Option<String>,
) -> Vec<String> {
    let mut violations = Vec::new();
    for method in contracts.methods() {
        let request = method.input();
        for binding in http_bindings(&method) {
            if let Some(complaint) = complaint(&request, &binding) {
                violations.push(format!("{} {}: {complaint}", method.full_name(), binding.path));
            }
        }
    }
    violations
}

fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(variable)
}

fn is_segment(segment: &str) -> bool {
    let name = variable(segment).unwrap_or(segment);
    let word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
    !name.is_empty() && name.chars().all(word)
}

fn is_scalar(request: &MessageDescriptor, name: &str) -> bool {
    let field = request.get_field_by_name(name);
    field.is_some_and(|field| !field.is_list() && !field.is_map() && field.kind().as_message().is_none())
}
