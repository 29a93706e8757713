//! The concepts service, as the tests need it.

use std::time::Duration;

use learnflow_concepts_client::pb::concepts_service_server::ConceptsService;
use learnflow_concepts_client::pb::*;
use learnflow_wire::learnflow::common::v1::{AnswerSource, CodeExample, MasteryLevel};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::asked_to_fail;

/// Explains anything, unless asked to fail or to take its time.
#[derive(Debug)]
pub(crate) struct Concepts;

#[tonic::async_trait]
impl ConceptsService for Concepts {
    async fn explain(&self, request: Request<ExplainRequest>) -> Result<Response<ExplainResponse>, Status> {
        let request = request.into_inner();
        asked_to_fail(&request.concept)?;
        match request.concept.as_str() {
            "sleep" => tokio::time::sleep(Duration::from_secs(30)).await,
            "panic" => panic!("asked to"),
            "busy" => {
                let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(2500)));
                return Err(Status::with_error_details(Code::ResourceExhausted, "slow down", details));
            }
            _ => {}
        }
        if request.mastery_level.is_some_and(|level| !(0..=100).contains(&level)) {
            let details =
                ErrorDetails::with_bad_request_violation("mastery_level", "must be between 0 and 100");
            let message = "mastery_level must be between 0 and 100";
            return Err(Status::with_error_details(Code::InvalidArgument, message, details));
        }
        Ok(Response::new(ExplainResponse {
            concept: request.concept,
            topic_id: 202,
            explanation: format!("mastery {:?} of {}", request.mastery_level, request.student_id),
            level: MasteryLevel::Beginner.into(),
            examples: vec![CodeExample {
                title: "count".to_owned(),
                code: "for i in range(3): print(i)".to_owned(),
                output: "0\n1\n2\n".to_owned(),
            }],
            related_concepts: vec!["While loops".to_owned()],
            source: AnswerSource::Embedded.into(),
            ..Default::default()
        }))
    }

    async fn list_modules(
        &self,
        _: Request<ListModulesRequest>,
    ) -> Result<Response<ListModulesResponse>, Status> {
        Ok(Response::new(ListModulesResponse {
            modules: vec![Module { module_id: 1, ..Default::default() }],
        }))
    }

    async fn get_module(
        &self,
        request: Request<GetModuleRequest>,
    ) -> Result<Response<GetModuleResponse>, Status> {
        let module_id = request.into_inner().module_id;
        if !(1..=8).contains(&module_id) {
            return Err(Status::not_found(format!("there is no module {module_id}")));
        }
        Ok(Response::new(GetModuleResponse { module: Some(Module { module_id, ..Default::default() }) }))
    }

    async fn list_topics(
        &self,
        request: Request<ListTopicsRequest>,
    ) -> Result<Response<ListTopicsResponse>, Status> {
        let module_id = request.into_inner().module_id;
        Ok(Response::new(ListTopicsResponse { topics: vec![Topic { module_id, ..Default::default() }] }))
    }

    async fn get_topic(
        &self,
        request: Request<GetTopicRequest>,
    ) -> Result<Response<GetTopicResponse>, Status> {
        let topic_id = request.into_inner().topic_id;
        Ok(Response::new(GetTopicResponse { topic: Some(Topic { topic_id, ..Default::default() }) }))
    }
}
