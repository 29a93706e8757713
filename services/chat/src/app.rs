//! The service put together.

use learnflow_chat_client::DESCRIPTOR_SET;
use learnflow_chat_client::pb::chat_service_server::ChatServiceServer;
use learnflow_mailbox::{Ground, Service};
use learnflow_runtime::Shutdown;
use learnflow_runtime::server::Error;

use crate::config::Config;
use crate::consumers::Deliveries;
use crate::live::Hub;
use crate::rpc::Chat;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Binds the port, opens the database, and puts everything together; nothing is served yet.
pub async fn build(config: Config, shutdown: &Shutdown) -> Result<Service, Error> {
    let Config { common, database, answer_wait } = config;
    let ground = Ground::lay(common, &database, &MIGRATIONS, shutdown).await?;
    let (mailbox, hub) = (ground.mailbox.clone(), Hub::default());
    let deliveries = Deliveries::new(mailbox.clone(), &hub);
    let chat = Chat { mailbox, hub, answer_wait, shutdown: shutdown.clone() };
    Ok(ground.build(deliveries, |server| server.with(ChatServiceServer::new(chat), DESCRIPTOR_SET)))
}
