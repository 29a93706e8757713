//! `ChatService`: one file a method, and here the one place where errors become statuses.

mod ask;
mod get_message;
mod list_messages;
mod query;
mod subscribe;

use std::pin::Pin;
use std::time::Duration;

use futures::Stream;
use learnflow_chat_client::pb;
use learnflow_chat_client::pb::chat_service_server::ChatService;
use learnflow_mailbox::Mailbox;
use learnflow_runtime::Shutdown;
use learnflow_status::to_status;
use tonic::{Request, Response, Status};

use crate::live::Hub;

/// What the methods work with.
#[derive(Clone, Debug)]
pub(crate) struct Chat {
    pub(crate) mailbox: Mailbox,
    pub(crate) hub: Hub,
    pub(crate) answer_wait: Duration,
    pub(crate) shutdown: Shutdown,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl ChatService for Chat {
    type AskStream = Answers<pb::AskResponse>;
    type SubscribeStream = Answers<pb::SubscribeResponse>;

    async fn ask(&self, request: Request<pb::AskRequest>) -> Result<Response<Self::AskStream>, Status> {
        let stream = ask::handle(self, request.into_inner()).await.map_err(|error| to_status(&error))?;
        Ok(Response::new(Box::pin(stream)))
    }

    async fn query(&self, request: Request<pb::QueryRequest>) -> Result<Response<pb::QueryResponse>, Status> {
        query::handle(self, request.into_inner()).await.map_err(|error| to_status(&error))
    }

    async fn subscribe(
        &self,
        request: Request<pb::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let stream = subscribe::handle(self, &request.into_inner()).map_err(|error| to_status(&error))?;
        Ok(Response::new(Box::pin(stream)))
    }

    async fn get_message(
        &self,
        request: Request<pb::GetMessageRequest>,
    ) -> Result<Response<pb::GetMessageResponse>, Status> {
        let response =
            get_message::handle(self, request.into_inner()).await.map_err(|error| to_status(&error))?;
        Ok(Response::new(response))
    }

    async fn list_messages(
        &self,
        request: Request<pb::ListMessagesRequest>,
    ) -> Result<Response<pb::ListMessagesResponse>, Status> {
        let response =
            list_messages::handle(self, request.into_inner()).await.map_err(|error| to_status(&error))?;
        Ok(Response::new(response))
    }
}
