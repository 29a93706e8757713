//! What the code says, of which the deployment speaks: keys, versions, roles, topics.

use std::collections::BTreeSet;
use std::path::Path;

use learnflow::Role;
use serde_yaml_ng::Value;

use crate::files::{folder, read};

/// The role of the sidecars' state store.
const STATE_ROLE: &str = "dapr_state";

pub(crate) struct Facts {
    /// Keys that some `Reader` is asked for.
    pub(crate) app_keys: BTreeSet<String>,
    /// Keys that the components refer to.
    pub(crate) component_keys: BTreeSet<String>,
    /// Of `scripts/tools/daprd`, such as `1.18.3`.
    pub(crate) daprd: String,
    /// Of `scripts/tools/kafka`, such as `4.1.1`.
    pub(crate) kafka: String,
    /// Of `rust-toolchain.toml`, such as `1.95.0`.
    pub(crate) toolchain: String,
    /// Folders and files that the workspace is built from.
    pub(crate) build_inputs: BTreeSet<String>,
}

impl Facts {
    pub(crate) fn read() -> Self {
        let mut app_keys = BTreeSet::new();
        for top in ["services", "shared"] {
            keys_below(&folder().join(top), &mut app_keys);
        }
        assert!(app_keys.contains("DATABASE_URL") && app_keys.contains("LEARNFLOW_LISTEN"), "{app_keys:?}");
        let go = read("scripts/tools/daprd/go.mod");
        Self {
            app_keys,
            component_keys: component_keys(),
            daprd: after(&go, "github.com/dapr/dapr v").to_owned(),
            kafka: after(&read("scripts/tools/kafka/pom.xml"), "<kafka.version>").to_owned(),
            toolchain: after(&read("rust-toolchain.toml"), "channel = \"").to_owned(),
            build_inputs: build_inputs(),
        }
    }
}

/// A service's PostgreSQL role, if it has a database: all but the edge do.
pub(crate) fn database_role(role: Role) -> Option<String> {
    role.has_app_channel().then(|| role.app_id().replace('-', "_"))
}

/// Every PostgreSQL role there must be.
pub(crate) fn database_roles() -> BTreeSet<String> {
    Role::ALL.into_iter().filter_map(database_role).chain([STATE_ROLE.to_owned()]).collect()
}

/// `name partitions retention-in-ms` of each topic and each dead-letter topic.
pub(crate) fn topics() -> Vec<String> {
    let file: Value = serde_yaml_ng::from_str(&read("components/topics.yaml")).expect("YAML");
    let size = |entry: &Value| {
        let number = |key: &str| entry[key].as_u64().expect("a number");
        format!("{} {}", number("partitions"), number("retention_days") * 86_400_000)
    };
    let mut lines = Vec::new();
    for topic in file["topics"].as_sequence().expect("a list") {
        let name = topic["name"].as_str().expect("a name");
        lines.push(format!("{name} {}", size(topic)));
        for consumer in topic["consumers"].as_sequence().expect("a list") {
            let consumer = consumer.as_str().expect("an app-id");
            lines.push(format!("{name}.{consumer}.dlq {}", size(&file["dead_letters"])));
        }
    }
    lines
}

/// The keys of `reader.or("KEY", …)` and its sisters, in every source below `folder`.
fn keys_below(folder: &Path, keys: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            keys_below(&path, keys);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            for method in [".or(", ".optional(", ".required(", ".millis("] {
                let arguments = text.split(method).skip(1);
                let literals =
                    arguments.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
                keys.extend(literals.filter(|literal| is_key(literal)).map(str::to_owned));
            }
        }
    }
}

/// Samples in tests, such as PORT, are not keys of ours.
fn is_key(text: &str) -> bool {
    text == "DATABASE_URL" || ["LEARNFLOW_", "DAPR_", "OTEL_"].iter().any(|prefix| text.starts_with(prefix))
}

fn component_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for entry in std::fs::read_dir(folder().join("components/local")).expect("a folder") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("UTF-8");
        let component: Value = serde_yaml_ng::from_str(&text).expect("YAML");
        let items = component["spec"]["metadata"].as_sequence().map(Vec::as_slice).unwrap_or_default();
        keys.extend(items.iter().filter_map(|item| item["secretKeyRef"]["key"].as_str()).map(str::to_owned));
    }
    assert!(!keys.is_empty());
    keys
}

/// The first part of each member's path, and what Cargo and the one build.rs read beside the members.
fn build_inputs() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let members = after_until(&manifest, "members = [", "]");
    let tops = members.split('"').skip(1).step_by(2).filter_map(|member| member.split('/').next());
    let beside = [".cargo", ".sqlx", "Cargo.lock", "Cargo.toml", "build.rs", "proto"];
    tops.chain(beside).map(str::to_owned).collect()
}

/// What follows `mark`, up to the end of a word.
pub(crate) fn after<'text>(text: &'text str, mark: &str) -> &'text str {
    let rest = text.split_once(mark).map_or("", |(_, rest)| rest);
    rest.split(['<', '"', ' ', '\n']).next().unwrap_or_default()
}

/// What stands between `mark` and `end`.
pub(crate) fn after_until<'text>(text: &'text str, mark: &str, end: &str) -> &'text str {
    let rest = text.split_once(mark).map_or("", |(_, rest)| rest);
    rest.split(end).next().unwrap_or_default()
}
