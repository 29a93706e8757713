//! The service put together.

use learnflow_mailbox::{Ground, Service};
use learnflow_runtime::Shutdown;
use learnflow_runtime::server::Error;
use learnflow_triage_client::DESCRIPTOR_SET;
use learnflow_triage_client::pb::triage_service_server::TriageServiceServer;

use crate::config::Config;
use crate::consumers::consumer;
use crate::rpc::Triage;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Binds the port, opens the database, and puts everything together; nothing is served yet.
pub async fn build(config: Config, shutdown: &Shutdown) -> Result<Service, Error> {
    let Config { common, database, agents } = config;
    // The rules are compiled at their first use: now, rather than while the first student waits.
    learnflow_tutor::classify(&learnflow_tutor::Query::text("What is a list?"));
    let ground = Ground::lay(common, &database, &MIGRATIONS, shutdown).await?;
    let consumer = consumer(ground.mailbox.clone(), agents.clone());
    let triage = Triage { agents };
    Ok(ground.build(consumer, |server| server.with(TriageServiceServer::new(triage), DESCRIPTOR_SET)))
}
