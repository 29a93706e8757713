//! `learnflow serve`: parse the configuration, build, serve, drain.

use learnflow_runtime::config::Reader;
use learnflow_runtime::telemetry::{Telemetry, TelemetryConfig};
use learnflow_runtime::{Error, ProcessEnv, Shutdown};

use crate::role::Role;

pub(crate) async fn run(role: Role) -> Result<(), Error> {
    // What is wrong with these keys is reported with the service's own, below.
    let telemetry = TelemetryConfig::read(&mut Reader::new(&ProcessEnv));
    let telemetry =
        Telemetry::install(role.app_id(), &telemetry).map_err(Error::setup("cannot set up telemetry"))?;
    let served = serve(role).await;
    // On errors too: the spans of what went wrong are those one wants.
    let flushed = tokio::task::spawn_blocking(move || telemetry.flush()).await;
    if let Err(error) = flushed {
        eprintln!("learnflow: telemetry was not flushed: {error}");
    }
    served
}

async fn serve(role: Role) -> Result<(), Error> {
    let shutdown = Shutdown::on_signals().map_err(Error::setup("cannot listen for signals"))?;
    let built = role.build(&ProcessEnv, &shutdown).await?;
    built.run(shutdown).await
}
