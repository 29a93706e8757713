//! The service put together.

use learnflow_concepts_client::DESCRIPTOR_SET;
use learnflow_concepts_client::pb::concepts_service_server::ConceptsServiceServer;
use learnflow_mailbox::{Ground, Service};
use learnflow_runtime::Shutdown;
use learnflow_runtime::server::Error;

use crate::config::Config;
use crate::consumers::consumer;
use crate::rpc::Concepts;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Binds the port, opens the database, and puts everything together; nothing is served yet.
pub async fn build(config: Config, shutdown: &Shutdown) -> Result<Service, Error> {
    let Config { common, database } = config;
    // The content is read at its first use: now, rather than while the first student waits.
    learnflow_curriculum::catalogue();
    let ground = Ground::lay(common, &database, &MIGRATIONS, shutdown).await?;
    let consumer = consumer(ground.mailbox.clone());
    let concepts = Concepts { mailbox: ground.mailbox.clone() };
    Ok(ground.build(consumer, |server| server.with(ConceptsServiceServer::new(concepts), DESCRIPTOR_SET)))
}
