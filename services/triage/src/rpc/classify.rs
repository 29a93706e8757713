//! `TriageService.Classify`: says who would answer a question.

use learnflow_triage_client::pb;

use super::Triage;
use crate::domain::{Question, route};
use crate::error::Error;

#[tracing::instrument(name = "triage.classify", skip_all, fields(student.id = %request.student_id))]
pub(super) fn handle(triage: &Triage, request: pb::ClassifyRequest) -> Result<pb::ClassifyResponse, Error> {
    let question = Question::try_from(request)?;
    let route = route(&question, &triage.agents);
    Ok(pb::ClassifyResponse { route: Some(route.into()) })
}
