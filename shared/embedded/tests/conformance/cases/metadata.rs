//! What caller and callee see of each other's metadata.

use std::sync::Arc;

use tonic::metadata::MetadataValue;

use crate::echo::{Answer, Ask, request};
use crate::world::World;

crate::cases::cases! {
    metadata_passes,
    binary_metadata_passes,
    the_callee_sees_both_app_ids,
    a_forged_caller_comes_first,
    the_app_id_is_taken_away,
    the_callee_sees_the_deadline,
    initial_metadata_passes,
    without_tracing_the_trace_context_passes_as_it_is,
    with_tracing_the_last_traceparent_is_the_sidecars,
    with_tracing_and_no_parent_there_is_a_new_trace,
}

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async fn ask(world: &World, caller: &str, metadata: &[(&'static str, &str)]) -> Answer {
    let mut all = vec![("dapr-app-id", "beta")];
    all.extend_from_slice(metadata);
    world.echo(caller).unary(request(Ask::default(), &all)).await.unwrap().into_inner()
}

async fn metadata_passes(world: Arc<World>) {
    let answer = ask(&world, "alpha", &[("x-own", "one"), ("x-own", "two"), ("x-empty", "")]).await;
    assert_eq!(answer.seen("x-own"), ["one", "two"]);
    assert_eq!(answer.seen("x-empty"), [""]);
}

async fn binary_metadata_passes(world: Arc<World>) {
    let mut asked = request(Ask::default(), &[("dapr-app-id", "beta")]);
    asked.metadata_mut().insert_bin("x-own-bin", MetadataValue::from_bytes(&[0, 159, 255]));
    let answer = world.echo("alpha").unary(asked).await.unwrap().into_inner();
    let seen = answer.metadata.iter().find(|pair| pair.name == "x-own-bin").unwrap();
    assert_eq!(seen.value, [0, 159, 255]);
}

async fn the_callee_sees_both_app_ids(world: Arc<World>) {
    let answer = ask(&world, "alpha", &[]).await;
    assert_eq!(answer.seen("dapr-caller-app-id"), ["alpha"]);
    assert_eq!(answer.seen("dapr-callee-app-id"), ["beta"]);
}

async fn a_forged_caller_comes_first(world: Arc<World>) {
    let answer = ask(&world, "alpha", &[("dapr-caller-app-id", "forged")]).await;
    assert_eq!(answer.seen("dapr-caller-app-id"), ["forged", "alpha"]);
}

async fn the_app_id_is_taken_away(world: Arc<World>) {
    let answer = ask(&world, "alpha", &[("dapr-stream", "true"), ("dapr-api-token", "secret")]).await;
    assert_eq!(answer.seen("dapr-app-id").len(), 0);
    assert_eq!(answer.seen("dapr-api-token").len(), 0);
    assert_eq!(answer.seen("dapr-stream"), ["true"]);
}

async fn the_callee_sees_the_deadline(world: Arc<World>) {
    let mut asked = request(Ask::default(), &[("dapr-app-id", "beta")]);
    asked.set_timeout(std::time::Duration::from_secs(20));
    let answer = world.echo("alpha").unary(asked).await.unwrap().into_inner();
    assert_eq!(answer.seen("grpc-timeout").len(), 1);
}

async fn initial_metadata_passes(world: Arc<World>) {
    let answer =
        world.echo("alpha").unary(request(Ask::default(), &[("dapr-app-id", "beta")])).await.unwrap();
    assert_eq!(answer.metadata().get("x-initial").unwrap(), "first");
    assert_eq!(answer.metadata().get_bin("x-initial-bin").unwrap().to_bytes().unwrap().as_ref(), [0, 255]);
}

async fn without_tracing_the_trace_context_passes_as_it_is(world: Arc<World>) {
    let answer = ask(&world, "alpha", &[("traceparent", PARENT), ("tracestate", "a=b")]).await;
    assert_eq!(answer.seen("traceparent"), [PARENT]);
    assert_eq!(answer.seen("tracestate"), ["a=b"]);
    assert_eq!(answer.seen("grpc-trace-bin").len(), 0);
}

async fn with_tracing_the_last_traceparent_is_the_sidecars(world: Arc<World>) {
    let answer = ask(&world, "traced", &[("traceparent", PARENT)]).await;
    let seen = answer.seen("traceparent");
    assert_eq!((seen.len(), seen[0].as_str()), (2, PARENT));
    assert_eq!(seen[1][..36], PARENT[..36], "the same trace");
    assert_ne!(seen[1][36..52], PARENT[36..52], "another span");
    assert!(seen[1].ends_with("-01"), "{seen:?}");
    assert_eq!(answer.seen("grpc-trace-bin").len(), 1);
}

async fn with_tracing_and_no_parent_there_is_a_new_trace(world: Arc<World>) {
    let answer = ask(&world, "traced", &[]).await;
    let seen = answer.seen("traceparent");
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].ends_with("-01"), "{seen:?}");
}
