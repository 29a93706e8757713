//! The curriculum by RPC.

use learnflow_concepts_client::pb;
use learnflow_testkit::World;
use tonic::Code;

use crate::{client, start};

#[tokio::test]
async fn there_are_eight_modules_and_31_topics_in_teaching_order() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let mut concepts = client(&world).await;
    let modules = concepts.list_modules(pb::ListModulesRequest {}).await.unwrap().into_inner().modules;
    assert_eq!(
        modules.iter().map(|module| module.module_id).collect::<Vec<_>>(),
        (1..=8).collect::<Vec<_>>()
    );
    assert_eq!(
        modules.iter().map(|module| module.topics.len()).collect::<Vec<_>>(),
        [5, 4, 4, 4, 4, 3, 4, 3]
    );

    let topics = concepts.list_topics(pb::ListTopicsRequest::default()).await.unwrap().into_inner().topics;
    let of_modules: Vec<pb::Topic> = modules.iter().flat_map(|module| module.topics.clone()).collect();
    assert_eq!(topics, of_modules);
    let mut ids: Vec<i32> = topics.iter().map(|topic| topic.topic_id).collect();
    assert_eq!((ids.len(), ids[0], ids[30]), (31, 101, 803));
    assert!(ids.is_sorted());
    ids.dedup();
    assert_eq!(ids.len(), 31);

    for module in modules {
        let request = pb::GetModuleRequest { module_id: module.module_id };
        assert_eq!(concepts.get_module(request).await.unwrap().into_inner().module.unwrap(), module);
        let request = pb::ListTopicsRequest { module_id: module.module_id };
        assert_eq!(concepts.list_topics(request).await.unwrap().into_inner().topics, module.topics);
    }
    for topic in topics {
        let request = pb::GetTopicRequest { topic_id: topic.topic_id };
        assert_eq!(concepts.get_topic(request).await.unwrap().into_inner().topic.unwrap(), topic);
        assert_eq!(topic.topic_id / 100, topic.module_id);
    }
}

#[tokio::test]
async fn what_is_not_in_the_catalogue_is_not_found() {
    let world = World::new().await;
    let _concepts = start(&world).await;
    let mut concepts = client(&world).await;
    for module_id in [-1, 9] {
        let refused = concepts.get_module(pb::GetModuleRequest { module_id }).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
        let refused = concepts.list_topics(pb::ListTopicsRequest { module_id }).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
    }
    for topic_id in [0, 106, 999, -101] {
        let refused = concepts.get_topic(pb::GetTopicRequest { topic_id }).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.message()),
            (Code::NotFound, &*format!("topic {topic_id} does not exist"))
        );
    }
    assert_eq!(
        concepts.get_module(pb::GetModuleRequest { module_id: 0 }).await.unwrap_err().code(),
        Code::NotFound
    );
}
