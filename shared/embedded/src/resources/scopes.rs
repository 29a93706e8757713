//! Which app may publish and subscribe to which topic, by a pub/sub component's settings.

use std::collections::{HashMap, HashSet};

/// The topic scopes of one pub/sub component.
#[derive(Debug, Clone, Default)]
pub(crate) struct TopicScopes {
    publishing: HashMap<String, HashSet<String>>,
    subscribing: HashMap<String, HashSet<String>>,
    protected: HashSet<String>,
    allowed: HashSet<String>,
}

impl TopicScopes {
    /// From the values of `publishingScopes`, `subscriptionScopes`, `protectedTopics` and `allowedTopics`.
    pub(crate) fn new(publishing: &str, subscribing: &str, protected: &str, allowed: &str) -> Self {
        Self {
            publishing: scopes(publishing),
            subscribing: scopes(subscribing),
            protected: topics(protected),
            allowed: topics(allowed),
        }
    }

    /// May `app` publish to `topic`?
    pub(crate) fn may_publish(&self, app: &str, topic: &str) -> bool {
        self.may(self.publishing.get(app), topic)
    }

    /// May `app` subscribe to `topic`?
    pub(crate) fn may_subscribe(&self, app: &str, topic: &str) -> bool {
        self.may(self.subscribing.get(app), topic)
    }

    fn may(&self, scoped: Option<&HashSet<String>>, topic: &str) -> bool {
        if !self.allowed.is_empty() && !self.allowed.contains(topic) {
            return false;
        }
        match scoped {
            Some(scoped) => scoped.contains(topic),
            None => !self.protected.contains(topic),
        }
    }
}

/// `app1=topic1,topic2;app2=`: an app that is named with nothing gets the empty name, so nothing.
fn scopes(text: &str) -> HashMap<String, HashSet<String>> {
    let mut scopes: HashMap<String, HashSet<String>> = HashMap::new();
    for (app, names) in text.split(';').filter_map(|entry| entry.split_once('=')) {
        let names = names.split(',').map(|name| name.trim().to_owned());
        scopes.entry(app.trim().to_owned()).or_default().extend(names);
    }
    scopes
}

fn topics(text: &str) -> HashSet<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_that_is_not_listed_may_use_everything_unprotected() {
        let scopes = TopicScopes::new("chat=a,b;idle=", "", "secret", "");
        assert!(scopes.may_publish("other", "a"));
        assert!(!scopes.may_publish("other", "secret"));
        assert!(scopes.may_subscribe("chat", "anything"));
    }

    #[test]
    fn a_listed_app_has_only_its_topics() {
        let scopes = TopicScopes::new("chat=a, b;idle=", "", "", "");
        assert!(scopes.may_publish("chat", "b"));
        assert!(!scopes.may_publish("chat", "c"));
        assert!(!scopes.may_publish("idle", "a"));
    }

    #[test]
    fn allowed_topics_bound_everyone() {
        let scopes = TopicScopes::new("", "", "", "a");
        assert!(scopes.may_publish("x", "a"));
        assert!(!scopes.may_publish("x", "b"));
    }
}
