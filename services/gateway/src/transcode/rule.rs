//! `google.api.http` options, read by name, so that no generated type is needed.

use http::Method;
use prost_reflect::{DynamicMessage, ExtensionDescriptor, MethodDescriptor};

/// An `HttpRule`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// `*`, a field's name, or nothing.
    pub(crate) body: String,
    /// A field's name, or nothing.
    pub(crate) response_body: String,
}

impl Rule {
    /// The rules of a method: the option itself, then its additional bindings. Empty without the option.
    pub(crate) fn of(method: &MethodDescriptor, http: &ExtensionDescriptor) -> Result<Vec<Self>, String> {
        let options = method.options();
        if !options.has_extension(http) {
            return Ok(Vec::new());
        }
        let option = options.get_extension(http);
        let option = option.as_message().ok_or("its HTTP rule is no message")?;
        let mut rules = vec![Self::read(option)?];
        for additional in additional(option) {
            if !self::additional(&additional).is_empty() {
                return Err("additional bindings do not nest".to_owned());
            }
            rules.push(Self::read(&additional)?);
        }
        Ok(rules)
    }

    fn read(rule: &DynamicMessage) -> Result<Self, String> {
        let fixed = [
            ("get", Method::GET),
            ("put", Method::PUT),
            ("post", Method::POST),
            ("delete", Method::DELETE),
            ("patch", Method::PATCH),
        ];
        let (method, path) =
            if let Some((name, method)) = fixed.iter().find(|(name, _)| rule.has_field_by_name(name)) {
                (method.clone(), text(rule, name))
            } else if rule.has_field_by_name("custom") {
                let custom = rule.get_field_by_name("custom");
                let custom = custom
                    .as_ref()
                    .and_then(|custom| custom.as_message())
                    .ok_or("its custom rule is no message")?;
                let kind = text(custom, "kind");
                let method =
                    Method::from_bytes(kind.as_bytes()).map_err(|_| format!("{kind:?} is no HTTP method"))?;
                (method, text(custom, "path"))
            } else {
                return Err("its HTTP rule has no path".to_owned());
            };
        Ok(Self { method, path, body: text(rule, "body"), response_body: text(rule, "response_body") })
    }
}

fn additional(rule: &DynamicMessage) -> Vec<DynamicMessage> {
    let list = rule.get_field_by_name("additional_bindings");
    let list = list.as_ref().and_then(|list| list.as_list()).unwrap_or_default();
    list.iter().filter_map(|rule| rule.as_message().cloned()).collect()
}

fn text(message: &DynamicMessage, name: &str) -> String {
    let value = message.get_field_by_name(name);
    value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}
