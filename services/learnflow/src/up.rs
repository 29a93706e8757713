//! `learnflow up`: the whole platform in this process, until a signal.

use std::path::PathBuf;

use anyhow::Context as _;
use learnflow_runtime::config::Reader;
use learnflow_runtime::telemetry::{Telemetry, TelemetryConfig};
use learnflow_runtime::{ProcessEnv, Shutdown, Vars};

use crate::platform::{Options as PlatformOptions, Platform};

/// The command's options.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A folder of Dapr resources [default: components/local].
    #[arg(long)]
    components: Option<PathBuf>,
    /// A PostgreSQL to use; without it a private one is started.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Where a private PostgreSQL keeps its data; without it the data is gone at the end.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Listen on any free ports instead of 8101 …, 8180 and 20201 ….
    #[arg(long)]
    free_ports: bool,
}

pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let mut reader = Reader::new(&ProcessEnv);
    let telemetry = TelemetryConfig::read(&mut reader);
    reader.finish()?;
    let telemetry = Telemetry::install("learnflow", &telemetry)?;
    let shutdown = Shutdown::on_signals().context("cannot listen for signals")?;
    let mut platform = Platform::start(PlatformOptions {
        free_ports: options.free_ports,
        components: options.components,
        database_url: options.database_url,
        data: options.data,
        env: Vars::default(),
    })
    .await?;

    eprintln!("LearnFlow is up on the embedded runtime, which is no production broker.");
    eprintln!("  edge      {}", platform.gateway_url());
    for (app_id, address) in platform.apps() {
        let sidecar = platform.sidecars().get(app_id).map(ToString::to_string).unwrap_or_default();
        eprintln!("  {app_id:<9} {address:<21} sidecar {sidecar}");
    }
    eprintln!("Stop it with Ctrl-C.");
    let failure = tokio::select! {
        () = shutdown.started() => None,
        failure = platform.failed() => Some(failure),
    };
    let stopped = platform.stop().await;
    tokio::task::spawn_blocking(move || telemetry.flush()).await?;
    failure.map_or(stopped, Err)
}
