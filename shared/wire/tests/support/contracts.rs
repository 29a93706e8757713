//! Walking the contracts of a descriptor set, and reading the options that they set.

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor,
    ReflectMessage as _, ServiceDescriptor, Value,
};

/// The part of a descriptor set that lies under some root packages.
pub(crate) struct Contracts {
    pool: DescriptorPool,
    roots: &'static [&'static str],
}

impl Contracts {
    /// What `pool` has under `roots`, such as `learnflow`.
    pub(crate) fn new(pool: DescriptorPool, roots: &'static [&'static str]) -> Self {
        Self { pool, roots }
    }

    fn covers(&self, package: &str) -> bool {
        self.roots.iter().any(|root| package.split('.').next() == Some(root))
    }

    /// Its files.
    pub(crate) fn files(&self) -> impl Iterator<Item = FileDescriptor> {
        self.pool.files().filter(|file| self.covers(file.package_name()))
    }

    /// Its messages, nested ones too; the entries of maps are left to their fields.
    pub(crate) fn messages(&self) -> impl Iterator<Item = MessageDescriptor> {
        self.pool
            .all_messages()
            .filter(|message| self.covers(message.package_name()) && !message.is_map_entry())
    }

    /// Its enums, nested ones too.
    pub(crate) fn enums(&self) -> impl Iterator<Item = EnumDescriptor> {
        self.pool.all_enums().filter(|each| self.covers(each.package_name()))
    }

    /// Its services.
    pub(crate) fn services(&self) -> impl Iterator<Item = ServiceDescriptor> {
        self.pool.services().filter(|service| self.covers(service.package_name()))
    }

    /// The RPCs of its services.
    pub(crate) fn methods(&self) -> impl Iterator<Item = MethodDescriptor> {
        self.services().flat_map(|service| service.methods().collect::<Vec<_>>())
    }
}

/// The value of an option that is an extension, when it is set.
pub(crate) fn extension(options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = options.descriptor().parent_pool().get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// One HTTP form of an RPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpBinding {
    /// `GET`, `POST` …
    pub(crate) verb: String,
    /// Such as `/api/v1/modules/{module_id}`.
    pub(crate) path: String,
    /// `*`, a field, or empty.
    pub(crate) body: String,
}

/// Every HTTP form of an RPC: its `google.api.http` rule and the additional bindings of that.
pub(crate) fn http_bindings(method: &MethodDescriptor) -> Vec<HttpBinding> {
    let Some(Value::Message(rule)) = extension(&method.options(), "google.api.http") else {
        return Vec::new();
    };
    let additional = rule.get_field_by_name("additional_bindings");
    let additional = additional.as_deref().and_then(Value::as_list).unwrap_or_default();
    std::iter::once(&rule).chain(additional.iter().filter_map(Value::as_message)).map(http_binding).collect()
}

fn http_binding(rule: &DynamicMessage) -> HttpBinding {
    let verbs = ["get", "put", "post", "delete", "patch"];
    let set = verbs.into_iter().find(|verb| rule.has_field_by_name(verb));
    HttpBinding {
        verb: set.unwrap_or_default().to_uppercase(),
        path: set.map(|verb| text(rule, verb)).unwrap_or_default(),
        body: text(rule, "body"),
    }
}

/// What an event message says about its publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventRule {
    /// The Kafka topic.
    pub(crate) topic: String,
    /// The field with the record's key.
    pub(crate) key_field: String,
    /// The field with the subject; empty for none.
    pub(crate) subject_field: String,
}

/// The `(learnflow.api.v1.event)` option of a message that is an event.
pub(crate) fn event_rule(message: &MessageDescriptor) -> Option<EventRule> {
    let value = extension(&message.options(), "learnflow.api.v1.event")?;
    let rule = value.as_message()?;
    Some(EventRule {
        topic: text(rule, "topic"),
        key_field: text(rule, "key_field"),
        subject_field: text(rule, "subject_field"),
    })
}

/// The words that JSON has for an enum value: the label, or else the name less the enum's prefix, then the aliases.
pub(crate) fn words(value: &prost_reflect::EnumValueDescriptor) -> Vec<String> {
    let options = value.options();
    let label = extension(&options, "learnflow.api.v1.label");
    let label = label.as_ref().and_then(Value::as_str).map(ToOwned::to_owned);
    let prefix = format!("{}_", upper_snake(value.parent_enum().name()));
    let default = || value.name().strip_prefix(&prefix).unwrap_or(value.name()).to_lowercase();
    let aliases = extension(&options, "learnflow.api.v1.aliases");
    let aliases = aliases.as_ref().and_then(Value::as_list).unwrap_or_default();
    std::iter::once(label.unwrap_or_else(default))
        .chain(aliases.iter().filter_map(Value::as_str).map(ToOwned::to_owned))
        .collect()
}

/// `AgentType` → `AGENT_TYPE`.
pub(crate) fn upper_snake(camel: &str) -> String {
    let mut out = String::new();
    for (index, letter) in camel.char_indices() {
        if letter.is_uppercase() && index > 0 {
            out.push('_');
        }
        out.extend(letter.to_uppercase());
    }
    out
}
