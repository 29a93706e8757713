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
mod rule;
mod scalar;
mod stream;
mod table;
mod template;
pub(crate) mod wkt;
mod words;
#[cfg(test)]
mod round_trip;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use prost_reflect::DescriptorPool;
use tokio::time::Instant;
use tonic::Status;
use tower::util::BoxCloneSyncService;

pub use binding::app_id;
pub(crate) use binding::{Binding, BodyRule};
pub use casing::Case;
pub use codec::DynamicCodec;
pub(crate) use words::Words;

use crate::Error;
use crate::refusal::Refusal;
use call::Call;
use encode::Style;
use path::Path;
use table::{Found, Table};

/// The way to one service. A sidecar's `AppChannel` is one; a plain channel becomes one when its errors are turned into
/// statuses.
pub type Target = BoxCloneSyncService<http::Request<tonic::body::Body>, http::Response<tonic::body::Body>, Status>;

/// What the transcoder must know beyond the contracts.
#[derive(Clone, Debug)]
pub struct Options {
    /// From the head of a request to its answer.
    pub request_timeout: Duration,
    /// The largest body.
    pub max_body_bytes: usize,
    /// Routes that answer in camelCase unless the client asks otherwise.
    pub camel_routes: Vec<String>,
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
pub struct Transcoder {
    contracts: Arc<Contracts>,
    targets: HashMap<String, Target>,
    options: Options,
}

impl fmt::Debug for Transcoder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Transcoder").field("options", &self.options).finish_non_exhaustive()
    }
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
        let (binding, head) = match self.find(&request) {
            Ok(binding) => (binding, request.method() == Method::HEAD),
            Err(refusal) => return refusal.into_response(),
        };
        let mut response = self.serve(binding, request).await.unwrap_or_else(Refusal::into_response);
        response.extensions_mut().insert(Route(Arc::clone(&binding.route)));
        if head { without_body(response) } else { response }
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
        let case = parsed.case.or_else(|| Case::accepted(request.headers())).unwrap_or(self.default_case(binding));

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
    Path::parse(request.uri().path()).ok_or_else(|| Refusal::unreadable("the path is not percent-encoded UTF-8"))
}

/// An answer to HEAD: the headers that GET would have had.
fn without_body(response: Response) -> Response {
    use axum::body::HttpBody as _;
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && parts.extensions.get::<Refusal>().is_none()
    {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}
