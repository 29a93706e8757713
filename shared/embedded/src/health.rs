//! Is the app well? It says so itself, or, if it cannot, by listening.

use std::time::Duration;

use dapr::dapr::proto::runtime::v1::app_callback_health_check_client::AppCallbackHealthCheckClient;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use crate::directory::AppConnection;

/// Failures in a row that make a healthy app unhealthy, as in daprd.
const THRESHOLD: u32 = 3;
/// How soon an app that is not well is asked again.
const IMPATIENCE: Duration = Duration::from_millis(50);

/// Asks the app every `interval` until `stop`; it begins unhealthy.
pub(crate) fn watch(
    app: AppConnection,
    interval: Duration,
    stop: CancellationToken,
) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let watching = async {
            let mut failures = THRESHOLD;
            loop {
                failures = if probe(&app, interval).await { 0 } else { failures.saturating_add(1) };
                let healthy = failures < THRESHOLD;
                if sender.send_replace(healthy) != healthy {
                    tracing::info!(app.address = %app.address(), healthy, "app health changed");
                }
                tokio::time::sleep(if failures == 0 { interval } else { IMPATIENCE.min(interval) }).await;
            }
        };
        tokio::select! {
            () = watching => {}
            () = stop.cancelled() => {}
        }
    });
    receiver
}

async fn probe(app: &AppConnection, timeout: Duration) -> bool {
    let mut client = AppCallbackHealthCheckClient::new(app.channel());
    match tokio::time::timeout(timeout, client.health_check(())).await {
        Ok(Ok(_)) => true,
        // An app without the method is well when it answers at all.
        Ok(Err(status)) => status.code() == Code::Unimplemented,
        Err(_) => false,
    }
}
