//! Which services there are, and how each is built. A new service is a line in each match.

use std::fmt;
use std::net::SocketAddr;

use clap::ValueEnum;
use learnflow_gateway::Deps;
use learnflow_runtime::{Env, Error, Shutdown};

/// A service that this binary can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Role {
    /// Conversations.
    Chat,
    /// Routing.
    Triage,
    /// Explanations.
    Concepts,
    /// The edge.
    Gateway,
}

/// A service that is ready to run.
#[derive(Debug)]
pub enum Built {
    /// A service with a database and events.
    Service(Box<learnflow_mailbox::Service>),
    /// The edge.
    Gateway(Box<learnflow_gateway::App>),
}

impl Role {
    /// Every role; the edge comes last, for it is ready when those behind it are.
    pub const ALL: [Self; 4] = [Self::Chat, Self::Triage, Self::Concepts, Self::Gateway];

    /// The Dapr app-id.
    pub const fn app_id(self) -> &'static str {
        match self {
            Self::Chat => learnflow_chat::SERVICE,
            Self::Triage => learnflow_triage::SERVICE,
            Self::Concepts => learnflow_concepts::SERVICE,
            Self::Gateway => learnflow_gateway::SERVICE,
        }
    }

    /// The port that it listens on unless told otherwise.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Chat => 8101,
            Self::Triage => 8102,
            Self::Concepts => 8103,
            Self::Gateway => learnflow_gateway::DEFAULT_PORT,
        }
    }

    /// Whether the sidecar calls the service: everyone but the edge takes calls and events.
    pub const fn has_app_channel(self) -> bool {
        !matches!(self, Self::Gateway)
    }

    /// Reads the configuration and builds the service.
    pub async fn build(self, env: &dyn Env, shutdown: &Shutdown) -> Result<Built, Error> {
        Ok(match self {
            Self::Chat => {
                service(learnflow_chat::build(learnflow_chat::Config::from_env(env)?, shutdown).await?)
            }
            Self::Triage => {
                service(learnflow_triage::build(learnflow_triage::Config::from_env(env)?, shutdown).await?)
            }
            Self::Concepts => service(
                learnflow_concepts::build(learnflow_concepts::Config::from_env(env)?, shutdown).await?,
            ),
            Self::Gateway => {
                let config = learnflow_gateway::Config::from_env(env)?;
                let sidecar = learnflow_dapr::Sidecar::new(&config.common.sidecar)
                    .map_err(Error::setup("no sidecar"))?;
                let deps = Deps::through(&sidecar);
                Built::Gateway(Box::new(
                    learnflow_gateway::App::bind(config, learnflow_wire::descriptor_pool(), deps).await?,
                ))
            }
        })
    }
}

fn service(service: learnflow_mailbox::Service) -> Built {
    Built::Service(Box::new(service))
}

impl Built {
    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        match self {
            Self::Service(service) => service.address(),
            Self::Gateway(gateway) => gateway.address(),
        }
    }

    /// Serves until `shutdown`, then drains.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), Error> {
        match self {
            Self::Service(service) => service.run(shutdown).await,
            Self::Gateway(gateway) => {
                gateway.run(shutdown).await;
                Ok(())
            }
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.app_id())
    }
}
