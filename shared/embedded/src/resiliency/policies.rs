//! The policies that one app's sidecar applies, looked up by target.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Breaker, BreakerSettings, Policy, Retry};

/// The names of a target's policies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    pub(crate) timeout: Option<String>,
    pub(crate) retry: Option<String>,
    pub(crate) breaker: Option<String>,
}

/// Every policy and target of the Resiliency resources that an app sees.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    pub(crate) timeouts: HashMap<String, Duration>,
    pub(crate) retries: HashMap<String, Retry>,
    pub(crate) breakers: HashMap<String, BreakerSettings>,
    pub(crate) apps: HashMap<String, Target>,
    pub(crate) inbound: HashMap<String, Target>,
    pub(crate) outbound: HashMap<String, Target>,
    /// Breakers at work, by what they guard.
    instances: Mutex<HashMap<String, Arc<Breaker>>>,
}

impl Policies {
    /// For a call of `method` of `app`: timeout and retry are the app's, a breaker is the method's.
    pub(crate) fn call(&self, app: &str, method: &str) -> Policy {
        let target = self.apps.get(app).cloned().unwrap_or_else(|| self.defaults(&["App"]));
        self.policy(&target, &format!("{app}:{method}"))
    }

    /// For deliveries of a pub/sub component.
    pub(crate) fn delivery(&self, component: &str) -> Policy {
        let levels = ["PubsubComponentInbound", "ComponentInbound", "Component"];
        let target = self.inbound.get(component).cloned().unwrap_or_else(|| self.defaults(&levels));
        self.policy(&target, component)
    }

    /// For publishing through a pub/sub component.
    pub(crate) fn publish(&self, component: &str) -> Policy {
        let levels = ["PubsubComponentOutbound", "ComponentOutbound", "Component"];
        let target = self.outbound.get(component).cloned().unwrap_or_else(|| self.defaults(&levels));
        self.policy(&target, component)
    }

    /// `Default…Policy`, by level from the most particular.
    fn defaults(&self, levels: &[&str]) -> Target {
        fn pick<T>(policies: &HashMap<String, T>, levels: &[&str], what: &str) -> Option<String> {
            let names = levels.iter().chain(&[""]).map(|level| format!("Default{level}{what}Policy"));
            names.into_iter().find(|name| policies.contains_key(name))
        }
        Target {
            timeout: pick(&self.timeouts, levels, "Timeout"),
            retry: pick(&self.retries, levels, "Retry"),
            breaker: pick(&self.breakers, levels, "CircuitBreaker"),
        }
    }

    fn policy(&self, target: &Target, guarded: &str) -> Policy {
        let timeout = target.timeout.as_ref().and_then(|name| self.timeouts.get(name)).copied();
        let retry = target.retry.as_ref().and_then(|name| self.retries.get(name)).cloned();
        let breaker = target.breaker.as_ref().and_then(|name| self.breakers.get(name)).map(|settings| {
            let mut instances = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
            let instance = instances.entry(guarded.to_owned());
            Arc::clone(instance.or_insert_with(|| Arc::new(Breaker::new(settings.clone()))))
        });
        Policy { timeout: timeout.filter(|timeout| !timeout.is_zero()), retry, breaker }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_target_beats_the_defaults() {
        let mut policies = Policies::default();
        policies.timeouts.insert("DefaultTimeoutPolicy".into(), Duration::from_secs(9));
        policies.timeouts.insert("quick".into(), Duration::from_secs(1));
        policies.apps.insert("chat".into(), Target { timeout: Some("quick".into()), ..Target::default() });
        policies.apps.insert("bare".into(), Target::default());
        assert_eq!(policies.call("chat", "/m").timeout, Some(Duration::from_secs(1)));
        assert_eq!(policies.call("other", "/m").timeout, Some(Duration::from_secs(9)));
        assert!(policies.call("bare", "/m").is_empty());
    }

    #[test]
    fn each_method_has_its_own_breaker() {
        let mut policies = Policies::default();
        policies.breakers.insert("b".into(), BreakerSettings::default());
        policies.apps.insert("chat".into(), Target { breaker: Some("b".into()), ..Target::default() });
        let breaker = |method| policies.call("chat", method).breaker.unwrap();
        assert!(Arc::ptr_eq(&breaker("/a"), &breaker("/a")));
        assert!(!Arc::ptr_eq(&breaker("/a"), &breaker("/b")));
    }
}
