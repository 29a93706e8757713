//! PostgreSQL as every service uses it: a schema of its own, one bounded pool, migrations under a lock.

mod config;
pub mod private;

use std::time::Duration;

use learnflow_status::Code;
use sqlx::ConnectOptions as _;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

pub use config::DatabaseConfig;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be reached, or refuses us.
    #[error("cannot connect to the database")]
    Connect(#[source] sqlx::Error),
    /// The schema could not be made.
    #[error("cannot create schema {0}")]
    Schema(String, #[source] sqlx::Error),
    /// A migration failed.
    #[error("cannot migrate schema {0}")]
    Migrate(String, #[source] sqlx::migrate::MigrateError),
}

/// Connects and migrates: the pool is ready for use. Replicas may race; one migrates, the others wait for it.
///
/// Waits for a database that is not up yet as long as `config.startup` says.
pub async fn open(config: &DatabaseConfig, migrations: &Migrator) -> Result<PgPool, Error> {
    let pool = connect(config).await?;
    migrate(&pool, &config.schema, migrations).await?;
    Ok(pool)
}

/// Connects without migrating.
pub async fn connect(config: &DatabaseConfig) -> Result<PgPool, Error> {
    let options: PgConnectOptions = config.url.parse().map_err(Error::Connect)?;
    let options = options
        .application_name(&config.schema)
        .options([
            ("search_path", config.schema.as_str()),
            // A query that runs longer than this is a defect; it must not hold a connection of the pool.
            ("statement_timeout", "10000"),
            ("idle_in_transaction_session_timeout", "60000"),
        ])
        .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_millis(500));
    let deadline = tokio::time::Instant::now() + config.startup;
    loop {
        let attempt = PgPoolOptions::new()
            .max_connections(config.max_connections)
            .acquire_timeout(Duration::from_secs(3))
            .connect_with(options.clone())
            .await;
        match attempt {
            Ok(pool) => return Ok(pool),
            Err(error) if tokio::time::Instant::now() >= deadline => return Err(Error::Connect(error)),
            Err(error) => {
                tracing::warn!(%error, "database not reachable yet");
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        }
    }
}

/// Makes the schema if it is missing and brings it up to date, under a lock of its own: replicas that start together
/// wait for one another.
pub async fn migrate(pool: &PgPool, schema: &str, migrations: &Migrator) -> Result<(), Error> {
    let failed = |error| Error::Schema(schema.to_owned(), error);
    let mut transaction = pool.begin().await.map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('learnflow migrations'), hashtext($1))")
        .bind(schema)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
        .bind(schema)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    if !exists {
        // A schema's name cannot be a parameter; ours are identifiers by construction (see DatabaseConfig).
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE SCHEMA \"{schema}\"")))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)?;
    // sqlx takes an advisory lock of its own around the migrations.
    migrations.run(pool).await.map_err(|error| Error::Migrate(schema.to_owned(), error))
}

/// For [`learnflow_runtime::Health::needs`]: whether the database answers.
pub async fn ping(pool: PgPool) -> Result<(), String> {
    sqlx::query("SELECT 1").execute(&pool).await.map(|_| ()).map_err(|error| match error {
        sqlx::Error::PoolTimedOut => "no connection in time".to_owned(),
        other => other.to_string(),
    })
}

/// The code that a failed statement deserves: a database that is away may come back, anything else is a defect.
pub fn code_of(error: &sqlx::Error) -> Code {
    use sqlx::error::ErrorKind;
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Code::Unavailable,
        // 57Pxx: the server is shutting down or starting; 40xxx: the transaction lost a race; 53xxx: out of something.
        sqlx::Error::Database(database) => match database.code().as_deref() {
            Some(code) if code.starts_with("57P") || code.starts_with("40") || code.starts_with("53") => {
                Code::Unavailable
            }
            _ if database.kind() == ErrorKind::UniqueViolation => Code::AlreadyExists,
            _ => Code::Internal,
        },
        _ => Code::Internal,
    }
}
