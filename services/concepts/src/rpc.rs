//! `ConceptsService`: one file a method, and here the one place where errors become statuses.

mod explain;
mod get_module;
mod get_topic;
mod list_modules;
mod list_topics;

use learnflow_concepts_client::pb;
use learnflow_concepts_client::pb::concepts_service_server::ConceptsService;
use learnflow_mailbox::Mailbox;
use learnflow_status::to_status;
use tonic::{Request, Response, Status};

/// What the methods work with.
#[derive(Clone, Debug)]
pub(crate) struct Concepts {
    pub(crate) mailbox: Mailbox,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ConceptsService for Concepts {
    async fn explain(&self, request: Request<pb::ExplainRequest>) -> Answer<pb::ExplainResponse> {
        explain::handle(self, request.into_inner())
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }

    async fn list_modules(&self, _: Request<pb::ListModulesRequest>) -> Answer<pb::ListModulesResponse> {
        Ok(Response::new(list_modules::handle()))
    }

    async fn get_module(&self, request: Request<pb::GetModuleRequest>) -> Answer<pb::GetModuleResponse> {
        get_module::handle(request.into_inner()).map(Response::new).map_err(|error| to_status(&error))
    }

    async fn list_topics(&self, request: Request<pb::ListTopicsRequest>) -> Answer<pb::ListTopicsResponse> {
        list_topics::handle(request.into_inner()).map(Response::new).map_err(|error| to_status(&error))
    }

    async fn get_topic(&self, request: Request<pb::GetTopicRequest>) -> Answer<pb::GetTopicResponse> {
        get_topic::handle(request.into_inner()).map(Response::new).map_err(|error| to_status(&error))
    }
}
