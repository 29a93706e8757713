//! Components have the names that the code asks for, and are asked for by names that exist.

use std::collections::BTreeSet;

use learnflow_dapr::{PUBSUB, PUBSUB_LIVE, STATE_STORE};

use crate::Rule;
use crate::files::{Breach, Change, Files, VARIANTS, replace};
use crate::topics::apps;

pub(crate) const RULE: Rule = Rule { name: "NAMES", check, broken_by: BROKEN_BY };

const BROKEN_BY: &[Breach] = &[
    replace(
        "local/pubsub.yaml",
        "name: pubsub\n",
        "name: events\n",
        "pubsub components are [\"events\", \"pubsub-live\"]",
    ),
    replace(
        "kubernetes/statestore.yaml",
        "name: statestore\n",
        "name: state\n",
        "state components are [\"state\"]",
    ),
    Breach {
        file: "local/pubsub-live.yaml",
        change: Change::Remove,
        report: "pubsub components are [\"pubsub\"]",
    },
    replace("local/pubsub-live.yaml", "\"{uuid}\"", "\"{appID}\"", "consumerGroup of pubsub-live"),
    replace("local/pubsub.yaml", "\"{appID}\"", "\"{uuid}\"", "consumerGroup of pubsub"),
    replace("local/pubsub-live.yaml", "\"newest\"", "\"oldest\"", "initialOffset of pubsub-live"),
    replace("local/pubsub.yaml", "\"oldest\"", "\"newest\"", "initialOffset of pubsub"),
    replace(
        "local/pubsub.yaml",
        "secretStore: secretstore",
        "secretStore: secrets",
        "no secret store secrets",
    ),
    replace("local/statestore.yaml", "  - debug\n", "  - debugger\n", "is for debugger, which is no app"),
];

fn check(files: &Files) -> Vec<String> {
    VARIANTS.into_iter().flat_map(|variant| check_variant(files, variant)).collect()
}

fn check_variant(files: &Files, variant: &str) -> Vec<String> {
    let components = files.resources(variant, "Component");
    let of_kind = |kind: &str| -> BTreeSet<&str> {
        components.iter().filter(|it| it.kind().starts_with(kind)).map(super::files::Resource::name).collect()
    };
    let mut violations = Vec::new();
    for (kind, wanted) in [("pubsub", vec![PUBSUB, PUBSUB_LIVE]), ("state", vec![STATE_STORE])] {
        let found: Vec<&str> = of_kind(&format!("{kind}.")).into_iter().collect();
        if found != wanted {
            violations
                .push(format!("{variant}: {kind} components are {found:?}, the code asks for {wanted:?}"));
        }
    }
    // The history is read once by a service, from the first event on; live pushes by each replica, from now on.
    let settings = [
        (PUBSUB, "consumerGroup", "{appID}"),
        (PUBSUB, "initialOffset", "oldest"),
        (PUBSUB_LIVE, "consumerGroup", "{uuid}"),
        (PUBSUB_LIVE, "initialOffset", "newest"),
    ];
    let (apps, secret_stores) = (apps(), of_kind("secretstores."));
    for component in &components {
        let file = component.file;
        for (_, setting, wanted) in settings.iter().filter(|(name, ..)| *name == component.name()) {
            let found = component.setting(setting);
            if found != Some(*wanted) {
                violations
                    .push(format!("{file}: {setting} of {} is {found:?}, not {wanted:?}", component.name()));
            }
        }
        if let Some(store) = component.value["auth"]["secretStore"].as_str()
            && !secret_stores.contains(store)
        {
            violations.push(format!("{file}: there is no secret store {store}"));
        }
        let strangers = component.scopes().into_iter().filter(|app| !apps.contains(*app));
        violations.extend(strangers.map(|app| format!("{file}: it is for {app}, which is no app")));
    }
    violations
}
