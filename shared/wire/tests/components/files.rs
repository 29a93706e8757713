//! The files of `components/`, as text and as YAML, and copies of them that are changed for a purpose.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize as _;
use serde_yaml_ng::Value;

/// The folders, each a variant of the same resources.
pub(crate) const VARIANTS: [&str; 2] = ["local", "kubernetes"];

/// Every file by its path below `components/`, such as `local/pubsub.yaml`.
#[derive(Clone, Debug)]
pub(crate) struct Files(BTreeMap<String, String>);

/// A change to the real files that breaks a rule.
#[derive(Debug)]
pub(crate) struct Breach {
    /// Which file.
    pub(crate) file: &'static str,
    /// What it does to it.
    pub(crate) change: Change,
    /// What the violation says, in part.
    pub(crate) report: &'static str,
}

/// What is done to a file.
#[derive(Debug)]
pub(crate) enum Change {
    /// Some text, which must be there, becomes another wherever it is.
    Replace(&'static str, &'static str),
    /// The file goes.
    Remove,
    /// The file becomes a copy of another one, with some text replaced.
    Copy(&'static str, &'static str, &'static str),
}

/// A breach by other words in a file.
pub(crate) const fn replace(
    file: &'static str,
    from: &'static str,
    to: &'static str,
    report: &'static str,
) -> Breach {
    Breach { file, change: Change::Replace(from, to), report }
}

/// A resource of Dapr.
#[derive(Clone, Debug)]
pub(crate) struct Resource<'a> {
    /// The file, such as `local/pubsub.yaml`.
    pub(crate) file: &'a str,
    /// The whole document.
    pub(crate) value: Value,
}

impl Files {
    /// The real ones.
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../components");
        let mut files = BTreeMap::new();
        let text = |path: &Path| std::fs::read_to_string(path).expect("components/ can be read");
        files.insert("topics.yaml".to_owned(), text(&root.join("topics.yaml")));
        for variant in VARIANTS {
            for entry in std::fs::read_dir(root.join(variant)).expect("the folder is there") {
                let path = entry.expect("the folder can be read").path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.insert(format!("{variant}/{name}"), text(&path));
            }
        }
        Self(files)
    }

    /// A copy with one change.
    pub(crate) fn changed(mut self, breach: &Breach) -> Self {
        let file = breach.file;
        match breach.change {
            Change::Replace(from, to) => {
                let text = self.0.get_mut(file).unwrap_or_else(|| panic!("{file} is not there"));
                assert!(text.contains(from), "{file} has no {from:?} to replace");
                *text = text.replace(from, to);
            }
            Change::Remove => {
                self.0.remove(file).unwrap_or_else(|| panic!("{file} is not there"));
            }
            Change::Copy(of, from, to) => {
                let text = self.text(of).to_owned();
                assert!(text.contains(from), "{of} has no {from:?} to replace");
                self.0.insert(file.to_owned(), text.replace(from, to));
            }
        }
        self
    }

    /// A file's text; empty for none.
    pub(crate) fn text(&self, file: &str) -> &str {
        self.0.get(file).map_or("", String::as_str)
    }

    /// The names of a variant's files.
    pub(crate) fn names(&self, variant: &str) -> Vec<&str> {
        let names = self.0.keys().filter_map(|file| file.strip_prefix(variant)?.strip_prefix('/'));
        names.collect()
    }

    /// A variant's resources of one kind.
    pub(crate) fn resources(&self, variant: &str, kind: &str) -> Vec<Resource<'_>> {
        let mut resources = Vec::new();
        for (file, text) in self.0.iter().filter(|(file, _)| file.starts_with(&format!("{variant}/"))) {
            for document in serde_yaml_ng::Deserializer::from_str(text) {
                let value = Value::deserialize(document).unwrap_or_else(|error| panic!("{file}: {error}"));
                if value["kind"] == kind {
                    resources.push(Resource { file, value });
                }
            }
        }
        resources
    }
}

impl Resource<'_> {
    /// `metadata.name`.
    pub(crate) fn name(&self) -> &str {
        self.value["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// `spec.type` of a component.
    pub(crate) fn kind(&self) -> &str {
        self.value["spec"]["type"].as_str().unwrap_or_default()
    }

    /// A setting of a component; `None` for one that is not there or refers to a secret.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        let settings = self.value["spec"]["metadata"].as_sequence()?;
        settings.iter().find(|setting| setting["name"] == name)?["value"].as_str()
    }

    /// The app-ids that it is for; empty for everyone.
    pub(crate) fn scopes(&self) -> Vec<&str> {
        let scopes = self.value["scopes"].as_sequence().into_iter().flatten();
        scopes.filter_map(Value::as_str).collect()
    }
}
