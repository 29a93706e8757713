//! `ConceptsService.ListTopics`: the topics of a module, or all of them.

use learnflow_concepts_client::pb;
use learnflow_curriculum::catalogue;

use crate::convert;
use crate::error::Error;

pub(super) fn handle(request: pb::ListTopicsRequest) -> Result<pb::ListTopicsResponse, Error> {
    let catalogue = catalogue();
    let topics = match request.module_id {
        0 => catalogue.topics(),
        id if catalogue.module(id).is_some() => catalogue.topics_of(id),
        id => return Err(Error::NoModule(id)),
    };
    Ok(pb::ListTopicsResponse { topics: topics.iter().map(convert::topic).collect() })
}
