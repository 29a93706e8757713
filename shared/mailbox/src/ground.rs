//! What a service with a database and events stands on, laid in one order: bind, open, migrate, connect; and taken
//! down in the other: calls in hand, the outbox, the pool.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use learnflow_dapr::{Callback, Sidecar, Subscriber};
use learnflow_postgres::DatabaseConfig;
use learnflow_runtime::health::Need;
use learnflow_runtime::server::{Error, bind};
use learnflow_runtime::{Common, Health, Server, Shutdown};
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;

use crate::outbox::Mailbox;

/// The ground, laid: the port is bound, the schema is migrated.
#[derive(Debug)]
pub struct Ground {
    /// The mailbox, and with it the pool.
    pub mailbox: Mailbox,
    /// The sidecar.
    pub sidecar: Sidecar,
    /// Database and sidecar as needs; a service may add its own.
    pub health: Health,
    listener: TcpListener,
    common: Common,
}

impl Ground {
    /// Binds the port first, so that a taken one is said before anything is touched.
    pub async fn lay(
        common: Common,
        database: &DatabaseConfig,
        migrations: &Migrator,
        shutdown: &Shutdown,
    ) -> Result<Self, Error> {
        let listener = bind(common.listen).await?;
        let pool =
            learnflow_postgres::open(database, migrations).await.map_err(Error::setup("no database"))?;
        crate::migrate(&pool).await.map_err(Error::setup("cannot migrate the mailbox"))?;
        let sidecar = Sidecar::new(&common.sidecar).map_err(Error::setup("no sidecar"))?;
        let mailbox = Mailbox::start(pool.clone(), sidecar.clone(), common.service, shutdown.token());
        let health = Health::new()
            .needs("database", Need::Always, move || learnflow_postgres::ping(pool.clone()))
            .needs_sidecar(&sidecar);
        Ok(Self { mailbox, sidecar, health, listener, common })
    }

    /// The service on this ground; deliveries of the sidecar go to `subscriber`, gRPC services are added by `routes`.
    pub fn build(self, subscriber: impl Subscriber, routes: impl FnOnce(Server) -> Server) -> Service {
        let ready = self.health.clone();
        let callback = Callback::new(Arc::new(subscriber), Arc::new(move || ready.ready_for_events()));
        let server = Server::new(&self.common, self.listener, self.health).with_callback(&callback);
        Service { server: routes(server), mailbox: self.mailbox, drain: self.common.drain }
    }
}

/// A service that is ready to run.
#[derive(Debug)]
pub struct Service {
    server: Server,
    mailbox: Mailbox,
    drain: Duration,
}

impl Service {
    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.server.address()
    }

    /// Serves until `shutdown`; then finishes calls in hand, sends what is in the outbox, and closes the pool. What
    /// cannot be sent in time stays in the outbox, and the next start sends it.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), Error> {
        let served = self.server.run(shutdown.clone()).await;
        if shutdown.within(self.drain, self.mailbox.flush()).await.is_none() {
            tracing::warn!("events stay in the outbox; the next start sends them");
        }
        // A connection that hangs must not hold up the end of the process.
        let _ = shutdown.within(Duration::from_secs(2), self.mailbox.pool().close()).await;
        served
    }
}
