//! Who is called.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tonic::{Code, Request};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use crate::echo::{Ask, request};
use crate::world::World;

crate::cases::cases! {
    the_app_id_names_the_callee,
    the_callee_id_goes_before_the_app_id,
    an_app_can_call_itself,
    without_an_app_id_the_call_is_unknown,
    an_unknown_app_is_unknown,
    forwarded_dapr_metadata_calls_oneself,
    an_app_that_is_down_is_unavailable,
    a_method_that_the_app_lacks_is_unimplemented,
    health_of_an_app_passes,
    many_calls_share_a_connection,
}

async fn the_app_id_names_the_callee(world: Arc<World>) {
    for callee in ["beta", "timed"] {
        let answer = world.echo("alpha").unary(request(Ask::default(), &[("dapr-app-id", callee)])).await;
        assert_eq!(answer.unwrap().into_inner().app, callee);
    }
}

async fn the_callee_id_goes_before_the_app_id(world: Arc<World>) {
    let metadata = [("dapr-app-id", "timed"), ("dapr-callee-app-id", "beta")];
    let answer = world.echo("alpha").unary(request(Ask::default(), &metadata)).await.unwrap().into_inner();
    assert_eq!(answer.app, "beta");
}

async fn an_app_can_call_itself(world: Arc<World>) {
    let answer =
        world.echo("alpha").unary(request(Ask::default(), &[("dapr-app-id", "alpha")])).await.unwrap();
    let answer = answer.into_inner();
    assert_eq!(answer.app, "alpha");
    assert_eq!((answer.seen("dapr-caller-app-id").len(), answer.seen("dapr-callee-app-id").len()), (0, 0));
}

async fn without_an_app_id_the_call_is_unknown(world: Arc<World>) {
    let status = world.echo("alpha").unary(Request::new(Ask::default())).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown, "{status}");
    assert!(
        status.message().contains("required metadata dapr-callee-app-id or dapr-app-id not found"),
        "{status}"
    );
}

async fn an_unknown_app_is_unknown(world: Arc<World>) {
    let start = Instant::now();
    let status =
        world.echo("alpha").unary(request(Ask::default(), &[("dapr-app-id", "nobody")])).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown, "{status}");
    assert!(status.message().contains("nobody"), "{status}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

async fn forwarded_dapr_metadata_calls_oneself(world: Arc<World>) {
    // As an app would send it that hands on what it got, meaning to call beta.
    let metadata =
        [("dapr-caller-app-id", "timed"), ("dapr-callee-app-id", "alpha"), ("dapr-app-id", "beta")];
    let answer = world.echo("alpha").unary(request(Ask::default(), &metadata)).await.unwrap().into_inner();
    assert_eq!(answer.app, "alpha");
}

async fn an_app_that_is_down_is_unavailable(world: Arc<World>) {
    let start = Instant::now();
    let status =
        world.echo("alpha").unary(request(Ask::default(), &[("dapr-app-id", "down")])).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

async fn a_method_that_the_app_lacks_is_unimplemented(world: Arc<World>) {
    let ask = request(Ask::default(), &[("dapr-app-id", "beta")]);
    let status = world.echo("alpha").call("/conformance.v1.Nothing/Here", ask).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented, "{status}");
}

async fn health_of_an_app_passes(world: Arc<World>) {
    let check = request(HealthCheckRequest::default(), &[("dapr-app-id", "beta")]);
    let answer = HealthClient::new(world.channel("alpha")).check(check).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
}

async fn many_calls_share_a_connection(world: Arc<World>) {
    let echo = crate::echo::EchoClient { channel: world.new_channel("alpha") };
    let calls = (0..250).map(|_| {
        let echo = echo.clone();
        let ask = Ask { delay_ms: 2_500, ..Ask::default() };
        async move { echo.unary(request(ask, &[("dapr-app-id", "beta")])).await }
    });
    let start = Instant::now();
    for result in futures::future::join_all(calls).await {
        result.unwrap();
    }
    assert!(start.elapsed() < Duration::from_millis(4_900), "some waited for others: {:?}", start.elapsed());
}
