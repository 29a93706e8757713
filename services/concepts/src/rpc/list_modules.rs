//! `ConceptsService.ListModules`: the curriculum, in teaching order.

use learnflow_concepts_client::pb;
use learnflow_curriculum::catalogue;

use crate::convert;

pub(super) fn handle() -> pb::ListModulesResponse {
    pb::ListModulesResponse { modules: catalogue().modules().iter().map(convert::module).collect() }
}
