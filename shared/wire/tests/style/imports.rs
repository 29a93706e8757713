//! Imports are used, and never those of another service.

use std::collections::BTreeSet;

use prost_reflect::{DynamicMessage, FileDescriptor, Kind};

use crate::contracts::Contracts;
use crate::rule::{Rule, breach};

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "IMPORT_USED",
        check: imports_are_used,
        broken_by: &[breach(
            r#"syntax = "proto3"; package learnflow.sample.v1;
               import "google/protobuf/timestamp.proto"; import "learnflow/common/v1/common.proto";
               message Sample { learnflow.common.v1.Difficulty difficulty = 1; }"#,
            "learnflow/sample/v1/sample.proto imports google/protobuf/timestamp.proto",
        )],
    },
    Rule {
        name: "IMPORT_SHARED",
        check: imports_are_shared,
        broken_by: &[breach(
            r#"syntax = "proto3"; package learnflow.sample.v1;
               import "learnflow/triage/v1/triage.proto";
               message Sample { learnflow.triage.v1.Route route = 1; }"#,
            "learnflow/sample/v1/sample.proto imports learnflow/triage/v1/triage.proto",
        )],
    },
];

/// The packages that every contract may import.
const SHARED: [&str; 4] = ["google.api", "google.protobuf", "learnflow.api.v1", "learnflow.common.v1"];

fn imports_are_shared(contracts: &Contracts) -> Vec<String> {
    let mut violations = Vec::new();
    for file in contracts.files() {
        let own = file.package_name();
        let foreign = file
            .dependencies()
            .filter(|import| import.package_name() != own && !SHARED.contains(&import.package_name()));
        violations.extend(foreign.map(|import| format!("{} imports {}", file.name(), import.name())));
    }
    violations
}

fn imports_are_used(contracts: &Contracts) -> Vec<String> {
    let mut violations = Vec::new();
    for file in contracts.files() {
        let used = used_files(contracts, &file);
        let unused = file.dependencies().filter(|import| !used.contains(import.name()));
        violations
            .extend(unused.map(|import| format!("{} imports {} for nothing", file.name(), import.name())));
    }
    violations
}

/// The names of the files that `file` needs: for its fields, its RPCs, its extensions and its options.
fn used_files(contracts: &Contracts, file: &FileDescriptor) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for message in contracts.messages().filter(|message| message.parent_file() == *file) {
        options(&mut used, &message.options());
        for field in message.fields() {
            options(&mut used, &field.options());
            kind(&mut used, &field.kind());
            if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
                kind(&mut used, &entry.map_entry_value_field().kind());
            }
        }
    }
    for each in contracts.enums().filter(|each| each.parent_file() == *file) {
        options(&mut used, &each.options());
        each.values().for_each(|value| options(&mut used, &value.options()));
    }
    for service in contracts.services().filter(|service| service.parent_file() == *file) {
        options(&mut used, &service.options());
        for method in service.methods() {
            options(&mut used, &method.options());
            used.insert(method.input().parent_file().name().to_owned());
            used.insert(method.output().parent_file().name().to_owned());
        }
    }
    for extension in file.extensions() {
        used.insert(extension.containing_message().parent_file().name().to_owned());
        kind(&mut used, &extension.kind());
    }
    options(&mut used, &file.options());
    used
}

fn kind(used: &mut BTreeSet<String>, kind: &Kind) {
    match kind {
        Kind::Message(message) => used.insert(message.parent_file().name().to_owned()),
        Kind::Enum(each) => used.insert(each.parent_file().name().to_owned()),
        _ => false,
    };
}

fn options(used: &mut BTreeSet<String>, options: &DynamicMessage) {
    used.extend(options.extensions().map(|(extension, _)| extension.parent_file().name().to_owned()));
}
