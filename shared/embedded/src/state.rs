//! State stores in memory: keys with ETags and a time to live. Every sidecar of a runtime shares them, as sidecars
//! share a database.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A value as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) data: Vec<u8>,
    pub(crate) etag: String,
    pub(crate) expires: Option<SystemTime>,
}

/// A change of one key.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) key: String,
    /// The ETag that the key must have; `None` when any will do.
    pub(crate) etag: Option<String>,
    /// Without an ETag, fail if the key is there.
    pub(crate) first_write: bool,
    pub(crate) action: Action,
}

/// What becomes of the key.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Set { data: Vec<u8>, ttl: Option<Duration> },
    Delete,
}

/// The ETag was another one, or the key was there although it should not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("possible etag mismatch. error from state store: {0}")]
pub(crate) struct Mismatch(String);

/// Every store of a runtime, by component name.
#[derive(Debug, Default)]
pub(crate) struct Stores {
    stores: Mutex<HashMap<String, HashMap<String, Item>>>,
}

impl Stores {
    /// The value of a key, if it has not expired by `now`.
    pub(crate) fn get(&self, store: &str, key: &str, now: SystemTime) -> Option<Item> {
        let mut stores = self.lock();
        live(stores.get_mut(store)?, key, now).cloned()
    }

    /// Makes all changes, or none when an ETag is wrong.
    pub(crate) fn apply(&self, store: &str, changes: Vec<Change>, now: SystemTime) -> Result<(), Mismatch> {
        let mut stores = self.lock();
        let items = stores.entry(store.to_owned()).or_default();
        for change in &changes {
            check(items, change, now)?;
        }
        for Change { key, action, .. } in changes {
            match action {
                Action::Set { data, ttl } => {
                    let etag = uuid::Uuid::now_v7().to_string();
                    items.insert(key, Item { data, etag, expires: ttl.map(|ttl| now + ttl) });
                }
                Action::Delete => {
                    items.remove(&key);
                }
            }
        }
        items.retain(|_, item| !expired(item, now));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, HashMap<String, Item>>> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn expired(item: &Item, now: SystemTime) -> bool {
    item.expires.is_some_and(|expires| expires < now)
}

fn live<'a>(items: &'a mut HashMap<String, Item>, key: &str, now: SystemTime) -> Option<&'a Item> {
    if items.get(key).is_some_and(|item| expired(item, now)) {
        items.remove(key);
    }
    items.get(key)
}

fn check(items: &mut HashMap<String, Item>, change: &Change, now: SystemTime) -> Result<(), Mismatch> {
    let key = &change.key;
    let item = live(items, key, now);
    match (change.etag.as_deref().filter(|etag| !etag.is_empty()), item) {
        (None, Some(_)) if change.first_write => {
            Err(Mismatch("item already exists and no etag was passed".to_owned()))
        }
        (None, _) => Ok(()),
        (Some(_), None) => Err(Mismatch(format!("state not exist or expired for key={key}"))),
        (Some(etag), Some(item)) if item.etag == etag => Ok(()),
        (Some(etag), Some(item)) => {
            Err(Mismatch(format!("state etag not match for key={key}: current={}, expect={etag}", item.etag)))
        }
    }
}

/// The key as it is stored. By default an app sees only its own keys; `keyPrefix` may be `name`, `none`,
/// `namespace` (which, outside Kubernetes, is the app's as well) or a text of its own.
pub(crate) fn stored_key(prefix: &str, store: &str, app: &str, key: &str) -> Result<String, String> {
    if key.contains("||") {
        return Err(format!("input key/keyPrefix '{key}' can't contain '||'"));
    }
    Ok(match prefix {
        "none" => key.to_owned(),
        "name" => format!("{store}||{key}"),
        "appid" | "namespace" => format!("{app}||{key}"),
        own => format!("{own}||{key}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str, etag: Option<&str>, first_write: bool) -> Change {
        let action = Action::Set { data: b"v".to_vec(), ttl: None };
        Change { key: key.into(), etag: etag.map(str::to_owned), first_write, action }
    }

    #[test]
    fn an_etag_must_be_the_current_one() {
        let (stores, now) = (Stores::default(), SystemTime::now());
        stores.apply("s", vec![set("k", None, false)], now).unwrap();
        let first = stores.get("s", "k", now).unwrap().etag;
        stores.apply("s", vec![set("k", Some(&first), false)], now).unwrap();
        assert!(stores.apply("s", vec![set("k", Some(&first), false)], now).is_err());
        assert!(stores.apply("s", vec![set("new", Some(&first), false)], now).is_err());
    }

    #[test]
    fn the_first_write_wins_if_asked() {
        let (stores, now) = (Stores::default(), SystemTime::now());
        stores.apply("s", vec![set("k", None, true)], now).unwrap();
        assert!(stores.apply("s", vec![set("k", None, true)], now).is_err());
        stores.apply("s", vec![set("k", None, false)], now).unwrap();
    }

    #[test]
    fn a_wrong_etag_undoes_the_whole_transaction() {
        let (stores, now) = (Stores::default(), SystemTime::now());
        assert!(stores.apply("s", vec![set("a", None, false), set("b", Some("x"), false)], now).is_err());
        assert_eq!(stores.get("s", "a", now), None);
    }

    #[test]
    fn a_value_lives_as_long_as_it_is_told() {
        let (stores, now) = (Stores::default(), SystemTime::now());
        let action = Action::Set { data: Vec::new(), ttl: Some(Duration::from_secs(1)) };
        let change = Change { action, ..set("k", None, false) };
        stores.apply("s", vec![change], now).unwrap();
        assert!(stores.get("s", "k", now).is_some());
        assert!(stores.get("s", "k", now + Duration::from_secs(2)).is_none());
    }

    #[test]
    fn keys_are_prefixed_by_strategy() {
        let key = |prefix| stored_key(prefix, "store", "app", "k").unwrap();
        assert_eq!(["appid", "name", "none", "own"].map(key), ["app||k", "store||k", "k", "own||k"]);
        assert!(stored_key("none", "store", "app", "a||b").is_err());
    }
}
