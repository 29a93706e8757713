//! `TriageService`: one file a method, and here the one place where errors become statuses.

mod classify;

use learnflow_status::to_status;
use learnflow_triage_client::pb;
use learnflow_triage_client::pb::triage_service_server::TriageService;
use tonic::{Request, Response, Status};

use crate::domain::Agents;

/// What the methods work with.
#[derive(Clone, Debug)]
pub(crate) struct Triage {
    pub(crate) agents: Agents,
}

#[tonic::async_trait]
impl TriageService for Triage {
    async fn classify(
        &self,
        request: Request<pb::ClassifyRequest>,
    ) -> Result<Response<pb::ClassifyResponse>, Status> {
        classify::handle(self, request.into_inner()).map(Response::new).map_err(|error| to_status(&error))
    }
}
