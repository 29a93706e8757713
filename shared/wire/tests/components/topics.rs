//! What `components/topics.yaml` says, and what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use learnflow_events::dead_letter_topic;
use serde::Deserialize;

use crate::files::Files;

/// Topics by app-id.
pub(crate) type ByApp = BTreeMap<String, BTreeSet<String>>;

/// The list of topics.
#[derive(Debug, Deserialize)]
pub(crate) struct Topics {
    topics: Vec<Topic>,
}

/// One topic.
#[derive(Debug, Deserialize)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) publishers: BTreeSet<String>,
    pub(crate) consumers: BTreeSet<String>,
    #[serde(default)]
    pub(crate) live: BTreeSet<String>,
}

impl Topics {
    pub(crate) fn of(files: &Files) -> Self {
        serde_yaml_ng::from_str(files.text("topics.yaml")).expect("topics.yaml has a list of topics")
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Topic> {
        self.topics.iter()
    }

    /// Each topic and each dead-letter topic.
    pub(crate) fn all(&self) -> BTreeSet<String> {
        let own = self.iter().map(|topic| topic.name.clone());
        own.chain(self.iter().flat_map(|topic| topic.dead_letters().map(|(_, letters)| letters))).collect()
    }

    /// What each app may publish: its topics, and the dead letters of what it consumes.
    pub(crate) fn published(&self) -> ByApp {
        let mut published = everyone();
        for topic in self.iter() {
            for app in &topic.publishers {
                published.entry(app.clone()).or_default().insert(topic.name.clone());
            }
            for (app, letters) in topic.dead_letters() {
                published.entry(app).or_default().insert(letters);
            }
        }
        published
    }

    /// What each app reads in its own consumer group.
    pub(crate) fn consumed(&self) -> ByApp {
        let mut consumed = everyone();
        for topic in self.iter() {
            for app in &topic.consumers {
                consumed.entry(app.clone()).or_default().insert(topic.name.clone());
            }
        }
        consumed
    }

    /// What every replica of an app reads.
    pub(crate) fn live(&self) -> ByApp {
        let mut live = ByApp::new();
        for topic in self.iter() {
            for app in &topic.live {
                live.entry(app.clone()).or_default().insert(topic.name.clone());
            }
        }
        live
    }
}

impl Topic {
    /// Each consumer with its dead-letter topic.
    fn dead_letters(&self) -> impl Iterator<Item = (String, String)> {
        self.consumers.iter().map(|app| (app.clone(), dead_letter_topic(&self.name, app)))
    }
}

/// Every app of the platform, with no topic yet. Dapr gives an app that is not listed more than one with an empty list.
fn everyone() -> ByApp {
    apps().into_iter().map(|app| (app, BTreeSet::new())).collect()
}

/// The services of the contracts and the edge: `learnflow.code_review.v1` is `code-review`.
pub(crate) fn apps() -> BTreeSet<String> {
    let services = learnflow_wire::descriptor_pool().services();
    let packages = services.map(|service| service.package_name().to_owned());
    let ours = packages.filter(|package| package.starts_with("learnflow."));
    ours.filter_map(|package| Some(package.split('.').nth(1)?.replace('_', "-")))
        .chain(["gateway".to_owned()])
        .collect()
}
