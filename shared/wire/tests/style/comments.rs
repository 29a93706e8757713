//! A reader finds a comment on everything.

use std::collections::BTreeSet;

use prost_reflect::FileDescriptor;

use crate::contracts::Contracts;
use crate::rule::{Rule, breach};

pub(crate) const RULES: &[Rule] = &[Rule {
    name: "COMMENTS",
    check: everything_has_a_comment,
    broken_by: &[
        breach("message Sample {}", "learnflow.sample.v1.Sample"),
        breach("// A sample.\nmessage Sample {\n string name = 1; // Not above.\n}", "Sample.name"),
        breach(
            "// A sample.\nmessage Sample {\n oneof kind {\n // Its name.\n string name = 1;\n }\n}",
            "Sample.kind",
        ),
        breach("// A sample.\nmessage Sample {\n message Inner {}\n}", "Sample.Inner"),
        breach("enum Kind { KIND_UNSPECIFIED = 0; }", "learnflow.sample.v1.Kind"),
        breach(
            "// Kinds.\nenum Kind {\n KIND_UNSPECIFIED = 0;\n KIND_BIG = 1;\n}",
            "learnflow.sample.v1.KIND_BIG",
        ),
        breach("service SampleService {}", "learnflow.sample.v1.SampleService"),
        breach(
            "// Samples.\nservice SampleService {\n rpc Get(GetRequest) returns (GetResponse);\n}
             // Asks.\nmessage GetRequest {}\n// Answers.\nmessage GetResponse {}",
            "learnflow.sample.v1.SampleService.Get",
        ),
    ],
}];

fn everything_has_a_comment(contracts: &Contracts) -> Vec<String> {
    contracts.files().flat_map(|file| missing_in(contracts, &file)).collect()
}

fn missing_in(contracts: &Contracts, file: &FileDescriptor) -> Vec<String> {
    let commented = commented_paths(file);
    let mut missing = Vec::new();
    let mut want = |path: &[i32], name: &str| {
        if !commented.contains(path) {
            missing.push(format!("{name} has no comment"));
        }
    };
    for message in contracts.messages().filter(|message| message.parent_file() == *file) {
        want(message.path(), message.full_name());
        message.fields().for_each(|field| want(field.path(), field.full_name()));
        let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
        oneofs.for_each(|oneof| want(oneof.path(), oneof.full_name()));
    }
    for each in contracts.enums().filter(|each| each.parent_file() == *file) {
        want(each.path(), each.full_name());
        // `_UNSPECIFIED` says it all.
        let values = each.values().filter(|value| value.number() != 0);
        values.for_each(|value| want(value.path(), value.full_name()));
    }
    for service in contracts.services().filter(|service| service.parent_file() == *file) {
        want(service.path(), service.full_name());
        service.methods().for_each(|method| want(method.path(), method.full_name()));
    }
    missing
}

/// The paths, as descriptors have them, of what has a comment above it.
fn commented_paths(file: &FileDescriptor) -> BTreeSet<Vec<i32>> {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    let locations = source.map(|source| source.location.as_slice()).unwrap_or_default();
    locations
        .iter()
        .filter(|location| !location.leading_comments().trim().is_empty())
        .map(|location| location.path.clone())
        .collect()
}
