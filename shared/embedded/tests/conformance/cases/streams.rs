//! Calls of many messages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

use crate::echo::{Answer, Ask, request};
use crate::world::World;

crate::cases::cases! {
    a_server_stream_passes,
    a_client_stream_passes,
    a_bidirectional_stream_talks_to_and_fro,
    messages_pass_as_they_come,
    a_stream_can_fail_midway,
    a_stream_of_nothing_can_end_well,
    the_callee_notices_a_stream_that_is_dropped,
    a_message_over_4_mib_ends_a_stream,
}

const TO_BETA: [(&str, &str); 2] = [("dapr-app-id", "beta"), ("dapr-stream", "true")];

/// Everything that comes, and how it ends.
async fn collect(mut answers: Streaming<Answer>) -> (Vec<Answer>, Code) {
    let mut all = Vec::new();
    loop {
        match answers.message().await {
            Ok(Some(answer)) => all.push(answer),
            Ok(None) => return (all, Code::Ok),
            Err(status) => return (all, status.code()),
        }
    }
}

fn ask(text: &str) -> Ask {
    Ask { text: text.to_owned(), ..Ask::default() }
}

async fn a_server_stream_passes(world: Arc<World>) {
    let asked = request(Ask { answers: 5, ..ask("hello") }, &TO_BETA);
    let answers = world.echo("alpha").server_stream(asked).await.unwrap();
    assert_eq!(answers.metadata().get("x-initial").unwrap(), "first");
    let (answers, code) = collect(answers.into_inner()).await;
    assert_eq!((answers.len(), code), (5, Code::Ok));
    assert!(answers.iter().all(|answer| answer.text == "hello"));
}

async fn a_client_stream_passes(world: Arc<World>) {
    let asked = request(stream::iter([ask("a"), ask("b"), ask("c")]), &TO_BETA);
    let answer = world.echo("alpha").client_stream(asked).await.unwrap().into_inner();
    assert_eq!(answer.text, "a,b,c");
}

async fn a_bidirectional_stream_talks_to_and_fro(world: Arc<World>) {
    let (sender, receiver) = mpsc::channel(1);
    sender.send(ask("0")).await.unwrap();
    let answers = world.echo("alpha").bidi(request(ReceiverStream::new(receiver), &TO_BETA)).await.unwrap();
    let mut answers = answers.into_inner();
    for turn in 0..20 {
        assert_eq!(answers.message().await.unwrap().unwrap().text, turn.to_string());
        sender.send(ask(&(turn + 1).to_string())).await.unwrap();
    }
    drop(sender);
    let (rest, code) = collect(answers).await;
    assert_eq!((rest.len(), code), (1, Code::Ok));
}

async fn messages_pass_as_they_come(world: Arc<World>) {
    let asked = request(Ask { answers: 3, delay_ms: 1_500, ..Ask::default() }, &TO_BETA);
    let start = Instant::now();
    let mut answers = world.echo("alpha").server_stream(asked).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    assert!(start.elapsed() < Duration::from_millis(2_900), "{:?}", start.elapsed());
    collect(answers).await;
    assert!(start.elapsed() > Duration::from_millis(4_400));
}

async fn a_stream_can_fail_midway(world: Arc<World>) {
    let asked = request(Ask { answers: 3, code: 8, ..Ask::default() }, &TO_BETA);
    let answers = world.echo("alpha").server_stream(asked).await.unwrap().into_inner();
    let (answers, code) = collect(answers).await;
    assert_eq!((answers.len(), code), (3, Code::ResourceExhausted));
}

async fn a_stream_of_nothing_can_end_well(world: Arc<World>) {
    let asked = request(Ask::default(), &TO_BETA);
    let answers = world.echo("alpha").server_stream(asked).await.unwrap().into_inner();
    assert_eq!(collect(answers).await, (Vec::new(), Code::Ok));
}

async fn the_callee_notices_a_stream_that_is_dropped(world: Arc<World>) {
    let ask = Ask { answers: 1000, delay_ms: 50, key: "dropped stream".into(), ..Ask::default() };
    let mut answers = world.echo("alpha").server_stream(request(ask, &TO_BETA)).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    drop(answers);
    let start = Instant::now();
    while world.app("beta").counts.cancelled("dropped stream") == 0 {
        assert!(start.elapsed() < Duration::from_secs(5), "the callee still streams to nobody");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn a_message_over_4_mib_ends_a_stream(world: Arc<World>) {
    let payload = bytes::Bytes::from(vec![0; 4 * 1024 * 1024 + 1]);
    let asks = stream::iter([ask("small"), Ask { payload, ..ask("large") }]);
    let code = match world.echo("alpha").bidi(request(asks, &TO_BETA)).await {
        Ok(answers) => collect(answers.into_inner()).await.1,
        Err(status) => status.code(),
    };
    assert_eq!(code, Code::ResourceExhausted);
}
