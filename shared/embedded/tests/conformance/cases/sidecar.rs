//! What a sidecar says of itself, and secrets.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use dapr::dapr::proto::runtime::v1 as pb;
use tonic::{Code, Status};

use crate::world::World;

crate::cases::cases! {
    metadata_names_the_app_its_components_and_subscriptions,
    metadata_can_be_added,
    a_secret_is_found,
    a_secret_that_is_not_set_is_empty,
    an_unknown_secret_store_is_an_invalid_argument,
    a_wrapped_event_can_be_published,
}

async fn metadata(world: &World, app: &str) -> pb::GetMetadataResponse {
    world.dapr(app).get_metadata(pb::GetMetadataRequest {}).await.unwrap().into_inner()
}

async fn metadata_names_the_app_its_components_and_subscriptions(world: Arc<World>) {
    // The app's own wishes are known once it has been asked.
    let wished = world.topic("wished");
    let mut beta = metadata(&world, "beta").await;
    for _ in 0..200 {
        if beta.subscriptions.iter().any(|subscription| subscription.topic == wished) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        beta = metadata(&world, "beta").await;
    }
    assert_eq!(beta.id, "beta");
    assert!(beta.runtime_version.starts_with("1."), "{}", beta.runtime_version);
    let components: BTreeSet<_> =
        beta.registered_components.iter().map(|it| (it.name.as_str(), it.r#type.as_str())).collect();
    let expected = [
        ("events", "pubsub.kafka"),
        ("live", "pubsub.kafka"),
        ("patient", "pubsub.kafka"),
        ("scoped", "pubsub.kafka"),
        ("secrets", "secretstores.local.env"),
        ("small", "pubsub.kafka"),
        ("store", "state.in-memory"),
    ];
    assert_eq!(components, BTreeSet::from(expected));
    let find = |topic: &str| {
        let topic = world.topic(topic);
        beta.subscriptions.iter().find(|subscription| subscription.topic == topic).unwrap()
    };
    let dropped = find("dropped");
    assert_eq!(
        (dropped.pubsub_name.as_str(), &dropped.dead_letter_topic),
        ("events", &world.topic("dropped.dead"))
    );
    assert_eq!(dropped.rules.as_ref().unwrap().rules[0].path, "/dropped");
    assert_eq!(dropped.r#type(), pb::PubsubSubscriptionType::Declarative);
    assert_eq!(find("wished").r#type(), pb::PubsubSubscriptionType::Programmatic);
    let connection = beta.app_connection_properties.unwrap();
    assert_eq!(connection.port, i32::from(world.app("beta").address.port()));
    assert_eq!(connection.protocol, "grpc");
}

async fn metadata_can_be_added(world: Arc<World>) {
    let request = pb::SetMetadataRequest { key: "added".to_owned(), value: "yes".to_owned() };
    world.dapr("alpha").set_metadata(request).await.unwrap();
    let extended = metadata(&world, "alpha").await.extended_metadata;
    assert_eq!(extended["added"], "yes");
    assert!(extended.contains_key("daprRuntimeVersion"));
}

async fn secret(world: &World, store: &str, key: &str) -> Result<HashMap<String, String>, Status> {
    let request =
        pb::GetSecretRequest { store_name: store.to_owned(), key: key.to_owned(), metadata: HashMap::new() };
    Ok(world.dapr("alpha").get_secret(request).await?.into_inner().data)
}

async fn a_secret_is_found(world: Arc<World>) {
    let found = secret(&world, "secrets", "WORD").await.unwrap();
    assert_eq!(found, HashMap::from([("WORD".to_owned(), "open sesame".to_owned())]));
}

async fn a_secret_that_is_not_set_is_empty(world: Arc<World>) {
    let found = secret(&world, "secrets", "OTHER").await.unwrap();
    assert_eq!(found, HashMap::from([("OTHER".to_owned(), String::new())]));
}

async fn an_unknown_secret_store_is_an_invalid_argument(world: Arc<World>) {
    let failed = secret(&world, "nothing", "WORD").await.unwrap_err();
    assert_eq!(failed.code(), Code::InvalidArgument, "{failed}");
    assert_eq!(failed.message(), "failed finding secret store with key nothing");
}

async fn a_wrapped_event_can_be_published(world: Arc<World>) {
    let request = pb::PublishEventRequest {
        pubsub_name: "events".to_owned(),
        topic: world.topic("records"),
        data: b"{}".to_vec(),
        data_content_type: "application/json".to_owned(),
        metadata: HashMap::new(),
    };
    world.dapr("alpha").publish_event(request).await.unwrap();
}
