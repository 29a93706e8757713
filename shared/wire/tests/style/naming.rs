//! Names of packages, files and everything in them.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::Syntax;

use crate::contracts::{Contracts, upper_snake, words};
use crate::rule::{Breach, Rule, breach};

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "PACKAGE_DIRECTORY_MATCH",
        check: packages_are_directories,
        broken_by: &[Breach {
            path: "learnflow/elsewhere/v1/sample.proto",
            source: "message Sample {}",
            report: "learnflow/elsewhere/v1/sample.proto has package learnflow.sample.v1",
        }],
    },
    Rule {
        name: "PACKAGE_VERSION_SUFFIX",
        check: packages_have_a_version,
        broken_by: &[
            Breach {
                path: "learnflow/sample/sample.proto",
                source: r#"syntax = "proto3"; package learnflow.sample;"#,
                report: "learnflow.sample",
            },
            Breach {
                path: "learnflow/sample/vnext/sample.proto",
                source: r#"syntax = "proto3"; package learnflow.sample.vnext;"#,
                report: "learnflow.sample.vnext",
            },
        ],
    },
    Rule {
        name: "FILE_LOWER_SNAKE_CASE",
        check: files_are_lower_snake,
        broken_by: &[Breach {
            path: "learnflow/sample/v1/mySample.proto",
            source: "message Sample {}",
            report: "mySample.proto",
        }],
    },
    Rule {
        name: "SYNTAX_SPECIFIED",
        check: files_are_proto3,
        broken_by: &[breach(r#"syntax = "proto2"; package learnflow.sample.v1;"#, "sample.proto")],
    },
    Rule {
        name: "PASCAL_CASE",
        check: types_are_upper_camel,
        broken_by: &[
            breach("message my_sample {}", "learnflow.sample.v1.my_sample"),
            breach("message Sample { message inner {} }", "learnflow.sample.v1.Sample.inner"),
            breach("enum Sample_Kind { SAMPLE_KIND_UNSPECIFIED = 0; }", "learnflow.sample.v1.Sample_Kind"),
            breach("service sampleService {}", "learnflow.sample.v1.sampleService"),
            breach(
                "service S { rpc get_it(GetRequest) returns (GetResponse); } message GetRequest {} message GetResponse {}",
                "learnflow.sample.v1.S.get_it",
            ),
        ],
    },
    Rule {
        name: "FIELD_LOWER_SNAKE_CASE",
        check: fields_are_lower_snake,
        broken_by: &[
            breach("message Sample { string studentId = 1; }", "learnflow.sample.v1.Sample.studentId"),
            breach("message Sample { string _id = 1; }", "learnflow.sample.v1.Sample._id"),
            breach("message Sample { oneof Kind { string name = 1; } }", "learnflow.sample.v1.Sample.Kind"),
        ],
    },
    Rule {
        name: "ENUM_VALUE_PREFIX",
        check: values_carry_the_enum_name,
        broken_by: &[
            breach("enum SampleKind { SAMPLE_KIND_UNSPECIFIED = 0; BIG = 1; }", "learnflow.sample.v1.BIG"),
            breach(
                "enum SampleKind { SAMPLE_KIND_UNSPECIFIED = 0; SAMPLE_KIND_big = 1; }",
                "learnflow.sample.v1.SAMPLE_KIND_big",
            ),
        ],
    },
    Rule {
        name: "ENUM_ZERO_VALUE_SUFFIX",
        check: zero_is_unspecified,
        broken_by: &[breach(
            "enum SampleKind { SAMPLE_KIND_BIG = 0; }",
            "learnflow.sample.v1.SAMPLE_KIND_BIG",
        )],
    },
    Rule {
        name: "SERVICE_SUFFIX",
        check: services_are_called_service,
        broken_by: &[breach("service Samples {}", "learnflow.sample.v1.Samples")],
    },
    Rule {
        name: "RPC_STANDARD_NAME",
        check: rpcs_name_their_messages,
        broken_by: &[
            breach(
                "service SampleService { rpc Get(Sample) returns (GetResponse); } message Sample {} message GetResponse {}",
                "takes learnflow.sample.v1.Sample",
            ),
            breach(
                "service SampleService { rpc Get(GetRequest) returns (Sample); } message Sample {} message GetRequest {}",
                "answers learnflow.sample.v1.Sample",
            ),
        ],
    },
    Rule {
        name: "RPC_REQUEST_RESPONSE_UNIQUE",
        check: rpc_messages_are_unique,
        broken_by: &[breach(
            "service ReadService { rpc Get(GetRequest) returns (GetResponse); }
             service WriteService { rpc Get(GetRequest) returns (GetAnswer); }
             message GetRequest {} message GetResponse {} message GetAnswer {}",
            "learnflow.sample.v1.GetRequest",
        )],
    },
    Rule {
        name: "ENUM_WORDS_UNIQUE",
        check: words_mean_one_value,
        broken_by: &[breach(
            r#"enum SampleKind {
                 SAMPLE_KIND_UNSPECIFIED = 0;
                 SAMPLE_KIND_BIG = 1;
                 SAMPLE_KIND_LARGE = 2 [(learnflow.api.v1.aliases) = "big"];
               }"#,
            "\"big\"",
        )],
    },
];

fn packages_are_directories(contracts: &Contracts) -> Vec<String> {
    let wrong = contracts.files().filter(|file| {
        let directory = file.name().rsplit_once('/').map_or("", |(directory, _)| directory);
        directory.replace('/', ".") != file.package_name()
    });
    wrong.map(|file| format!("{} has package {}", file.name(), file.package_name())).collect()
}

fn packages_have_a_version(contracts: &Contracts) -> Vec<String> {
    let packages: BTreeSet<String> = contracts.files().map(|file| file.package_name().to_owned()).collect();
    packages.into_iter().filter(|package| !has_version(package)).collect()
}

fn has_version(package: &str) -> bool {
    let number = package.rsplit('.').next().and_then(|last| last.strip_prefix('v'));
    number.is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 0))
}

fn files_are_lower_snake(contracts: &Contracts) -> Vec<String> {
    let names = contracts.files().map(|file| file.name().to_owned());
    names
        .filter(|name| {
            let file = name.rsplit('/').next().and_then(|file| file.strip_suffix(".proto"));
            !file.is_some_and(is_lower_snake)
        })
        .collect()
}

fn files_are_proto3(contracts: &Contracts) -> Vec<String> {
    contracts
        .files()
        .filter(|file| file.syntax() != Syntax::Proto3)
        .map(|file| file.name().to_owned())
        .collect()
}

fn types_are_upper_camel(contracts: &Contracts) -> Vec<String> {
    let messages = contracts.messages().map(|each| each.full_name().to_owned());
    let enums = contracts.enums().map(|each| each.full_name().to_owned());
    let services = contracts.services().map(|each| each.full_name().to_owned());
    let methods = contracts.methods().map(|each| each.full_name().to_owned());
    let all = messages.chain(enums).chain(services).chain(methods);
    all.filter(|name| !is_upper_camel(name.rsplit('.').next().unwrap_or_default())).collect()
}

fn fields_are_lower_snake(contracts: &Contracts) -> Vec<String> {
    let mut violations = Vec::new();
    for message in contracts.messages() {
        let fields = message.fields().map(|field| field.full_name().to_owned());
        let oneofs =
            message.oneofs().filter(|oneof| !oneof.is_synthetic()).map(|oneof| oneof.full_name().to_owned());
        let names = fields.chain(oneofs);
        violations.extend(names.filter(|name| !is_lower_snake(name.rsplit('.').next().unwrap_or_default())));
    }
    violations
}

fn values_carry_the_enum_name(contracts: &Contracts) -> Vec<String> {
    let mut violations = Vec::new();
    for each in contracts.enums() {
        let prefix = format!("{}_", upper_snake(each.name()));
        let wrong = each.values().filter(|value| {
            let rest = value.name().strip_prefix(&prefix);
            !rest.is_some_and(|rest| is_lower_snake(&rest.to_lowercase()) && rest == rest.to_uppercase())
        });
        violations.extend(wrong.map(|value| value.full_name().to_owned()));
    }
    violations
}

fn zero_is_unspecified(contracts: &Contracts) -> Vec<String> {
    let zeros = contracts.enums().map(|each| each.default_value());
    zeros
        .filter(|zero| !zero.name().ends_with("_UNSPECIFIED"))
        .map(|zero| zero.full_name().to_owned())
        .collect()
}

fn services_are_called_service(contracts: &Contracts) -> Vec<String> {
    let names = contracts.services().map(|service| service.full_name().to_owned());
    names.filter(|name| !name.ends_with("Service")).collect()
}

fn rpcs_name_their_messages(contracts: &Contracts) -> Vec<String> {
    let mut violations = Vec::new();
    for method in contracts.methods() {
        let (input, output) = (method.input(), method.output());
        let package = method.parent_service().package_name().to_owned();
        if input.full_name() != format!("{package}.{}Request", method.name()) {
            violations.push(format!("{} takes {}", method.full_name(), input.full_name()));
        }
        if output.full_name() != format!("{package}.{}Response", method.name()) {
            violations.push(format!("{} answers {}", method.full_name(), output.full_name()));
        }
    }
    violations
}

fn rpc_messages_are_unique(contracts: &Contracts) -> Vec<String> {
    let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for method in contracts.methods() {
        for message in [method.input(), method.output()] {
            uses.entry(message.full_name().to_owned()).or_default().push(method.full_name().to_owned());
        }
    }
    uses.retain(|_, methods| methods.len() > 1);
    uses.into_iter()
        .map(|(message, methods)| format!("{message} belongs to {}", methods.join(" and ")))
        .collect()
}

fn words_mean_one_value(contracts: &Contracts) -> Vec<String> {
    let mut violations = Vec::new();
    for each in contracts.enums() {
        let mut seen = BTreeSet::new();
        for word in each.values().flat_map(|value| words(&value)) {
            if !seen.insert(word.to_lowercase()) {
                violations.push(format!("{}: {word:?} stands for more than one value", each.full_name()));
            }
        }
    }
    violations
}

fn is_lower_snake(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

fn is_upper_camel(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}
