//! The chat service, as the tests need it.

use futures::stream::Empty;
use learnflow_chat_client::pb::chat_service_server::ChatService;
use learnflow_chat_client::pb::*;
use tonic::{Request, Response, Status};

use super::asked_to_fail;

/// Answers by repeating what was asked; `later` is pending.
#[derive(Debug)]
pub(crate) struct Chat;

#[tonic::async_trait]
impl ChatService for Chat {
    type AskStream = Empty<Result<AskResponse, Status>>;
    type SubscribeStream = Empty<Result<SubscribeResponse, Status>>;

    async fn ask(&self, _: Request<AskRequest>) -> Result<Response<Self::AskStream>, Status> {
        Err(Status::unimplemented("not over HTTP"))
    }

    async fn query(&self, request: Request<QueryRequest>) -> Result<Response<QueryResponse>, Status> {
        let request = request.into_inner();
        asked_to_fail(&request.query)?;
        let pending = request.query == "later";
        let status = if pending { MessageStatus::Pending } else { MessageStatus::Answered };
        let context = request.context.unwrap_or_default();
        let mut response = Response::new(QueryResponse {
            message_id: "m-1".to_owned(),
            status: status.into(),
            agent_type: request.query_type,
            confidence: 1.0,
            response: format!("{} asked {:?} about {:?}", request.student_id, request.query, context.code),
            suggestions: vec!["What is range?".to_owned()],
            ..Default::default()
        });
        if pending {
            response.metadata_mut().insert("x-http-code", "202".parse().unwrap());
        } else if request.query == "odd" {
            response.metadata_mut().insert("x-http-code", "500".parse().unwrap());
        }
        Ok(response)
    }

    async fn subscribe(
        &self,
        _: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        Err(Status::unimplemented("not over HTTP"))
    }

    async fn get_message(
        &self,
        request: Request<GetMessageRequest>,
    ) -> Result<Response<GetMessageResponse>, Status> {
        let GetMessageRequest { student_id, message_id } = request.into_inner();
        let asked_at = prost_types::Timestamp { seconds: 1_770_000_000, nanos: 500_000_000 };
        let message = Message { student_id, message_id, asked_at: Some(asked_at), ..Default::default() };
        Ok(Response::new(GetMessageResponse { message: Some(message) }))
    }

    async fn list_messages(
        &self,
        request: Request<ListMessagesRequest>,
    ) -> Result<Response<ListMessagesResponse>, Status> {
        let request = request.into_inner();
        let next_page_token =
            format!("{}/{}/{}", request.conversation_id, request.page_size, request.page_token);
        Ok(Response::new(ListMessagesResponse { messages: Vec::new(), next_page_token }))
    }
}
