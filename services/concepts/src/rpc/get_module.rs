//! `ConceptsService.GetModule`: one module with its topics.

use learnflow_concepts_client::pb;
use learnflow_curriculum::catalogue;

use crate::convert;
use crate::error::Error;

pub(super) fn handle(request: pb::GetModuleRequest) -> Result<pb::GetModuleResponse, Error> {
    let module = catalogue().module(request.module_id).ok_or(Error::NoModule(request.module_id))?;
    Ok(pb::GetModuleResponse { module: Some(convert::module(module)) })
}
