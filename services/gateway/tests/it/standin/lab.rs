//! The service of `tests/proto`, by descriptor alone, and the one call of the sidecar's own API that readiness makes.

use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use http::{Request, Response};
use learnflow_gateway::DynamicCodec;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};
use tonic::Status;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};

use super::asked_to_fail;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Messages = Pin<Box<dyn Stream<Item = Result<DynamicMessage, Status>> + Send>>;

/// The contract that only tests know.
pub(crate) fn pool() -> DescriptorPool {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler = protox::Compiler::new([here.join("tests/proto"), here.join("../../proto")]).unwrap();
    compiler.include_imports(true).include_source_info(true).open_file("learnflow/lab/v1/lab.proto").unwrap();
    compiler.descriptor_pool()
}

/// Echoes and counts.
#[derive(Clone, Debug)]
pub(crate) struct Lab(DescriptorPool);

impl Lab {
    pub(crate) fn new() -> Self {
        Self(pool())
    }

    fn message(&self, name: &str) -> MessageDescriptor {
        self.0.get_message_by_name(&format!("learnflow.lab.v1.{name}")).unwrap()
    }
}

impl NamedService for Lab {
    const NAME: &'static str = "learnflow.lab.v1.LabService";
}

impl tower::Service<Request<Body>> for Lab {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let lab = self.clone();
        Box::pin(async move {
            Ok(if request.uri().path().ends_with("/Echo") {
                Grpc::new(DynamicCodec::new(lab.message("Sample"))).unary(Echo, request).await
            } else {
                let answer = lab.message("CountResponse");
                Grpc::new(DynamicCodec::new(lab.message("CountRequest")))
                    .server_streaming(Count(answer), request)
                    .await
            })
        })
    }
}

struct Echo;

impl UnaryService<DynamicMessage> for Echo {
    type Response = DynamicMessage;
    type Future = BoxFuture<Result<tonic::Response<DynamicMessage>, Status>>;

    fn call(&mut self, request: tonic::Request<DynamicMessage>) -> Self::Future {
        Box::pin(async move {
            let message = request.into_inner();
            asked_to_fail(message.get_field_by_name("text").unwrap().as_str().unwrap())?;
            Ok(tonic::Response::new(message))
        })
    }
}

struct Count(MessageDescriptor);

impl ServerStreamingService<DynamicMessage> for Count {
    type Response = DynamicMessage;
    type ResponseStream = Messages;
    type Future = BoxFuture<Result<tonic::Response<Messages>, Status>>;

    fn call(&mut self, request: tonic::Request<DynamicMessage>) -> Self::Future {
        let answer = self.0.clone();
        Box::pin(async move {
            let request = request.into_inner();
            let number = |name| request.get_field_by_name(name).and_then(|value| value.as_i32()).unwrap();
            let (up_to, fail_after) = (number("up_to"), number("fail_after"));
            if up_to < 0 {
                return Err(Status::out_of_range("cannot count down"));
            }
            let messages = (1..=up_to).map(move |current| {
                if fail_after > 0 && current > fail_after {
                    return Err(Status::internal("password=hunter2"));
                }
                let mut message = DynamicMessage::new(answer.clone());
                message.set_field_by_name("current_number", Value::I32(current));
                Ok(message)
            });
            let messages: Messages = Box::pin(tokio_stream::iter(messages));
            Ok(tonic::Response::new(messages))
        })
    }
}

/// The sidecar's own API, as far as readiness asks for it.
#[derive(Clone, Debug)]
pub(crate) struct SidecarApi;

impl NamedService for SidecarApi {
    const NAME: &'static str = "dapr.proto.runtime.v1.Dapr";
}

impl tower::Service<Request<Body>> for SidecarApi {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let response = Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "0")
            .body(super::empty_message())
            .unwrap();
        std::future::ready(Ok(response))
    }
}
