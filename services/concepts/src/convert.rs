//! Between the wire and the domain.

use learnflow_concepts_client::pb;
use learnflow_curriculum::{Example, Level, Module, Topic, catalogue};
use learnflow_status::Invalid;
use learnflow_triage_client::pb as triage;
use learnflow_wire::learnflow::common::v1::{CodeExample, MasteryLevel};

use crate::domain::{Concept, Said};

impl TryFrom<pb::ExplainRequest> for Concept {
    type Error = Invalid;

    fn try_from(request: pb::ExplainRequest) -> Result<Self, Invalid> {
        let pb::ExplainRequest { concept, topic, topic_id, mastery_level, student_id } = request;
        Self::new(topic_id, &concept, &topic, mastery_level, &student_id)
    }
}

impl From<&triage::RoutedQuestion> for Said {
    fn from(question: &triage::RoutedQuestion) -> Self {
        let route = question.route.as_ref();
        let topic_id = route.map(|route| route.topic_id).filter(|id| *id != 0);
        let clarifying = route.map(|route| route.clarifying_question.clone()).filter(|text| !text.is_empty());
        Self {
            query: question.query.clone(),
            topic_id,
            clarifying_question: clarifying,
            mastery: question.mastery,
        }
    }
}

/// A level on the wire.
pub(crate) const fn mastery_level(level: Level) -> MasteryLevel {
    match level {
        Level::Beginner => MasteryLevel::Beginner,
        Level::Learning => MasteryLevel::Learning,
        Level::Proficient => MasteryLevel::Proficient,
        Level::Mastered => MasteryLevel::Mastered,
    }
}

/// An example on the wire.
pub(crate) fn code_example(example: &Example) -> CodeExample {
    CodeExample { title: example.title.clone(), code: example.code.clone(), output: example.output.clone() }
}

/// A topic on the wire.
pub(crate) fn topic(topic: &Topic) -> pb::Topic {
    pb::Topic {
        topic_id: topic.id,
        module_id: topic.module_id,
        slug: topic.slug.clone(),
        title: topic.title.clone(),
        summary: topic.summary.clone(),
        aliases: topic.aliases.clone(),
        related: topic.related.clone(),
    }
}

/// A module with its topics on the wire.
pub(crate) fn module(module: &Module) -> pb::Module {
    pb::Module {
        module_id: module.id,
        title: module.title.clone(),
        description: module.description.clone(),
        topics: catalogue().topics_of(module.id).iter().map(topic).collect(),
    }
}
