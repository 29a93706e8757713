//! Each app has exactly the topics of its rows in `topics.yaml`, and the dead letters of what it consumes.

use std::collections::BTreeSet;

use learnflow_dapr::{PUBSUB, PUBSUB_LIVE};

use crate::Rule;
use crate::files::{Breach, Files, Resource, VARIANTS, replace};
use crate::topics::{ByApp, Topics};

pub(crate) const RULE: Rule = Rule { name: "SCOPES", check, broken_by: BROKEN_BY };

/// Scopes that are ahead of `topics.yaml`: chat is to push these live, and does not read them yet. A row here that is
/// not needed any more is a violation too.
const AHEAD: [(&str, &str, &str); 4] = [
    (PUBSUB, "chat", "struggle.detected"),
    (PUBSUB, "chat", "progress.events"),
    (PUBSUB_LIVE, "chat", "struggle.detected"),
    (PUBSUB_LIVE, "chat", "progress.events"),
];

const LOCAL: &str = "local/pubsub.yaml";
const KUBERNETES: &str = "kubernetes/pubsub.yaml";
const LIVE: &str = "local/pubsub-live.yaml";

const BROKEN_BY: &[Breach] = &[
    replace(LOCAL, "chat=learning.requests,", "chat=", "chat may not publish learning.requests"),
    replace(
        LOCAL,
        "chat=learning.requests,",
        "chat=learning.requests,learning.responses,",
        "chat may publish learning.responses",
    ),
    replace(
        KUBERNETES,
        "triage=learning.requests;",
        "triage=learning.requests,concepts.requests;",
        "triage may read concepts.requests",
    ),
    replace(KUBERNETES, "triage=learning.requests;", "triage=;", "triage may not read learning.requests"),
    replace(LOCAL, ",learning.responses.chat.dlq;", ";", "chat may not publish learning.responses.chat.dlq"),
    replace(
        LOCAL,
        "debug=debug.requests;",
        "debug=debug.requests,learning.requests.triage.dlq;",
        "debug may read learning.requests.triage.dlq",
    ),
    // An app without a row may use whatever is not protected.
    replace(LOCAL, "gateway=;", "", "gateway has no row"),
    replace(LOCAL, "gateway=;", "gateway=; stranger=;", "stranger is no app"),
    replace(LOCAL, "gateway=;", "gateway=; gateway=;", "gateway has two rows"),
    replace(LOCAL, "account.events,", "learning.requests,", "protectedTopics lacks account.events"),
    replace(
        LOCAL,
        "account.events,\n",
        "account.events,no.such.topic,\n",
        "protectedTopics has no.such.topic",
    ),
    replace(
        "topics.yaml",
        "publishers: [accounts]",
        "publishers: [accounts, gateway]",
        "gateway may not publish account.events",
    ),
    replace(
        "topics.yaml",
        "consumers: [triage]",
        "consumers: [triage, debug]",
        "debug may not read learning.requests",
    ),
    replace(LIVE, "\"chat=\"", "\"chat=learning.requests\"", "chat may publish learning.requests"),
    replace(LIVE, "chat=learning.responses,", "chat=", "chat may not read learning.responses"),
    replace(LIVE, "scopes:\n  - chat", "scopes:\n  - chat\n  - triage", "is for [\"chat\", \"triage\"]"),
    replace(LIVE, "\nscopes:\n  - chat", "", "is for []"),
    replace(
        LOCAL,
        ",struggle.detected,progress.events;\n        triage",
        ";\n        triage",
        "no longer ahead",
    ),
    replace("topics.yaml", "live: [chat]", "live: []", "chat may read learning.responses"),
];

fn check(files: &Files) -> Vec<String> {
    let topics = Topics::of(files);
    let mut violations = Vec::new();
    for variant in VARIANTS {
        for component in files.resources(variant, "Component") {
            let found = match component.name() {
                PUBSUB => pubsub(&component, &topics),
                PUBSUB_LIVE => live(&component, &topics),
                _ => Vec::new(),
            };
            violations.extend(found.into_iter().map(|violation| format!("{}: {violation}", component.file)));
        }
    }
    violations
}

fn pubsub(component: &Resource<'_>, topics: &Topics) -> Vec<String> {
    let mut violations = differences(component, "publishingScopes", "publish", &topics.published());
    violations.extend(differences(component, "subscriptionScopes", "read", &topics.consumed()));
    let protected = list(component.setting("protectedTopics").unwrap_or_default());
    let all = topics.all();
    violations.extend(all.difference(&protected).map(|topic| format!("protectedTopics lacks {topic}")));
    violations.extend(
        protected.difference(&all).map(|topic| format!("protectedTopics has {topic}, which is no topic")),
    );
    violations
}

fn live(component: &Resource<'_>, topics: &Topics) -> Vec<String> {
    let read = topics.live();
    // Nobody publishes here.
    let nothing: ByApp = component.scopes().iter().map(|app| ((*app).to_owned(), BTreeSet::new())).collect();
    let mut violations = differences(component, "publishingScopes", "publish", &nothing);
    let mut wanted = nothing;
    wanted.extend(read.clone());
    violations.extend(differences(component, "subscriptionScopes", "read", &wanted));
    let apps: Vec<&str> = read.keys().map(String::as_str).collect();
    if component.scopes() != apps && !read.is_empty() {
        violations.push(format!("is for {:?}, and {apps:?} read it", component.scopes()));
    }
    violations
}

/// A list of scopes against what it should be.
fn differences(component: &Resource<'_>, setting: &str, verb: &str, wanted: &ByApp) -> Vec<String> {
    let mut violations = Vec::new();
    let mut wanted = wanted.clone();
    let rows = rows(component.setting(setting).unwrap_or_default(), &mut violations);
    if verb == "read" {
        for (_, app, topic) in AHEAD.iter().filter(|(name, ..)| *name == component.name()) {
            let used = rows.get(*app).is_some_and(|topics| topics.contains(*topic));
            let added = wanted.entry((*app).to_owned()).or_default().insert((*topic).to_owned());
            if !used || !added {
                violations.push(format!(
                    "{app} is no longer ahead with {topic}: take it from the list of the test"
                ));
            }
        }
    }
    for (app, topics) in &wanted {
        let Some(row) = rows.get(app) else {
            violations.push(format!("{app} has no row in {setting}"));
            continue;
        };
        violations.extend(topics.difference(row).map(|topic| format!("{app} may not {verb} {topic}")));
        violations.extend(row.difference(topics).map(|topic| format!("{app} may {verb} {topic}")));
    }
    let strangers = rows.keys().filter(|app| !wanted.contains_key(*app));
    violations.extend(strangers.map(|app| format!("{app} is no app that has a row in {setting}")));
    violations
}

/// `app=topic,topic;app=`, with spaces that Dapr removes.
fn rows(text: &str, violations: &mut Vec<String>) -> ByApp {
    let mut rows = ByApp::new();
    for row in text.split(';').map(str::trim).filter(|row| !row.is_empty()) {
        let Some((app, topics)) = row.split_once('=') else {
            violations.push(format!("{row:?} is no row: app=topic,topic"));
            continue;
        };
        if rows.insert(app.trim().to_owned(), list(topics)).is_some() {
            violations.push(format!("{} has two rows", app.trim()));
        }
    }
    rows
}

fn list(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::trim).filter(|topic| !topic.is_empty()).map(ToOwned::to_owned).collect()
}
