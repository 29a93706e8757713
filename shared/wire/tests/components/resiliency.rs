//! A Resiliency resource that Dapr really loads, with targets and policies that exist.

use std::collections::BTreeSet;

use serde_yaml_ng::Value;

use crate::Rule;
use crate::files::{Breach, Change, Files, Resource, VARIANTS, replace};
use crate::topics::apps;

pub(crate) const RULE: Rule = Rule { name: "RESILIENCY", check, broken_by: BROKEN_BY };

const LOCAL: &str = "local/resiliency.yaml";

const BROKEN_BY: &[Breach] = &[
    replace(LOCAL, "apiVersion:", "---\napiVersion:", "must be alone in its file"),
    // Behind another resource.
    Breach {
        file: "kubernetes/statestore.yaml",
        change: Change::Replace(
            "apiVersion: dapr.io/v1alpha1\nkind: Component",
            "apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {name: r}\n---\napiVersion: dapr.io/v1alpha1\nkind: Component",
        ),
        report: "must be alone in its file",
    },
    Breach { file: LOCAL, change: Change::Remove, report: "local has no Resiliency" },
    replace(LOCAL, "      debug: {", "      debugger: {", "debugger is no app"),
    replace(LOCAL, "      pubsub:\n", "      events:\n", "events is no component"),
    replace(
        LOCAL,
        "{timeout: call, retry: unavailable}",
        "{timeout: calls, retry: unavailable}",
        "no policy calls",
    ),
    replace(LOCAL, "retry: event", "retry: events", "no policy events"),
    replace(
        LOCAL,
        "        matching:\n          gRPCStatusCodes: \"14\"\n",
        "",
        "unavailable retries every code",
    ),
    replace(LOCAL, "      code-execution: {", "      gateway: {", "code-execution has no longer both"),
    replace(LOCAL, "      triage: {", "      chat: {timeout: call}\n      triage: {", "chat has streams"),
];

/// An app with policies and a stream beside its unary calls: whoever streams must send `dapr-stream: true`, as our
/// clients do. A row here that is not needed any more is a violation too.
const BOTH: [&str; 1] = ["code-execution"];

/// Apps whose RPCs stream: a timeout would cut a stream that is alive, a retry would send half of it again.
fn streaming() -> BTreeSet<String> {
    let mut apps = BTreeSet::new();
    for service in learnflow_wire::descriptor_pool().services() {
        if service.methods().any(|method| method.is_client_streaming() || method.is_server_streaming()) {
            let package = service.package_name().to_owned();
            apps.extend(package.split('.').nth(1).map(|name| name.replace('_', "-")));
        }
    }
    apps
}

fn check(files: &Files) -> Vec<String> {
    let mut violations = Vec::new();
    for variant in VARIANTS {
        let found = files.resources(variant, "Resiliency");
        if found.is_empty() {
            violations.push(format!("{variant} has no Resiliency"));
        }
        let components: BTreeSet<String> = files
            .resources(variant, "Component")
            .iter()
            .map(|component| component.name().to_owned())
            .collect();
        for resiliency in found {
            let file = resiliency.file;
            if files.text(file).lines().any(|line| line.starts_with("---")) {
                violations.push(format!(
                    "{file}: a Resiliency must be alone in its file, or Dapr does not load it"
                ));
            }
            violations
                .extend(content(&resiliency, &components).into_iter().map(|it| format!("{file}: {it}")));
        }
    }
    violations
}

fn content(resiliency: &Resource<'_>, components: &BTreeSet<String>) -> Vec<String> {
    let (spec, mut violations) = (&resiliency.value["spec"], Vec::new());
    let (apps, streaming) = (apps(), streaming());
    let targets = entries(&spec["targets"]["apps"]);
    for app in BOTH {
        if !streaming.contains(app) || !targets.iter().any(|(target, _)| target == app) {
            violations.push(format!("{app} has no longer both: take it from the list of the test"));
        }
    }
    for (app, policies) in targets {
        if !apps.contains(&app) {
            violations.push(format!("{app} is no app"));
        }
        if streaming.contains(&app) && !BOTH.contains(&app.as_str()) {
            violations.push(format!("{app} has streams, which a policy would cut or repeat"));
        }
        violations.extend(unknown(spec, policies));
        let retry = policies["retry"].as_str().unwrap_or_default();
        let policy = &spec["policies"]["retries"][retry];
        if !policy.is_null() && policy["matching"]["gRPCStatusCodes"].is_null() {
            violations.push(format!("{retry} retries every code, NOT_FOUND as well"));
        }
    }
    for (component, directions) in entries(&spec["targets"]["components"]) {
        if !components.contains(&component) {
            violations.push(format!("{component} is no component"));
        }
        for (_, policies) in entries(directions) {
            violations.extend(unknown(spec, policies));
        }
    }
    violations
}

/// Policies that a target names and nobody defines.
fn unknown(spec: &Value, target: &Value) -> Vec<String> {
    let kinds = [("timeout", "timeouts"), ("retry", "retries"), ("circuitBreaker", "circuitBreakers")];
    let named = kinds.into_iter().filter_map(|(field, kind)| Some((target[field].as_str()?, kind)));
    let missing = named.filter(|(name, kind)| spec["policies"][*kind].get(*name).is_none());
    missing.map(|(name, kind)| format!("there is no policy {name} in {kind}")).collect()
}

fn entries(value: &Value) -> Vec<(String, &Value)> {
    let mapping = value.as_mapping().into_iter().flatten();
    mapping.map(|(name, value)| (name.as_str().unwrap_or_default().to_owned(), value)).collect()
}
