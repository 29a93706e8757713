//! `local/` and `kubernetes/` are the same but for where things are and how the sidecar is watched.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::Rule;
use crate::files::{Breach, Change, Files, Resource, VARIANTS, replace};

pub(crate) const RULE: Rule = Rule { name: "VARIANTS", check, broken_by: BROKEN_BY };

/// In a cluster the operator resolves references to Kubernetes secrets.
const LOCAL_ONLY: &str = "secretstore.yaml";
/// Whose words may differ: the sidecar itself, tracing, mTLS.
const CONFIGURATION: &str = "configuration.yaml";

const BROKEN_BY: &[Breach] = &[
    Breach {
        file: "kubernetes/subscription-learning-requests-triage.yaml",
        change: Change::Remove,
        report: "kubernetes lacks subscription-learning-requests-triage.yaml",
    },
    Breach { file: "local/statestore.yaml", change: Change::Remove, report: "local lacks statestore.yaml" },
    replace("kubernetes/resiliency.yaml", "60s", "61s", "resiliency.yaml differs"),
    replace(
        "local/subscription-learning-requests-triage.yaml",
        "# triage",
        "# Triage",
        "subscription-learning-requests-triage.yaml differs",
    ),
    replace(
        "kubernetes/pubsub.yaml",
        "chat=learning.requests,",
        "chat=",
        "pubsub.yaml differs in publishingScopes",
    ),
    replace(
        "local/pubsub.yaml",
        "account.events,",
        "learning.requests,",
        "pubsub.yaml differs in protectedTopics",
    ),
    replace(
        "local/pubsub.yaml",
        "- name: maxMessageBytes",
        "- name: maxMessage",
        "pubsub.yaml differs in maxMessageBytes",
    ),
    replace("kubernetes/statestore.yaml", "- chat\n", "", "statestore.yaml differs in its scopes"),
    replace(
        "kubernetes/statestore.yaml",
        "version: v2",
        "version: v1",
        "statestore.yaml differs in its type",
    ),
];

fn check(files: &Files) -> Vec<String> {
    let mut violations = Vec::new();
    for (one, other) in [(VARIANTS[0], VARIANTS[1]), (VARIANTS[1], VARIANTS[0])] {
        let there = files.names(other);
        let missing =
            files.names(one).into_iter().filter(|name| *name != LOCAL_ONLY && !there.contains(name));
        violations.extend(missing.map(|name| format!("{other} lacks {name}")));
    }
    for name in files.names(VARIANTS[0]) {
        let [local, kubernetes] = VARIANTS.map(|variant| files.text(&format!("{variant}/{name}")));
        let same_text = name.starts_with("subscription-") || name == "resiliency.yaml";
        if same_text && !kubernetes.is_empty() && local != kubernetes {
            violations.push(format!("{name} differs between the variants"));
        }
    }
    let [local, kubernetes] = VARIANTS.map(|variant| components(files, variant));
    for (name, component) in
        local.iter().filter(|(name, _)| ![LOCAL_ONLY, CONFIGURATION].contains(&name.as_str()))
    {
        if let Some(other) = kubernetes.get(name) {
            violations.extend(
                differences(component, other).into_iter().map(|what| format!("{name} differs in {what}")),
            );
        }
    }
    violations
}

/// Components by the names of their files.
fn components<'a>(files: &'a Files, variant: &str) -> BTreeMap<String, Resource<'a>> {
    let resources = files.resources(variant, "Component").into_iter();
    resources
        .map(|resource| (resource.file.rsplit('/').next().unwrap_or_default().to_owned(), resource))
        .collect()
}

fn differences(one: &Resource<'_>, other: &Resource<'_>) -> Vec<String> {
    let mut differences = Vec::new();
    let kind =
        |it: &Resource<'_>| (it.name().to_owned(), it.kind().to_owned(), it.value["spec"]["version"].clone());
    if kind(one) != kind(other) {
        differences.push("its type".to_owned());
    }
    if one.scopes() != other.scopes() {
        differences.push("its scopes".to_owned());
    }
    let (one, other) = (settings(one), settings(other));
    for name in one.keys().chain(other.keys().filter(|name| !one.contains_key(*name))) {
        if one.get(name) != other.get(name) {
            differences.push(name.clone());
        }
    }
    differences
}

/// Settings, each value without its folded spaces. That a secret is referred to counts, not where it lies.
fn settings(component: &Resource<'_>) -> BTreeMap<String, String> {
    let settings = component.value["spec"]["metadata"].as_sequence().into_iter().flatten();
    settings
        .map(|setting| {
            let value = match &setting["value"] {
                Value::String(text) => text.split_whitespace().collect(),
                Value::Null => "a secret".to_owned(),
                other => format!("{other:?}"),
            };
            (setting["name"].as_str().unwrap_or_default().to_owned(), value)
        })
        .collect()
}
