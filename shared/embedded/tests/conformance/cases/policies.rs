//! Timeouts, retries and breakers of calls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream;
use tonic::Code;

use crate::echo::{Ask, request};
use crate::world::World;

crate::cases::cases! {
    a_timeout_ends_a_call,
    a_timeout_cuts_a_stream_that_is_not_marked,
    a_marked_stream_may_take_longer_than_the_timeout,
    a_matching_code_is_retried,
    retries_end_with_the_last_status_and_all_trailers,
    another_code_is_not_retried,
    each_attempt_has_its_own_timeout_and_timeouts_are_retried,
    a_call_by_callee_id_has_no_policy,
    a_second_message_and_retries_do_not_go_together,
    a_marked_stream_is_not_retried,
    a_retried_server_stream_repeats_its_messages,
    a_breaker_counts_every_code_and_each_method_alone,
}

fn failing(key: &str, code: Code, failures: u32) -> Ask {
    Ask { key: key.to_owned(), code: code as i32, failures, ..Ask::default() }
}

/// DEADLINE_EXCEEDED as a rule; CANCELLED when daprd hears of the callee's end first.
const TIMED_OUT: [Code; 2] = [Code::DeadlineExceeded, Code::Cancelled];

async fn a_timeout_ends_a_call(world: Arc<World>) {
    let ask = Ask { delay_ms: 20_000, key: "timeout".into(), ..Ask::default() };
    let start = Instant::now();
    let status = world.echo("alpha").unary(request(ask, &[("dapr-app-id", "timed")])).await.unwrap_err();
    assert!(TIMED_OUT.contains(&status.code()), "{status}");
    let took = start.elapsed();
    assert!(took > Duration::from_millis(390) && took < Duration::from_secs(5), "{took:?}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.app("timed").counts.cancelled("timeout"), 1);
}

async fn slow_stream(world: &World, metadata: &[(&'static str, &str)]) -> (usize, Code) {
    let ask = Ask { answers: 6, delay_ms: 150, ..Ask::default() };
    let mut answers = match world.echo("alpha").server_stream(request(ask, metadata)).await {
        Ok(answers) => answers.into_inner(),
        Err(status) => return (0, status.code()),
    };
    let mut count = 0;
    loop {
        match answers.message().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, Code::Ok),
            Err(status) => return (count, status.code()),
        }
    }
}

async fn a_timeout_cuts_a_stream_that_is_not_marked(world: Arc<World>) {
    let (count, code) = slow_stream(&world, &[("dapr-app-id", "timed")]).await;
    assert!(TIMED_OUT.contains(&code), "{code}");
    assert!((1..=3).contains(&count), "{count}");
}

async fn a_marked_stream_may_take_longer_than_the_timeout(world: Arc<World>) {
    let metadata = [("dapr-app-id", "timed"), ("dapr-stream", "true")];
    assert_eq!(slow_stream(&world, &metadata).await, (6, Code::Ok));
}

async fn a_matching_code_is_retried(world: Arc<World>) {
    let ask = failing("matching", Code::Unavailable, 2);
    let answer =
        world.echo("alpha").unary(request(ask, &[("dapr-app-id", "retried")])).await.unwrap().into_inner();
    assert_eq!(answer.attempt, 3);
}

async fn retries_end_with_the_last_status_and_all_trailers(world: Arc<World>) {
    let ask = failing("exhausted", Code::Unavailable, 0);
    let status = world.echo("alpha").unary(request(ask, &[("dapr-app-id", "retried")])).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    let attempts: Vec<_> =
        status.metadata().get_all("x-attempt").iter().map(|it| it.to_str().unwrap()).collect();
    assert_eq!(attempts, ["1", "2", "3"]);
    assert_eq!(status.details(), b"\x0a\x03abc\xff");
}

async fn another_code_is_not_retried(world: Arc<World>) {
    let ask = failing("other", Code::NotFound, 0);
    let status = world.echo("alpha").unary(request(ask, &[("dapr-app-id", "retried")])).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status}");
    assert_eq!(world.app("retried").counts.attempts("other"), 1);
}

async fn each_attempt_has_its_own_timeout_and_timeouts_are_retried(world: Arc<World>) {
    // As a rule: in daprd the end of the attempt races with the callee's notice of it, and now and then the callee's
    // code counts, which does not match.
    for turn in 0..8 {
        let key = format!("both {turn}");
        let ask = Ask { delay_ms: 20_000, key: key.clone(), ..Ask::default() };
        let start = Instant::now();
        let status = world.echo("alpha").unary(request(ask, &[("dapr-app-id", "both")])).await.unwrap_err();
        assert!(TIMED_OUT.contains(&status.code()), "{status}");
        if world.app("both").counts.attempts(&key) == 3 {
            assert!(start.elapsed() > Duration::from_millis(1_190), "{:?}", start.elapsed());
            return;
        }
    }
    panic!("timeouts are not retried");
}

async fn a_call_by_callee_id_has_no_policy(world: Arc<World>) {
    let ask = failing("callee", Code::Unavailable, 0);
    world.echo("alpha").unary(request(ask, &[("dapr-callee-app-id", "retried")])).await.unwrap_err();
    assert_eq!(world.app("retried").counts.attempts("callee"), 1);
}

async fn a_second_message_and_retries_do_not_go_together(world: Arc<World>) {
    let asks = stream::iter([Ask::default(), Ask::default()]);
    let status =
        world.echo("alpha").client_stream(request(asks, &[("dapr-app-id", "retried")])).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
    assert!(status.message().contains("retries on streaming RPCs"), "{status}");
}

async fn a_marked_stream_is_not_retried(world: Arc<World>) {
    let metadata = [("dapr-app-id", "retried"), ("dapr-stream", "true")];
    let asks = stream::iter([Ask::default(), failing("marked", Code::Unavailable, 0)]);
    let status = world.echo("alpha").client_stream(request(asks, &metadata)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert_eq!(world.app("retried").counts.attempts("marked"), 1);
}

async fn a_retried_server_stream_repeats_its_messages(world: Arc<World>) {
    let ask = Ask { answers: 2, ..failing("repeated", Code::Unavailable, 1) };
    let answers =
        world.echo("alpha").server_stream(request(ask, &[("dapr-app-id", "retried")])).await.unwrap();
    let mut answers = answers.into_inner();
    let mut attempts = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        attempts.push(answer.attempt);
    }
    assert_eq!(attempts, [1, 1, 2, 2]);
}

async fn a_breaker_counts_every_code_and_each_method_alone(world: Arc<World>) {
    let echo = world.echo("alpha");
    let ask = |key| request(failing(key, Code::NotFound, 0), &[("dapr-app-id", "moody")]);
    for _ in 0..3 {
        assert_eq!(echo.unary(ask("breaker")).await.unwrap_err().code(), Code::NotFound);
    }
    let status = echo.unary(ask("breaker")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unknown, "circuit breaker is open"));
    assert_eq!(world.app("moody").counts.attempts("breaker"), 3);
    let other = echo.call("/conformance.v1.Echo/Other", ask("other method")).await.unwrap_err();
    assert_eq!(other.code(), Code::NotFound);
}
