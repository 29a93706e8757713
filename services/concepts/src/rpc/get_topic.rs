//! `ConceptsService.GetTopic`: one topic.

use learnflow_concepts_client::pb;
use learnflow_curriculum::catalogue;

use crate::convert;
use crate::error::Error;

pub(super) fn handle(request: pb::GetTopicRequest) -> Result<pb::GetTopicResponse, Error> {
    let missing = || Error::NoTopic(format!("topic {} does not exist", request.topic_id));
    let topic = catalogue().topic(request.topic_id).ok_or_else(missing)?;
    Ok(pb::GetTopicResponse { topic: Some(convert::topic(topic)) })
}
