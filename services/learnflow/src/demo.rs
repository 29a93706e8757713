//! `learnflow demo`: asks questions through the public edge, shows each hop of their way with its time, and the answer.
//! It passes when every question is answered.

mod ask;
mod waterfall;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use learnflow_runtime::telemetry::{Telemetry, TelemetryConfig};
use serde_json::json;

use crate::collector::Collector;
use crate::http::Http;
use crate::platform::{Options as PlatformOptions, Platform};
use crate::stack::Stack;

/// Asked when no question is given.
const QUESTIONS: [&str; 4] = [
    "How do for loops work in Python?",
    "What is a list comprehension?",
    "I don't understand the difference between a tuple and a list",
    "What does a return statement do?",
];

/// The command's options.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Questions to ask; without any, the demo asks its own.
    questions: Vec<String>,
    /// A running gateway; without it the platform is started on the embedded runtime.
    #[arg(long)]
    gateway: Option<String>,
    /// Receives a running platform's spans here (its OTEL_EXPORTER_OTLP_ENDPOINT), to show each hop.
    #[arg(long, requires = "gateway")]
    otlp_listen: Option<SocketAddr>,
    /// Play on the real stack (daprd, Kafka, PostgreSQL): it is started by scripts/stack and ended afterwards.
    #[arg(long, conflicts_with = "gateway")]
    dapr: bool,
    /// Moves every port of the real stack, so that it can run beside another.
    #[arg(long, default_value_t = 0, requires = "dapr")]
    offset: u16,
}

pub(crate) async fn run(options: Options) -> ExitCode {
    match play(options).await {
        Ok(()) => {
            println!("\ndemo: passed");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("\ndemo: failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play(options: Options) -> anyhow::Result<()> {
    let listen = options.otlp_listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let collector = Collector::start(listen).await?;
    if let Some(gateway) = options.gateway {
        let collector = options.otlp_listen.map(|_| collector);
        return questions(&gateway, &options.questions, collector.as_ref()).await;
    }
    if options.dapr {
        return on_the_stack(options.offset, &options.questions, &collector).await;
    }
    embedded(&options.questions, &collector).await
}

async fn embedded(asked: &[String], collector: &Collector) -> anyhow::Result<()> {
    let telemetry =
        TelemetryConfig { otlp_endpoint: Some(collector.endpoint()), log_filter: "error".to_owned() };
    let telemetry = Telemetry::install("learnflow", &telemetry)?;
    println!(
        "Starting the platform in this process: embedded runtime (no production broker), private PostgreSQL …"
    );
    let platform =
        Platform::start(PlatformOptions { free_ports: true, ..PlatformOptions::default() }).await?;
    let played = questions(&platform.gateway_url(), asked, Some(collector)).await;
    let stopped = platform.stop().await;
    tokio::task::spawn_blocking(move || telemetry.flush()).await?;
    played.and(stopped)
}

async fn on_the_stack(offset: u16, asked: &[String], collector: &Collector) -> anyhow::Result<()> {
    println!("Starting the real stack: a sidecar (daprd) for each service, Kafka, PostgreSQL …");
    let binary = std::env::current_exe().context("cannot find this binary")?;
    let stack = Stack::up(&binary, offset, &collector.endpoint()).await?;
    let played = match stack.variable("LEARNFLOW_GATEWAY_URL") {
        Ok(gateway) => questions(gateway, asked, Some(collector)).await,
        Err(error) => Err(error),
    };
    let stopped = stack.down().await;
    played.and(stopped)
}

async fn questions(gateway: &str, asked: &[String], collector: Option<&Collector>) -> anyhow::Result<()> {
    let http = Http::new(gateway);
    wait_until_ready(&http).await?;
    println!("The edge is ready at {gateway}\n");
    curriculum(&http).await?;

    let own: Vec<String> = QUESTIONS.iter().map(ToString::to_string).collect();
    let asked = if asked.is_empty() { &own } else { asked };
    // A student of this run alone, so that a demo can be played again and again.
    let student = format!("demo-{}", uuid::Uuid::now_v7().simple());
    for question in asked {
        ask::ask(&http, &student, question, collector).await.with_context(|| format!("{question:?}"))?;
    }
    history(&http, &student, asked.len()).await
}

async fn wait_until_ready(http: &Http) -> anyhow::Result<()> {
    let mut last = String::new();
    for _ in 0..150 {
        match http.get("/ready").await {
            Ok(answer) if answer.status.is_success() => return Ok(()),
            Ok(answer) => last = answer.body.to_string(),
            Err(error) => last = format!("{error:#}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("the edge is not ready after 30 s: {last}")
}

async fn curriculum(http: &Http) -> anyhow::Result<()> {
    let modules = http.get("/api/v1/modules").await?;
    let list = modules.body["modules"].as_array().context("no modules")?;
    ensure!(list.len() == 8, "the curriculum has {} modules instead of 8", list.len());
    let topics: usize = list.iter().filter_map(|module| module["topics"].as_array().map(Vec::len)).sum();
    println!("The curriculum: {} modules, {topics} topics", list.len());

    let body = json!({"concept": "for loops", "mastery_level": 80});
    let explained = http.post("/api/v1/concepts/explain", &body).await?;
    ensure!(explained.status.is_success(), "explain answered {}: {}", explained.status, explained.body);
    ensure!(explained.body["level"] == "proficient", "mastery 80 is not level {}", explained.body["level"]);
    println!("Explained directly: {} at level {}\n", explained.body["concept"], explained.body["level"]);
    Ok(())
}

/// Everything that was asked must be in the student's history, answered.
async fn history(http: &Http, student: &str, asked: usize) -> anyhow::Result<()> {
    for _ in 0..50 {
        let messages = http.get(&format!("/api/v1/students/{student}/messages?page_size=100")).await?;
        let list = messages.body["messages"].as_array().context("no history")?;
        let answered = list.iter().filter(|message| message["status"] == "answered").count();
        if list.len() == asked && answered == asked {
            println!("The history holds {asked} questions, all answered.");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("the history does not hold all {asked} questions with their answers")
}
