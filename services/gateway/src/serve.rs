//! Connections: accepted until asked to stop, HTTP/1 and HTTP/2 alike, bounded in what they may keep waiting.

use std::io::ErrorKind;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use learnflow_runtime::Shutdown;
use tokio::net::{TcpListener, TcpStream};

/// A client that opens a connection must send the head of a request within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP/2 client that answers no ping for this long is gone.
const PING: Duration = Duration::from_secs(20);

/// After an error that is not one connection's, such as too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown`, then lets connections finish what is in hand for at most `drain`.
pub(crate) async fn serve(listener: TcpListener, router: Router, shutdown: &Shutdown, drain: Duration) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.started() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, router.clone(), graceful.watcher(), shutdown.clone()));
            }
            Err(error) if is_of_one_connection(error.kind()) => {}
            Err(error) => {
                tracing::error!(error = %error, "could not accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if shutdown.within(drain, graceful.shutdown()).await.is_none() {
        tracing::warn!(drain_ms = drain.as_millis() as u64, "stopped with requests in hand");
    }
}

async fn connection(stream: TcpStream, router: Router, watcher: Watcher, shutdown: Shutdown) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "could not set nodelay");
    }
    // The version of HTTP is told by the first bytes, and hyper waits for them for ever.
    tokio::select! {
        first = tokio::time::timeout(HEAD_TIMEOUT, stream.readable()) => if first.is_err() { return },
        () = shutdown.started() => return,
    }
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .enable_connect_protocol();
    let connection = builder
        .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(router))
        .into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error = %error, "connection ended badly");
    }
}

fn is_of_one_connection(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
