//! How calls end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tonic::{Code, Request};

use crate::echo::{Ask, FAILURE, request};
use crate::world::World;

crate::cases::cases! {
    every_code_and_its_message_pass,
    details_and_trailers_pass,
    initial_metadata_is_lost_on_error,
    a_message_of_almost_4_mib_passes,
    a_request_over_4_mib_is_refused,
    an_answer_over_4_mib_is_refused,
    a_deadline_ends_the_call_at_the_callee,
    the_callee_notices_a_caller_that_left,
}

fn to_beta(ask: Ask) -> Request<Ask> {
    request(ask, &[("dapr-app-id", "beta")])
}

async fn every_code_and_its_message_pass(world: Arc<World>) {
    for code in 1..=16 {
        let status = world.echo("alpha").unary(to_beta(Ask { code, ..Ask::default() })).await.unwrap_err();
        assert_eq!((status.code() as i32, status.message()), (code, FAILURE));
    }
}

async fn details_and_trailers_pass(world: Arc<World>) {
    let status = world.echo("alpha").unary(to_beta(Ask { code: 9, ..Ask::default() })).await.unwrap_err();
    assert_eq!(status.details(), b"\x0a\x03abc\xff");
    assert_eq!(status.metadata().get_all("x-attempt").iter().count(), 1);
    assert_eq!(status.metadata().get_bin("x-trailer-bin").unwrap().to_bytes().unwrap().as_ref(), [1, 254]);
}

async fn initial_metadata_is_lost_on_error(world: Arc<World>) {
    // A server stream, since tonic sends no initial metadata when a unary method fails.
    let ask = to_beta(Ask { code: 5, ..Ask::default() });
    let metadata = match world.echo("alpha").server_stream(ask).await {
        Err(status) => status.metadata().clone(),
        Ok(response) => {
            let metadata = response.metadata().clone();
            response.into_inner().message().await.unwrap_err();
            metadata
        }
    };
    assert!(metadata.get("x-initial").is_none(), "{metadata:?}");
}

async fn a_message_of_almost_4_mib_passes(world: Arc<World>) {
    let size = 4 * 1024 * 1024 - 10_000;
    let payload = vec![b'y'; size].into();
    let answer =
        world.echo("alpha").unary(to_beta(Ask { payload, size: size as u32, ..Ask::default() })).await;
    assert_eq!(answer.unwrap().into_inner().payload.len(), size);
}

async fn a_request_over_4_mib_is_refused(world: Arc<World>) {
    let payload = vec![b'y'; 4 * 1024 * 1024 + 1].into();
    let status = world.echo("alpha").unary(to_beta(Ask { payload, ..Ask::default() })).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().contains("larger than max"), "{status}");
}

async fn an_answer_over_4_mib_is_refused(world: Arc<World>) {
    let ask = Ask { size: 4 * 1024 * 1024 + 1, ..Ask::default() };
    let status = world.echo("alpha").unary(to_beta(ask)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().contains("larger than max"), "{status}");
}

async fn a_deadline_ends_the_call_at_the_callee(world: Arc<World>) {
    let mut ask = to_beta(Ask { delay_ms: 20_000, key: "deadline".into(), ..Ask::default() });
    ask.set_timeout(Duration::from_millis(400));
    let start = Instant::now();
    let status = world.echo("alpha").unary(ask).await.unwrap_err();
    assert!([Code::DeadlineExceeded, Code::Cancelled].contains(&status.code()), "{status}");
    assert!(start.elapsed() < Duration::from_secs(3));
    left(&world, "deadline").await;
}

async fn the_callee_notices_a_caller_that_left(world: Arc<World>) {
    let echo = world.echo("alpha");
    let ask = Ask { delay_ms: 20_000, key: "left".into(), ..Ask::default() };
    let call = tokio::spawn(async move { echo.unary(to_beta(ask)).await });
    while world.app("beta").counts.attempts("left") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    call.abort();
    left(&world, "left").await;
}

async fn left(world: &World, key: &str) {
    let start = Instant::now();
    while world.app("beta").counts.cancelled(key) == 0 {
        assert!(start.elapsed() < Duration::from_secs(5), "the callee still works for nobody");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
