//! The callbacks of [`Counter`](super::Counter), of which one matters.

use dapr::dapr::proto::common::v1 as common;
use dapr::dapr::proto::runtime::v1 as pb;
use pb::app_callback_server::{AppCallback, AppCallbackServer};
use tonic::{Request, Response, Status};

use super::Counter;

pub(super) fn server(app: Counter) -> AppCallbackServer<impl AppCallback> {
    AppCallbackServer::new(app)
}

#[async_trait::async_trait]
impl AppCallback for Counter {
    async fn on_topic_event(
        &self,
        request: Request<pb::TopicEventRequest>,
    ) -> Result<Response<pb::TopicEventResponse>, Status> {
        let status = self.take(request.into_inner()).await.into();
        Ok(Response::new(pb::TopicEventResponse { status }))
    }

    async fn list_topic_subscriptions(
        &self,
        _: Request<()>,
    ) -> Result<Response<pb::ListTopicSubscriptionsResponse>, Status> {
        Err(Status::unimplemented("files say them"))
    }

    async fn on_bulk_topic_event(
        &self,
        _: Request<pb::TopicEventBulkRequest>,
    ) -> Result<Response<pb::TopicEventBulkResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }

    async fn on_invoke(
        &self,
        _: Request<common::InvokeRequest>,
    ) -> Result<Response<common::InvokeResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }

    async fn list_input_bindings(
        &self,
        _: Request<()>,
    ) -> Result<Response<pb::ListInputBindingsResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }

    async fn on_binding_event(
        &self,
        _: Request<pb::BindingEventRequest>,
    ) -> Result<Response<pb::BindingEventResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }

    async fn on_job_event(
        &self,
        _: Request<pb::JobEventRequest>,
    ) -> Result<Response<pb::JobEventResponse>, Status> {
        Err(Status::unimplemented("not used"))
    }
}
