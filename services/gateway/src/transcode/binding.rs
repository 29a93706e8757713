//! Bindings: one HTTP method and path of one RPC, checked against the contract once, at the start.

use std::fmt;
use std::sync::Arc;

use http::Method;
use http::uri::PathAndQuery;
use prost_reflect::{DescriptorPool, FieldDescriptor, MethodDescriptor};

use super::query;
use super::rule::Rule;
use super::template::{Template, Variable};
use crate::Error;

/// An RPC that the edge serves.
pub(crate) struct Rpc {
    pub(crate) method: MethodDescriptor,
    /// The app-id of the service.
    pub(crate) app_id: String,
    /// `/package.Service/Method`.
    pub(crate) path: PathAndQuery,
}

/// One HTTP form of an RPC.
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) rpc: Arc<Rpc>,
    pub(crate) http_method: Method,
    /// The template as the contract has it: the route in logs and spans.
    pub(crate) route: Arc<str>,
    pub(crate) template: Template,
    /// The fields of `template.variables`, resolved.
    pub(crate) variables: Vec<(Variable, Vec<FieldDescriptor>)>,
    pub(crate) body: BodyRule,
    /// The field that is the answer; `None` for the whole message.
    pub(crate) response_field: Option<FieldDescriptor>,
}

/// What the body of a request fills.
#[derive(Clone, PartialEq)]
pub(crate) enum BodyRule {
    /// There is none.
    Nothing,
    /// The message.
    Message,
    /// One field of it.
    Field(FieldDescriptor),
}

// The Debug of a descriptor prints the types of its fields, and theirs, without end where a type contains itself.
impl fmt::Debug for Rpc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rpc")
            .field("path", &self.path)
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// The app-id of a package: `learnflow.code_review.v1` is served by `code-review`.
pub fn app_id(package: &str) -> Option<String> {
    let mut parts = package.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("learnflow"), Some(service), Some(version), None) if version.starts_with('v') => {
            Some(service.replace('_', "-"))
        }
        _ => None,
    }
}

/// Every binding of the pool, in the order of the contracts.
pub(crate) fn read(pool: &DescriptorPool) -> Result<Vec<Binding>, Error> {
    let Some(extension) = pool.get_extension_by_name("google.api.http") else { return Ok(Vec::new()) };
    let mut bindings = Vec::new();
    for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let wrong = |problem: String| Error::contract(method.full_name(), problem);
        let rules = Rule::of(&method, &extension).map_err(wrong)?;
        if rules.is_empty() {
            continue;
        }
        let rpc = Arc::new(rpc(&method).map_err(wrong)?);
        for rule in &rules {
            bindings.push(binding(&rpc, rule).map_err(wrong)?);
        }
    }
    Ok(bindings)
}

fn rpc(method: &MethodDescriptor) -> Result<Rpc, String> {
    let service = method.parent_service();
    if method.is_client_streaming() {
        return Err("a client stream has no HTTP form".to_owned());
    }
    let app_id = app_id(service.package_name())
        .ok_or_else(|| format!("package {} belongs to no service", service.package_name()))?;
    let path = PathAndQuery::try_from(format!("/{}/{}", service.full_name(), method.name()))
        .map_err(|_| "its name is no path".to_owned())?;
    Ok(Rpc { method: method.clone(), app_id, path })
}

fn binding(rpc: &Arc<Rpc>, rule: &Rule) -> Result<Binding, String> {
    let path = rule.path.as_str();
    let template = Template::parse(path)?;
    let input = rpc.method.input();
    let mut variables = Vec::new();
    for variable in &template.variables {
        let name = variable.field.join(".");
        let fields = query::resolve(&input, variable.field.iter().map(String::as_str))
            .map_err(|problem| format!("path {path:?}: {name} {problem}"))?;
        if fields.last().is_some_and(|field| field.is_list() || field.is_map()) {
            return Err(format!("path {path:?}: {name} must be a single value"));
        }
        variables.push((variable.clone(), fields));
    }
    let body = match rule.body.as_str() {
        "" => BodyRule::Nothing,
        "*" => BodyRule::Message,
        name => BodyRule::Field(
            input.get_field_by_name(name).ok_or_else(|| format!("body {name:?} is no field"))?,
        ),
    };
    let response_field = match rule.response_body.as_str() {
        "" => None,
        name => {
            let field = rpc.method.output().get_field_by_name(name);
            Some(field.ok_or_else(|| format!("response_body {name:?} is no field"))?)
        }
    };
    let (rpc, route, http_method) = (Arc::clone(rpc), Arc::from(path), rule.method.clone());
    Ok(Binding { rpc, http_method, route, template, variables, body, response_field })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_ids_follow_packages() {
        assert_eq!(app_id("learnflow.code_review.v1").as_deref(), Some("code-review"));
        assert_eq!(app_id("learnflow.chat.v1").as_deref(), Some("chat"));
        for other in ["google.api", "learnflow.chat", "grpc.health.v1", "learnflow.a.b.v1"] {
            assert_eq!(app_id(other), None, "{other}");
        }
    }

    #[test]
    fn additional_bindings_are_bindings() {
        let bindings = read(learnflow_wire::descriptor_pool()).unwrap();
        let of_query: Vec<&str> = bindings
            .iter()
            .filter(|each| each.rpc.method.name() == "Query")
            .map(|each| &*each.route)
            .collect();
        assert_eq!(of_query, ["/api/v1/query", "/api/v1/chat"]);
    }
}
