//! What stands behind the gateway: a sidecar that is every service itself, and remembers what it was sent.

mod chat;
mod concepts;
mod lab;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request};
use learnflow_chat_client::pb::chat_service_server::ChatServiceServer;
use learnflow_concepts_client::pb::concepts_service_server::ConceptsServiceServer;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};

pub(crate) use lab::pool as lab_pool;

/// Metadata of every call, with its path, in order.
pub(crate) type Calls = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// The stand-in.
#[derive(Debug)]
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    pub(crate) calls: Calls,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let calls = Calls::default();
        let remembered = Arc::clone(&calls);
        let router = Routes::new(ConceptsServiceServer::new(concepts::Concepts))
            .add_service(ChatServiceServer::new(chat::Chat))
            .add_service(lab::Lab::new())
            .add_service(lab::SidecarApi)
            .into_axum_router()
            .layer(axum::middleware::map_request(move |request: Request<axum::body::Body>| {
                let call = (request.uri().path().to_owned(), request.headers().clone());
                remembered.lock().unwrap().push(call);
                std::future::ready(request)
            }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_routes(Routes::from(router))
                .serve_with_incoming(incoming),
        );
        Self { address, calls }
    }

    /// The metadata of the last call of a method.
    pub(crate) fn last(&self, method: &str) -> HeaderMap {
        let calls = self.calls.lock().unwrap();
        let call = calls.iter().rev().find(|(path, _)| path.ends_with(&format!("/{method}")));
        call.unwrap_or_else(|| panic!("no call of {method}")).1.clone()
    }
}

/// `fail 5 some words` asks a service to fail with that code and those words.
fn asked_to_fail(text: &str) -> Result<(), Status> {
    let Some(rest) = text.strip_prefix("fail ") else { return Ok(()) };
    let (code, message) = rest.split_once(' ').unwrap_or((rest, ""));
    let code: i32 = code.parse().unwrap();
    Err(Status::new(Code::from(code), message))
}

/// The body of an answer that is one empty message.
fn empty_message() -> Body {
    Body::new(http_body_util::Full::from(&[0_u8; 5][..]))
}
