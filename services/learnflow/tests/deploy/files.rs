//! The files under `deploy/`, as text that can be spoilt.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_yaml_ng::Value;

const NAMES: [&str; 6] = [
    "compose.yaml",
    "name-resolution.yaml",
    ".env.example",
    "postgres/roles.sh",
    "Dockerfile",
    "Dockerfile.dockerignore",
];

/// The text of each file, by its name below `deploy/`.
pub(crate) struct Files(BTreeMap<&'static str, String>);

impl Files {
    pub(crate) fn read() -> Self {
        Self(NAMES.into_iter().map(|name| (name, read(&format!("deploy/{name}")))).collect())
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        &self.0[name]
    }

    /// A YAML file, with its `<<` merged.
    pub(crate) fn yaml(&self, name: &str) -> Value {
        let mut value: Value = serde_yaml_ng::from_str(self.text(name)).expect("YAML");
        value.apply_merge().expect("what is merged is a map");
        value
    }

    pub(crate) fn replace(&mut self, name: &str, from: &str, to: &str) {
        let text = self.0.get_mut(name).expect("one of the files");
        assert!(text.contains(from), "{name} has no {from:?} any more");
        *text = text.replace(from, to);
    }
}

/// The top of the repository.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A list of texts; empty when there is none.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    let list = value.as_sequence().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A map of texts; empty when there is none.
pub(crate) fn text_map(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_mapping().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.as_str()?.to_owned()))).collect()
}
