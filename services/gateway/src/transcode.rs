//! HTTP/JSON ↔ gRPC by descriptor, as the `google.api.http` options of the contracts say.
//!
//! | step | file |
//! |---|---|
//! | the options, checked once | `binding`, `rule`, `template` |
//! | path and method → binding | `table`, `path` |
//! | body, query string, path → message | `body`, `request`, `decode`, `query`, `scalar`, `wkt`, `words`, `report` |
//! | the call | `call`, `codec` |
//! | message → JSON | `encode`, `stream`, `casing` |

mod binding;
mod body;
mod call;
mod casing;
mod codec;
mod decode;
mod encode;
mod path;
mod query;
mod report;
mod request;
#[cfg(test)]
mod round_trip;
mod rule;
mod scalar;
mod stream;
mod table;
mod template;
pub(crate) mod wkt;
mod words;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request};
use prost_reflect::DescriptorPool;
use tokio::time::Instant;
use tonic::Status;
use tower::util::BoxCloneSyncService;

pub use binding::app_id;
pub(crate) use binding::{Binding, BodyRule};
pub use codec::DynamicCodec;
pub(crate) use words::Words;

use crate::Error;
use crate::refusal::Refusal;
use call::Call;
use casing::Case;
use encode::Style;
use path::Path;
use table::{Found, Table};

/// The way to one service. A sidecar's `AppChannel` is one; a plain channel becomes one when its errors are turned into
/// statuses.
pub type Target =
    BoxCloneSyncService<http::Request<tonic::body::Body>, http::Response<tonic::body::Body>, Status>;

/// What the transcoder must know beyond the contracts.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// From the head of a request to its answer.
    pub(crate) request_timeout: Duration,
    /// The largest body.
    pub(crate) max_body_bytes: usize,
    /// Routes that answer in camelCase unless the client asks otherwise.
    pub(crate) camel_routes: Vec<String>,
}

/// What is read off the contracts at the start.
pub(crate) struct Contracts {
    pub(crate) pool: DescriptorPool,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) words: Words,
    table: Table,
}

impl Contracts {
    pub(crate) fn read(pool: &DescriptorPool) -> Result<Self, Error> {
        let bindings = binding::read(pool)?;
        let mut table = Table::default();
        for (place, binding) in bindings.iter().enumerate() {
            table.insert(&binding.http_method, &binding.template, place).map_err(|other| {
                let other = bindings.get(other).map_or("another", |other| other.rpc.method.full_name());
                let problem = format!("{} {} is {other}'s already", binding.http_method, binding.route);
                Error::contract(binding.rpc.method.full_name(), problem)
            })?;
        }
        Ok(Self { pool: pool.clone(), bindings, words: Words::read(pool), table })
    }
}

/// Serves every binding of the contracts.
pub(crate) struct Transcoder {
    contracts: Arc<Contracts>,
    targets: HashMap<String, Target>,
    options: Options,
}

/// The route that served a request, in the extensions of its response.
#[derive(Clone, Debug)]
pub(crate) struct Route(pub(crate) Arc<str>);

impl Transcoder {
    /// A transcoder for the contracts; `target` makes the way to an app-id, once for each.
    pub(crate) fn new(contracts: Arc<Contracts>, target: &dyn Fn(&str) -> Target, options: Options) -> Self {
        let mut targets = HashMap::new();
        for binding in &contracts.bindings {
            let app_id = &binding.rpc.app_id;
            if !targets.contains_key(app_id) {
                targets.insert(app_id.clone(), target(app_id));
            }
        }
        Self { contracts, targets, options }
    }

    /// Serves one request.
    pub(crate) async fn handle(&self, request: Request<Body>) -> Response {
        let binding = match self.find(&request) {
            Ok(binding) => binding,
            Err(refusal) => return refusal.into_response(),
        };
        let mut response = self.serve(binding, request).await.unwrap_or_else(Refusal::into_response);
        response.extensions_mut().insert(Route(Arc::clone(&binding.route)));
        response
    }

    fn find(&self, request: &Request<Body>) -> Result<&Binding, Refusal> {
        let path = path(request)?;
        match self.contracts.table.find(request.method(), &path) {
            Found::Binding(place) => self.contracts.bindings.get(place).ok_or_else(Refusal::no_such_path),
            Found::Methods(allow) => Err(Refusal::method(allow)),
            Found::Nothing => Err(Refusal::no_such_path()),
        }
    }

    async fn serve(&self, binding: &Binding, request: Request<Body>) -> Result<Response, Refusal> {
        let until = Instant::now() + self.options.request_timeout;
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, ());
        let body = body::read(request.headers(), body, self.options.max_body_bytes, until).await?;
        let json = match binding.body {
            BodyRule::Nothing if body.is_empty() => None,
            BodyRule::Nothing => return Err(Refusal::unreadable("this call takes no body")),
            BodyRule::Message | BodyRule::Field(_) => Some(body::parse(request.headers(), &body)?),
        };
        let parsed = request::parse(binding, &self.contracts.words, &path(&request)?, request.uri(), json)?;
        let case =
            parsed.case.or_else(|| Case::accepted(request.headers())).unwrap_or(self.default_case(binding));

        let target = self.targets.get(&binding.rpc.app_id).cloned().ok_or_else(Refusal::internal)?;
        let call = Call { rpc: &binding.rpc, target, headers: request.headers(), until };
        if binding.rpc.method.is_server_streaming() {
            let messages = call.stream(parsed.message).await?;
            return Ok(stream::response(
                messages,
                Arc::clone(&self.contracts),
                binding.clone(),
                case,
                request.headers(),
            ));
        }
        let (answer, status) = call.unary(parsed.message).await?;
        let style = Style { words: &self.contracts.words, case };
        let json = style.write(&answer, binding.response_field.as_ref()).map_err(|error| {
            tracing::error!(rpc = binding.rpc.method.full_name(), error = %error, "answer has no JSON form");
            Refusal::internal()
        })?;
        let mut response = Response::new(Body::from(json));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(response)
    }

    fn default_case(&self, binding: &Binding) -> Case {
        let camel = self.options.camel_routes.iter().any(|route| **route == *binding.route);
        if camel { Case::Camel } else { Case::Snake }
    }
}

fn path<B>(request: &Request<B>) -> Result<Path<'_>, Refusal> {
    Path::parse(request.uri().path())
        .ok_or_else(|| Refusal::unreadable("the path is not percent-encoded UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab;

    fn problem(options: &[&str]) -> String {
        Contracts::read(&lab::compile(options)).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn contracts_that_cannot_be_served_are_refused_at_the_start() {
        for (option, expected) in [
            (
                "option (google.api.http) = {get: \"/a/{nam}\"};",
                "nam is not a field here; did you mean name?",
            ),
            ("option (google.api.http) = {get: \"/a/{names}\"};", "names must be a single value"),
            ("option (google.api.http) = {get: \"/a/{inner}\"};", "inner is an object"),
            ("option (google.api.http) = {get: \"a\"};", "must start with a slash"),
            ("option (google.api.http) = {post: \"/a\" body: \"text\"};", "body \"text\" is no field"),
            (
                "option (google.api.http) = {get: \"/a\" response_body: \"text\"};",
                "response_body \"text\" is no field",
            ),
            ("option (google.api.http) = {body: \"*\"};", "has no path"),
        ] {
            let problem = problem(&[option]);
            assert!(problem.starts_with("learnflow.trial.v1.TrialService.Call0: "), "{option}: {problem}");
            assert!(problem.contains(expected), "{option}: {problem}");
        }
        assert_eq!(problem(&["option (google.api.http) = {get: \"/a/{inner.name}\"};"]), "");
    }

    #[test]
    fn two_calls_cannot_have_one_path() {
        let problem = problem(&[
            "option (google.api.http) = {get: \"/a/{name}\"};",
            "option (google.api.http) = {get: \"/a/{inner.name}\"};",
        ]);
        assert_eq!(
            problem,
            "learnflow.trial.v1.TrialService.Call1: GET /a/{inner.name} is learnflow.trial.v1.TrialService.Call0's already"
        );
    }
}
