//! Resiliency resources: policies by name, and the targets that refer to them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::Deserialize;
use serde_yaml_ng::Value;

use super::document::Document;
use super::duration;
use super::error::{Error, Place};
use crate::resiliency::{BreakerSettings, Policies, Retry, Target, Trip};

/// One Resiliency resource.
#[derive(Debug, Clone)]
pub(crate) struct Resiliency {
    scopes: Vec<String>,
    timeouts: HashMap<String, Duration>,
    retries: HashMap<String, Retry>,
    breakers: HashMap<String, BreakerSettings>,
    apps: HashMap<String, Target>,
    inbound: HashMap<String, Target>,
    outbound: HashMap<String, Target>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Spec {
    #[serde(default)]
    policies: PoliciesSpec,
    #[serde(default)]
    targets: TargetsSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PoliciesSpec {
    #[serde(default)]
    timeouts: BTreeMap<String, String>,
    #[serde(default)]
    retries: BTreeMap<String, RetrySpec>,
    #[serde(default)]
    circuit_breakers: BTreeMap<String, BreakerSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RetrySpec {
    policy: Option<String>,
    duration: Option<String>,
    max_interval: Option<String>,
    max_retries: Option<i64>,
    matching: Option<Matching>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matching {
    #[serde(default, rename = "httpStatusCodes")]
    _http: Option<Value>,
    #[serde(default, rename = "gRPCStatusCodes")]
    grpc: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BreakerSpec {
    max_requests: Option<u32>,
    interval: Option<String>,
    timeout: Option<String>,
    trip: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TargetsSpec {
    #[serde(default)]
    apps: BTreeMap<String, TargetSpec>,
    #[serde(default)]
    components: BTreeMap<String, ComponentTarget>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TargetSpec {
    timeout: Option<String>,
    retry: Option<String>,
    circuit_breaker: Option<String>,
    #[serde(default, rename = "circuitBreakerCacheSize")]
    _cache_size: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ComponentTarget {
    #[serde(default)]
    inbound: TargetSpec,
    #[serde(default)]
    outbound: TargetSpec,
}

impl Resiliency {
    pub(super) fn new(document: Document<Spec>, place: Place<'_>) -> Result<Self, Error> {
        let Document { spec, scopes, .. } = document;
        let PoliciesSpec { timeouts, retries, circuit_breakers } = spec.policies;
        let mut this = Self {
            scopes,
            timeouts: named(timeouts, |name, text| {
                time(Some(text), place, &format!("spec.policies.timeouts.{name}"), Duration::ZERO)
            })?,
            retries: named(retries, |name, spec| {
                retry(spec, place, &format!("spec.policies.retries.{name}"))
            })?,
            breakers: named(circuit_breakers, |name, spec| {
                breaker(spec, place, &format!("spec.policies.circuitBreakers.{name}"))
            })?,
            apps: HashMap::new(),
            inbound: HashMap::new(),
            outbound: HashMap::new(),
        };
        for (app, target) in spec.targets.apps {
            let target = this.target(target, place, &format!("spec.targets.apps.{app}"))?;
            this.apps.insert(app, target);
        }
        for (name, target) in spec.targets.components {
            let field = format!("spec.targets.components.{name}");
            let inbound = this.target(target.inbound, place, &format!("{field}.inbound"))?;
            let outbound = this.target(target.outbound, place, &format!("{field}.outbound"))?;
            this.inbound.insert(name.clone(), inbound);
            this.outbound.insert(name, outbound);
        }
        Ok(this)
    }

    /// A target whose policies exist; daprd would run it without them, and say nothing.
    fn target(&self, spec: TargetSpec, place: Place<'_>, field: &str) -> Result<Target, Error> {
        let known = |what: &str, name: &Option<String>, exists: &dyn Fn(&str) -> bool| match name {
            Some(name) if !exists(name) => {
                Err(place.unsupported(format!("{field}.{what}"), format!("there is no policy {name:?}")))
            }
            _ => Ok(()),
        };
        known("timeout", &spec.timeout, &|name| self.timeouts.contains_key(name))?;
        known("retry", &spec.retry, &|name| self.retries.contains_key(name))?;
        known("circuitBreaker", &spec.circuit_breaker, &|name| self.breakers.contains_key(name))?;
        Ok(Target { timeout: spec.timeout, retry: spec.retry, breaker: spec.circuit_breaker })
    }

    /// What the resources together say to `app`'s sidecar.
    pub(crate) fn policies(resources: &[Self], app: &str) -> Policies {
        let mut policies = Policies::default();
        for resource in resources.iter().filter(|resource| super::in_scope(&resource.scopes, app)) {
            policies.timeouts.extend(resource.timeouts.clone());
            policies.retries.extend(resource.retries.clone());
            policies.breakers.extend(resource.breakers.clone());
            policies.apps.extend(resource.apps.clone());
            policies.inbound.extend(resource.inbound.clone());
            policies.outbound.extend(resource.outbound.clone());
        }
        policies
    }
}

fn named<S, T>(
    specs: BTreeMap<String, S>,
    read: impl Fn(&str, S) -> Result<T, Error>,
) -> Result<HashMap<String, T>, Error> {
    specs.into_iter().map(|(name, spec)| read(&name, spec).map(|value| (name, value))).collect()
}

fn time(text: Option<String>, place: Place<'_>, field: &str, default: Duration) -> Result<Duration, Error> {
    let Some(text) = text else { return Ok(default) };
    duration::parse(&text).ok_or_else(|| place.unsupported(field, format!("{text:?} is not a duration")))
}

fn retry(spec: RetrySpec, place: Place<'_>, field: &str) -> Result<Retry, Error> {
    let default = Retry::default();
    let exponential = match spec.policy.as_deref().map(str::to_lowercase).as_deref() {
        None | Some("constant") => false,
        Some("exponential") => true,
        Some(_) => return Err(place.unsupported(format!("{field}.policy"), "is constant or exponential")),
    };
    let codes = match spec.matching.and_then(|matching| matching.grpc).filter(|text| !text.is_empty()) {
        Some(text) => Some(Retry::codes(&text).ok_or_else(|| {
            place.unsupported(format!("{field}.matching.gRPCStatusCodes"), "is codes and ranges from 0 to 16")
        })?),
        None => None,
    };
    Ok(Retry {
        exponential,
        duration: time(spec.duration, place, &format!("{field}.duration"), default.duration)?,
        max_interval: time(spec.max_interval, place, &format!("{field}.maxInterval"), default.max_interval)?,
        max_retries: spec.max_retries.and_then(|max| u32::try_from(max).ok()),
        codes,
        ..default
    })
}

fn breaker(spec: BreakerSpec, place: Place<'_>, field: &str) -> Result<BreakerSettings, Error> {
    let default = BreakerSettings::default();
    let trip = match spec.trip {
        Some(text) => Trip::parse(&text).ok_or_else(|| {
            place.unsupported(format!("{field}.trip"), "only counts compared with numbers can be imitated")
        })?,
        None => default.trip,
    };
    Ok(BreakerSettings {
        max_requests: spec.max_requests.unwrap_or(default.max_requests),
        interval: time(spec.interval, place, &format!("{field}.interval"), default.interval)?,
        timeout: time(spec.timeout, place, &format!("{field}.timeout"), default.timeout)?,
        trip,
    })
}
