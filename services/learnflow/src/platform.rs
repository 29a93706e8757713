//! The whole platform in one process: a private PostgreSQL unless a database is given, the embedded runtime, and every
//! service behind a sidecar of its own. Services talk to their sidecars by gRPC over loopback, as in production.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use learnflow_embedded::{App, Embedded, Resources};
use learnflow_postgres::private;
use learnflow_runtime::{Shutdown, Vars};
use tokio::task::JoinSet;

use crate::role::Role;

/// How to start the platform.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Ports of the services and sidecars: the usual ones (8101 …, 8180, 20201 …), or any free ones.
    pub free_ports: bool,
    /// A folder of Dapr resources; `None` takes `components/local`.
    pub components: Option<PathBuf>,
    /// A database; `None` starts a private PostgreSQL, whose data goes with it.
    pub database_url: Option<String>,
    /// Where a private PostgreSQL keeps its data; `None` forgets it at the end.
    pub data: Option<PathBuf>,
    /// More keys for every service.
    pub env: Vars,
}

/// The running platform.
#[derive(Debug)]
pub struct Platform {
    apps: BTreeMap<&'static str, SocketAddr>,
    sidecars: BTreeMap<&'static str, SocketAddr>,
    database_url: String,
    shutdown: Shutdown,
    services: JoinSet<Result<(), learnflow_runtime::Error>>,
    embedded: Embedded,
    // Last: dropped after everything that uses it.
    _database: Option<PrivateDatabase>,
}

impl Platform {
    /// Starts everything; returns when every service listens and every sidecar is there.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let components = match options.components {
            Some(folder) => folder,
            None => components_folder()?,
        };
        let resources = Resources::load(&components).context("the components cannot be used")?;
        let (database, database_url) = if let Some(url) = options.database_url {
            (None, url)
        } else {
            let database = PrivateDatabase::start(options.data).await?;
            let url = database.server.url("postgres");
            (Some(database), url)
        };

        let shutdown = Shutdown::new();
        let mut runtime = Embedded::builder(resources).partitions(PARTITIONS);
        let mut built = Vec::new();
        let (mut apps, mut sidecars) = (BTreeMap::new(), BTreeMap::new());
        for role in Role::ALL {
            let (listen, sidecar) = if options.free_ports {
                (loopback(0), free_address()?)
            } else {
                (loopback(role.default_port()), loopback(role.default_port() + SIDECAR_OFFSET))
            };
            let env = options
                .env
                .clone()
                .with("LEARNFLOW_LISTEN", listen.to_string())
                .with("DAPR_GRPC_ENDPOINT", format!("http://{sidecar}"))
                .with("DATABASE_URL", database_url.clone());
            let service =
                role.build(&env, &shutdown).await.with_context(|| format!("{role} cannot start"))?;
            let address = service.address().context("a listener has no address")?;
            apps.insert(role.app_id(), address);
            let mut app = App::new(role.app_id()).sidecar_on(sidecar);
            if role.has_app_channel() {
                app = app.listening_on(address);
            }
            runtime = runtime.app(app);
            built.push(service);
        }
        let mut services = JoinSet::new();
        // From here on the services run, and with them the answers to their sidecars' questions for health.
        for service in built {
            services.spawn(service.run(shutdown.clone()));
        }
        let embedded = runtime.start().await.context("the embedded runtime cannot start")?;
        for role in Role::ALL {
            let address = embedded.sidecar(role.app_id()).context("a sidecar is missing")?;
            sidecars.insert(role.app_id(), address);
        }
        Ok(Self { apps, sidecars, database_url, shutdown, services, embedded, _database: database })
    }

    /// The edge's address, as a URL.
    pub fn gateway_url(&self) -> String {
        self.apps.get(Role::Gateway.app_id()).map(|address| format!("http://{address}")).unwrap_or_default()
    }

    /// Where each service listens, by app-id.
    pub fn apps(&self) -> &BTreeMap<&'static str, SocketAddr> {
        &self.apps
    }

    /// Where each sidecar listens, by app-id.
    pub fn sidecars(&self) -> &BTreeMap<&'static str, SocketAddr> {
        &self.sidecars
    }

    /// The database that the services use.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The embedded runtime, for looking into its topics.
    pub fn embedded(&self) -> &Embedded {
        &self.embedded
    }

    /// Resolves when a service has ended, which none should before [`Platform::stop`].
    pub async fn failed(&mut self) -> anyhow::Error {
        match self.services.join_next().await {
            Some(Ok(Err(error))) => anyhow::Error::new(error).context("a service failed"),
            Some(Err(error)) => anyhow::Error::new(error).context("a service panicked"),
            Some(Ok(Ok(()))) | None => anyhow::anyhow!("a service ended by itself"),
        }
    }

    /// Drains every service, then the sidecars, then the database.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.shutdown.start();
        let mut failure = None;
        while let Some(ended) = self.services.join_next().await {
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => failure = Some(anyhow::Error::new(error)),
                Err(error) => failure = Some(anyhow::Error::new(error)),
            }
        }
        self.embedded.shutdown().await;
        failure.map_or(Ok(()), Err)
    }
}

/// A service's sidecar listens this far above it: chat on 8101, its sidecar on 20201, as with `scripts/stack`.
const SIDECAR_OFFSET: u16 = 12_100;

/// As most topics have them in production (components/topics.yaml).
const PARTITIONS: u32 = 8;

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A service must know its sidecar's address before the sidecar can know the service's.
fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(loopback(0)).context("no free port")?;
    Ok(listener.local_addr()?)
}

/// `components/local` of the folder we are in, or of the sources that this binary was built from.
fn components_folder() -> anyhow::Result<PathBuf> {
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../components/local");
    [PathBuf::from("components/local"), built_from]
        .into_iter()
        .find(|folder| folder.is_dir())
        .context("there is no components/local here; name a folder of Dapr resources with --components")
}

#[derive(Debug)]
struct PrivateDatabase {
    server: private::Server,
    /// Removed at the end.
    temporary: Option<PathBuf>,
}

impl PrivateDatabase {
    async fn start(data: Option<PathBuf>) -> anyhow::Result<Self> {
        tokio::task::spawn_blocking(move || {
            let binaries = private::binaries()?;
            let (folder, temporary) = if let Some(folder) = data {
                (folder, None)
            } else {
                let folder = private::temporary_folder("postgres")?;
                (folder.clone(), Some(folder))
            };
            match private::Server::start(&folder, &binaries) {
                Ok(server) => Ok(Self { server, temporary }),
                Err(error) => {
                    if let Some(folder) = temporary {
                        // The error is worth more than a folder left behind.
                        let _ = std::fs::remove_dir_all(folder);
                    }
                    Err(error.into())
                }
            }
        })
        .await?
    }
}

impl Drop for PrivateDatabase {
    fn drop(&mut self) {
        if let Some(folder) = &self.temporary {
            self.server.stop();
            // A folder left in the system's temporary folder is not worth a failure.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
