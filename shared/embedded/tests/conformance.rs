//! The conformance suite: one list of cases, run on the embedded runtime and on real daprd with Kafka.
//!
//! A case is what daprd does, said as assertions. A case that only one of the two passes is a difference; it fails the
//! run unless `conformance/differences.toml` lists it with a reason, and a listed one that no longer differs fails too.
//!
//! `LEARNFLOW_CONFORMANCE` = `embedded` or `both`; by default both, if a daprd has been built. With `CI` set, the real
//! thing must be there. `LEARNFLOW_DAPRD` and `LEARNFLOW_KAFKA_BROKERS` name what is to be used instead of starting
//! it. Words on the command line choose the cases whose names contain one of them.

// A main of its own is not a test to the compiler, so what is allowed in tests must be said.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "conformance/app.rs"]
mod app;
#[path = "conformance/cases.rs"]
mod cases;
#[path = "conformance/daprd.rs"]
mod daprd;
#[path = "conformance/echo.rs"]
mod echo;
#[path = "conformance/kafka.rs"]
mod kafka;
#[path = "conformance/real.rs"]
mod real;
#[path = "conformance/resources.rs"]
mod resources;
#[path = "conformance/table.rs"]
mod table;
#[path = "conformance/world.rs"]
mod world;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cases::Case;
use futures::StreamExt as _;
use real::{Mode, Real};
use table::Outcomes;
use tracing_subscriber::EnvFilter;
use world::World;

/// Cases at a time.
const TOGETHER: usize = 12;
/// The longest that a case may take.
const LIMIT: Duration = Duration::from_secs(40);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--list") {
        // What cargo-nextest asks of every test binary.
        if !words.iter().any(|word| word == "--ignored") {
            println!("conformance: test");
        }
        return ExitCode::SUCCESS;
    }
    let filter: Vec<_> =
        words.into_iter().filter(|word| !word.starts_with('-') && word != "conformance").collect();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    // One line a failing case is enough.
    std::panic::set_hook(Box::new(|_| {}));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let result = runtime.block_on(async {
        tokio::select! {
            result = run(&filter) => result,
            // What was started is ended on the way out.
            _ = tokio::signal::ctrl_c() => Err("interrupted".to_owned()),
        }
    });
    match result {
        Ok(wrong) if wrong.is_empty() => ExitCode::SUCCESS,
        Ok(wrong) => {
            println!("\n{} wrong:\n  {}", wrong.len(), wrong.join("\n  "));
            ExitCode::FAILURE
        }
        Err(message) => {
            println!("conformance: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(filter: &[String]) -> Result<Vec<String>, String> {
    let mode = Mode::read()?;
    let all = cases::all();
    let names: Vec<_> = all.iter().map(|case| case.name).collect();
    let mut listed = table::differences(&names);
    let chosen =
        |case: &&Case| filter.is_empty() || filter.iter().any(|word| case.name.contains(word.as_str()));
    let cases: Vec<_> = all.iter().filter(chosen).collect();
    listed.retain(|difference| cases.iter().any(|case| difference.is_of(case.name)));

    let embedded = try_all("embedded", World::embedded(), &cases).await?;
    let real = if mode == Mode::Embedded { Err("not asked for".to_owned()) } else { Real::find(mode) };
    let daprd = match &real {
        Ok(real) => {
            Some(try_all("daprd", World::daprd(real.daprd.clone(), real.brokers.clone()), &cases).await?)
        }
        Err(message) if mode == Mode::Both => {
            return Err(format!("the real daprd and Kafka are missing: {message}"));
        }
        Err(message) => {
            println!("only the embedded runtime was tried, not daprd: {message}");
            None
        }
    };
    let (table, wrong) = table::compare(&embedded, daprd.as_ref(), &listed);
    println!("\n{table}\nalso in {}", table::write(&table).display());
    Ok(wrong)
}

/// Runs the cases in a world, a few at a time.
async fn try_all(
    name: &str,
    world: impl Future<Output = Arc<World>> + Send + 'static,
    cases: &[&Case],
) -> Result<Outcomes, String> {
    let start = Instant::now();
    let world =
        tokio::spawn(world).await.map_err(|error| format!("{name} did not start: {}", cause(error)))?;
    let started = start.elapsed();
    let outcomes = futures::stream::iter(cases.iter().map(|case| {
        let world = Arc::clone(&world);
        async move {
            let running = tokio::spawn((case.run)(world));
            let abort = running.abort_handle();
            let outcome = tokio::time::timeout(LIMIT, running).await.map(|result| result.map_err(cause));
            let late = || {
                abort.abort();
                Err(format!("took longer than {LIMIT:?}"))
            };
            (case.name, outcome.unwrap_or_else(|_| late()))
        }
    }));
    let outcomes = outcomes.buffer_unordered(TOGETHER).collect::<Outcomes>().await;
    let took = start.elapsed().saturating_sub(started);
    println!("{name}: {} cases in {took:.1?}, after {started:.1?} to start", outcomes.len());
    if let Some(world) = Arc::into_inner(world) {
        world.end().await;
    }
    Ok(outcomes)
}

/// The words of a panic.
fn cause(error: tokio::task::JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "was cancelled".to_owned() };
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}
