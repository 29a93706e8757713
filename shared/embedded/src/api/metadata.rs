//! GetMetadata and SetMetadata.

use std::sync::PoisonError;

use dapr::dapr::proto::runtime::v1 as pb;
use tonic::Status;

use super::Call;
use crate::resources::{Component, Kind, Subscription};

/// What the sidecar calls its version: that of the daprd it imitates, and what it is.
const VERSION: &str = "1.18.3+embedded";

/// What the sidecar knows of itself.
pub(super) async fn get(call: Call<pb::GetMetadataRequest>) -> Result<pb::GetMetadataResponse, Status> {
    let sidecar = call.sidecar;
    let mut extended = sidecar.extended.lock().unwrap_or_else(PoisonError::into_inner).clone();
    extended.insert("daprRuntimeVersion".to_owned(), VERSION.to_owned());
    let connection = sidecar.app.as_ref().map(|app| pb::AppConnectionProperties {
        port: app.address().port().into(),
        protocol: "grpc".to_owned(),
        channel_address: app.address().ip().to_string(),
        max_concurrency: -1,
        health: None,
    });
    Ok(pb::GetMetadataResponse {
        id: sidecar.app_id.clone(),
        registered_components: sidecar.components().map(component).collect(),
        extended_metadata: extended,
        subscriptions: sidecar.subscriptions().into_iter().map(subscription).collect(),
        app_connection_properties: connection,
        runtime_version: VERSION.to_owned(),
        ..Default::default()
    })
}

fn component(component: &Component) -> pb::RegisteredComponents {
    let capabilities: &[&str] = match component.kind {
        Kind::State(_) => &["ETAG", "TRANSACTIONAL", "TTL"],
        Kind::Pubsub(_) | Kind::Secrets(_) => &[],
    };
    pb::RegisteredComponents {
        name: component.name.clone(),
        r#type: component.type_name.clone(),
        version: component.version.clone(),
        capabilities: capabilities.iter().map(ToString::to_string).collect(),
    }
}

fn subscription(subscription: Subscription) -> pb::PubsubSubscription {
    let kind = if subscription.programmatic {
        pb::PubsubSubscriptionType::Programmatic
    } else {
        pb::PubsubSubscriptionType::Declarative
    };
    let rule = pb::PubsubSubscriptionRule { r#match: String::new(), path: subscription.path };
    pb::PubsubSubscription {
        pubsub_name: subscription.pubsub,
        topic: subscription.topic,
        metadata: subscription.metadata,
        rules: Some(pb::PubsubSubscriptionRules { rules: vec![rule] }),
        dead_letter_topic: subscription.dead_letter_topic,
        r#type: kind.into(),
    }
}

/// Adds a pair to what GetMetadata says; a pair without a name is ignored.
pub(super) async fn set(call: Call<pb::SetMetadataRequest>) -> Result<(), Status> {
    let pb::SetMetadataRequest { key, value } = call.request;
    if !key.is_empty() {
        call.sidecar.extended.lock().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }
    Ok(())
}
