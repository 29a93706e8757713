//! The `metadata` list of a component: named text, looked up without regard to case, typed on the way out.

use std::time::Duration;

use super::document::Item;
use super::duration;
use super::error::{Error, Place};

/// The settings of one component.
pub(super) struct Settings<'a> {
    place: Place<'a>,
    items: &'a [Item],
}

impl<'a> Settings<'a> {
    /// Checks that every setting is one of `known` (names the imitation reads) or `ignored` (names that only matter
    /// to the real thing, such as addresses).
    pub(super) fn new(
        place: Place<'a>,
        items: &'a [Item],
        known: &[&str],
        ignored: &[&str],
    ) -> Result<Self, Error> {
        for (index, item) in items.iter().enumerate() {
            let is = |name: &&str| name.eq_ignore_ascii_case(&item.name);
            if !known.iter().chain(ignored).any(is) {
                let field = format!("spec.metadata[{index}].name");
                return Err(place.unsupported(field, format!("the component has no setting {:?}", item.name)));
            }
            if known.iter().any(is) && item.text().is_none() {
                let field = format!("spec.metadata[{index}].value");
                return Err(place.unsupported(field, format!("{} needs a plain value here", item.name)));
            }
        }
        Ok(Self { place, items })
    }

    /// The value of a setting; empty when it is not there.
    pub(super) fn text(&self, name: &str) -> String {
        self.find(name).unwrap_or_default()
    }

    /// The value of a setting as a `T`, or `default` when it is not there.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Error> {
        let Some(text) = self.find(name).filter(|text| !text.is_empty()) else { return Ok(default) };
        parse(&text).ok_or_else(|| self.wrong(name, &format!("{text:?} is not a value of this setting")))
    }

    /// A duration setting.
    pub(super) fn duration(&self, name: &str, default: Duration) -> Result<Duration, Error> {
        self.parsed(name, default, duration::parse)
    }

    /// An error about the setting `name`.
    pub(super) fn wrong(&self, name: &str, message: &str) -> Error {
        self.place.unsupported(format!("spec.metadata.{name}"), message)
    }

    fn find(&self, name: &str) -> Option<String> {
        self.items.iter().find(|item| item.name.eq_ignore_ascii_case(name)).and_then(Item::text)
    }
}
